"""Lines and stored texts without models say exactly what the models would."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import DeviceAttributes, new_device
from registry_backend.domain.timestamps import EPOCH
from registry_backend.storage.rows import document_text
from registry_backend.wire.iothub import HubLine, format_line, parse_line
from registry_backend.wire.iothub_texts import attributes_text, credential_text, line_text

_HUB_CHARACTERS = "abzAZ09-:.+%_#*?!(),=@;$'"
_IDS = st.text(alphabet=_HUB_CHARACTERS, min_size=1, max_size=20)
_TEXTS = st.text(max_size=30)
_KEYS = st.binary(min_size=16, max_size=64).map(lambda raw: base64.b64encode(raw).decode())
_PRINTS = st.text(alphabet="0123456789abcdefABCDEF", min_size=40, max_size=40)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)
_AUTHENTICATIONS = st.none() | st.one_of(
    st.fixed_dictionaries(
        {"symmetricKey": st.fixed_dictionaries({"primaryKey": _KEYS, "secondaryKey": _KEYS})},
        optional={"type": st.just("sas")},
    ),
    st.fixed_dictionaries(
        {"x509Thumbprint": st.fixed_dictionaries({"primaryThumbprint": _PRINTS})}
    ),
    st.sampled_from([{"type": "none"}, {"type": "certificateAuthority"}]),
)
_LINES = st.fixed_dictionaries(
    {"id": _IDS, "status": st.sampled_from(["enabled", "disabled"])},
    optional={
        "statusReason": _TEXTS,
        "authentication": _AUTHENTICATIONS,
        "capabilities": st.dictionaries(_TEXTS, _JSON, max_size=2),
        "deviceScope": _TEXTS,
        "somethingNew": _JSON,
    },
)


@given(members=_LINES)
def test_a_line_becomes_the_text_that_its_models_would_be_stored_as(
    members: dict[str, Any],
) -> None:
    """Byte for byte, but for the ids that secrets are given."""
    line = parse_line(json.dumps(members).encode())
    assert isinstance(line, HubLine)

    assert attributes_text(line) == document_text(line.attributes_over(None))
    made = credential_text(line)
    expected = line.credentials_over(())
    assert (made is not None) == bool(expected)
    if made is not None:
        kind, text = made
        (model,) = expected
        ids = [secret["id"] for secret in json.loads(text)["secrets"]]
        secrets = tuple(
            secret.model_copy(update={"id": given_id})
            for secret, given_id in zip(model.secrets, ids, strict=True)
        )
        assert text == document_text(model.model_copy(update={"secrets": secrets}))
        assert kind == model.type
        assert len(set(ids)) == 2


_SECRETS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": _TEXTS,
            "key": _TEXTS,
            "thumbprint": _JSON,
            "comment": _TEXTS,
            "enabled": st.booleans(),
            "not-after": st.just("2030-01-01T00:00:00Z"),
        },
    ),
    max_size=3,
)
_ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "status-reason": _TEXTS | st.none(),
        "via": st.lists(_IDS, max_size=2),
        "ext": st.dictionaries(_TEXTS, _JSON, max_size=2),
        "iothub": st.none()
        | st.dictionaries(st.sampled_from(["authenticationType", "deviceScope", "x"]), _TEXTS),
    },
)


@st.composite
def _credentials(draw: st.DrawFn, device_id: str) -> list[Credential]:
    kinds = st.sampled_from(["psk", "x509-thumbprint", "x509-cert", "hashed-password"])
    found = {}
    for _ in range(draw(st.integers(0, 3))):
        kind, auth_id = draw(kinds), draw(st.sampled_from([device_id, "another"]))
        members = {"type": kind, "auth-id": auth_id, "secrets": draw(_SECRETS)}
        found[kind, auth_id] = Credential.parse(members)
    return list(found.values())


@given(data=st.data(), device_id=_IDS, members=_ATTRIBUTES, revision=st.integers(0, 2000))
@pytest.mark.parametrize("exclude_keys", [False, True])
def test_a_stored_device_becomes_the_line_that_its_models_would(
    exclude_keys: bool,
    data: st.DataObject,
    device_id: str,
    members: dict[str, Any],
    revision: int,
) -> None:
    """Byte for byte, or it is left to the models."""
    attributes = DeviceAttributes.parse(members)
    credentials = data.draw(_credentials(device_id))
    device = new_device("t", device_id, attributes, at=EPOCH).model_copy(
        update={"revision": revision}
    )

    written = line_text(
        device_id,
        attributes.enabled,
        revision,
        document_text(attributes),
        [document_text(credential) for credential in credentials],
        exclude_keys=exclude_keys,
    )

    if written is None:
        assert attributes.hub is not None or any(
            credential.type == "x509-thumbprint" for credential in credentials
        )
    else:
        assert written == format_line(device, credentials, exclude_keys=exclude_keys)


@given(line=_LINES)
@example(line={"id": "d", "status": "disabled", "statusReason": 'in "store"\n\u2028 '})
def test_what_an_ordinary_line_brought_is_written_without_models(line: dict[str, Any]) -> None:
    """Only members that later hubs know need the models."""
    read = parse_line(json.dumps(line).encode())
    assert isinstance(read, HubLine)
    made, document = credential_text(read), attributes_text(read)
    assert document is not None

    written = line_text(
        read.device_id,
        read.enabled,
        0,
        document,
        [made[1]] if made else [],
        exclude_keys=False,
    )

    assert (written is None) == (read.hub is not None)
    if written is not None:
        again = parse_line(written.encode())
        assert isinstance(again, HubLine)
        assert again._replace(status_reason=again.status_reason or None, etag=None) == (
            read._replace(status_reason=read.status_reason or None)
        )


@pytest.mark.parametrize("document", ["{", "[]", "7", '{"status-reason":7}', '{"iothub":{}}'])
def test_a_document_that_is_not_ordinary_is_left_to_the_models(document: str) -> None:
    """They say what is wrong with it, if anything is."""
    assert line_text("d", True, 0, document, [], exclude_keys=False) is None  # noqa: FBT003


@pytest.mark.parametrize(
    "credential",
    [
        "{",
        "[]",
        '{"type":"psk","auth-id":"d","secrets":[7]}',
        '{"type":"psk","auth-id":"d","secrets":[{"key":7}]}',
    ],
)
def test_a_credential_that_is_not_ordinary_is_left_to_the_models(credential: str) -> None:
    """They say what is wrong with it, if anything is."""
    assert line_text("d", True, 0, "{}", [credential], exclude_keys=False) is None  # noqa: FBT003


def test_members_that_cannot_be_stored_are_left_to_the_models() -> None:
    """They say what is wrong."""
    line = parse_line(b'{"id":"d","status":"enabled"}')
    assert isinstance(line, HubLine)

    assert attributes_text(line._replace(hub={"x": "\ud800"})) is None
