"""Device lines as IoT Hub writes them (iothub 4.1 to 4.3, 6.3)."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from registry_backend.domain.credentials import Credential, Secret
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.jobs import ImportMode
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.iothub import HubLine, etag_matches, etag_of, format_line, parse_line

KEY = base64.b64encode(bytes(range(32))).decode()
OTHER = base64.b64encode(bytes(range(1, 33))).decode()
SHA1, SHA256 = "AB" * 20, "cd" * 32


def parse(**members: Any) -> HubLine | LineFault:
    """A line with id and status, changed; `...` leaves a member out."""
    line = {"id": "d", "status": "enabled", **members}
    kept = {name: value for name, value in line.items() if value is not ...}
    return parse_line(json.dumps(kept).encode())


def usable(**members: Any) -> HubLine:
    """As `parse`, for lines that can be used."""
    line = parse(**members)
    assert isinstance(line, HubLine)
    return line


def code_of(**members: Any) -> int:
    """The error number of a line that cannot be used."""
    line = parse(**members)
    assert isinstance(line, LineFault)
    return line.code


def keys(primary: Any, secondary: Any) -> dict[str, Any]:
    """An authentication with these keys."""
    return {"symmetricKey": {"primaryKey": primary, "secondaryKey": secondary}}


def prints(primary: Any, secondary: Any = None) -> dict[str, Any]:
    """An authentication with these thumbprints."""
    return {"x509Thumbprint": {"primaryThumbprint": primary, "secondaryThumbprint": secondary}}


def make_device(revision: int = 0, **attributes: Any) -> Device:
    """A device as the registry holds it."""
    return Device(
        tenant_id="T",
        device_id="d",
        attributes=DeviceAttributes.parse(attributes),
        version="v",
        revision=revision,
        generation_id="1",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def psk(*secrets: str) -> Credential:
    """The hub's keys as the registry holds them."""
    held = tuple(Secret(id=f"s{number}", key=key) for number, key in enumerate(secrets))
    return Credential(type="psk", auth_id="d", secrets=held)


def test_a_whole_line_is_read() -> None:
    """Every member of the 2016 format."""
    line = usable(
        eTag="MA==",
        importMode="updateIfMatchETag",
        status="disabled",
        statusReason="lost",
        authentication=keys(KEY, OTHER),
    )

    assert line == HubLine(
        device_id="d",
        mode=ImportMode.UPDATE_IF_MATCH_ETAG,
        etag="MA==",
        enabled=False,
        status_reason="lost",
        keys=(KEY, OTHER),
        thumbprints=None,
        hub=None,
    )


@pytest.mark.parametrize("spelling", ["eTag", "etag", "ETag", "ETAG"])
def test_member_names_match_without_case(spelling: str) -> None:
    """Clients differ (iothub 4.1)."""
    assert usable(**{spelling: '"MQ=="'}).etag == "MQ=="


@pytest.mark.parametrize("mode", list(ImportMode))
def test_enum_values_match_without_case(mode: ImportMode) -> None:
    """Iothub 5.7."""
    assert usable(importMode=mode.value.upper()).mode is mode
    assert usable(importMode=mode.value.lower()).mode is mode


@pytest.mark.parametrize(
    ("etag", "bare"),
    [("MA==", "MA=="), ('"MA=="', "MA=="), ('W/"MA=="', "MA=="), ('"*"', "*"), ("", None)],
)
def test_quotes_around_an_etag_are_tolerated(etag: str, bare: str | None) -> None:
    """Iothub 4.3, 5.3."""
    assert usable(eTag=etag).etag == bare


def test_etags_are_base64_of_a_counter() -> None:
    """The figures of iothub 4.1."""
    assert etag_of(0) == "MA=="
    assert etag_of(1) == "MQ=="
    assert etag_of(801232426) == "ODAxMjMyNDI2"
    assert etag_matches("MQ==", 1)
    assert etag_matches("*", 5)
    assert not etag_matches("MA==", 1)
    assert not etag_matches(None, 0)


@pytest.mark.parametrize(
    "authentication",
    [..., None, {}, {"symmetricKey": None}, {"symmetricKey": {}}, keys("", ""), keys(None, None)],
)
def test_missing_or_empty_keys_are_generated(authentication: Any) -> None:
    """Iothub 1, row 15: 32 random bytes each."""
    first, second = (usable(authentication=authentication).keys for _ in range(2))

    assert first is not None
    assert second is not None
    assert len({*first, *second}) == 4
    assert all(len(base64.b64decode(key)) == 32 for key in (*first, *second))


@pytest.mark.parametrize("length", [16, 32, 64])
def test_keys_of_sixteen_to_sixty_four_bytes_are_kept_as_given(length: int) -> None:
    """Iothub 4.2: echoed byte for byte; both may be equal."""
    key = base64.b64encode(b"k" * length).decode()

    assert usable(authentication=keys(key, key)).keys == (key, key)


@pytest.mark.parametrize(
    "authentication",
    [
        keys(base64.b64encode(b"k" * 15).decode(), KEY),
        keys(KEY, base64.b64encode(b"k" * 65).decode()),
        keys("not base64!", KEY),
        keys(KEY.rstrip("="), KEY),
        keys(7, KEY),
        keys(KEY, None),
        keys("", KEY),
        prints("xyz"),
        prints("g" * 40),
        {**keys(KEY, KEY), **prints(SHA1)},
    ],
)
def test_bad_keys_and_thumbprints_are_refused(authentication: Any) -> None:
    """400004 without the key in the text (iothub 3.1, 4.8)."""
    fault = parse(authentication=authentication)

    assert isinstance(fault, LineFault)
    assert fault.code == 400004
    assert fault.device_id == "d"
    assert KEY not in fault.message


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"id": ...}, 400005),
        ({"id": None}, 400005),
        ({"id": ""}, 400005),
        ({"id": 7}, 400012),
        ({"id": "a b"}, 400004),
        ({"id": "ä"}, 400004),
        ({"id": "x" * 129}, 400004),
        ({"status": ...}, 400005),
        ({"status": ..., "importMode": "delete"}, 400005),
        ({"status": "on"}, 400012),
        ({"status": True}, 400012),
        ({"statusReason": "x" * 129}, 400004),
        ({"statusReason": 1}, 400004),
        ({"importMode": "replace"}, 400012),
        ({"importMode": "updateTwin"}, 400004),
        ({"eTag": 1}, 400012),
        ({"authentication": []}, 400012),
        ({"authentication": {"symmetricKey": "x"}}, 400012),
        ({"authentication": {"type": "SELF_SIGNED"}}, 400012),
        ({"authentication": {"type": "selfSigned"}}, 400005),
        ({"moduleId": "$edgeAgent"}, 400004),
        ({"capabilities": 1}, 400012),
        ({"capabilities": []}, 400012),
        ({"capabilities": {"iotEdge": "yes"}}, 400012),
        ({"capabilities": {"iotedge": 1}}, 400012),
        ({"parentScopes": "x"}, 400012),
    ],
)
def test_each_fault_has_its_number(members: dict[str, Any], code: int) -> None:
    """Iothub 4.8, 6.5."""
    assert code_of(**members) == code


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b'"x"', b"NaN", b'{"id":"a","status":NaN}', b"\xff", b"{}x", b"[" * 9000],
)
def test_what_is_no_object_is_400012(text: bytes) -> None:
    """With the parser's reason (iothub 6.5)."""
    fault = parse_line(text)

    assert isinstance(fault, LineFault)
    assert fault.code == 400012
    assert fault.message.startswith("Invalid device format in line: ")


def test_a_number_too_large_for_a_float_is_refused() -> None:
    """It would come back as Infinity, which is no JSON."""
    fault = parse_line(b'{"id":"a","status":"enabled","tags":{"x":1e999}}')

    assert isinstance(fault, LineFault)


def test_every_character_of_an_id_is_allowed() -> None:
    """The 2016 set (iothub 4.1)."""
    device_id = "aZ0-:.+%_#*?!(),=@;$'"

    assert usable(id=device_id).device_id == device_id


def test_members_of_later_hubs_are_carried_along() -> None:
    """Kept under the hub's own members and written back (iothub 4.3)."""
    later = {
        "capabilities": {"iotEdge": True},
        "deviceScope": "ms-azure-iot-edge://e-1",
        "tags": {"site": "x"},
        "moduleId": None,
    }
    attributes = usable(**later).attributes_over(None)

    assert attributes.hub is not None
    assert attributes.hub.capabilities == {"iotEdge": True}
    written = json.loads(format_line(make_device(**attributes.to_json()), (), exclude_keys=False))
    assert {name: written[name] for name in ("capabilities", "deviceScope", "tags")} == {
        name: value for name, value in later.items() if value is not None
    }


def test_an_export_line_has_its_members_in_order() -> None:
    """Iothub 6.3; unset reason left out."""
    line = format_line(make_device(3), [psk(KEY, OTHER)], exclude_keys=False)

    expected = (
        '{"id":"d","eTag":"Mw==","status":"enabled","authentication":{"symmetricKey":'
        f'{{"primaryKey":"{KEY}","secondaryKey":"{OTHER}"}}}}}}'
    )
    assert line == expected
    unused: dict[str, Any] = {"enabled": False, "status-reason": "lost"}
    disabled = make_device(**unused)
    assert list(json.loads(format_line(disabled, (), exclude_keys=False))) == [
        "id",
        "eTag",
        "status",
        "statusReason",
        "authentication",
    ]


def test_excluded_keys_are_null() -> None:
    """Iothub 6.3."""
    line = json.loads(format_line(make_device(), [psk(KEY, OTHER)], exclude_keys=True))

    assert line["authentication"] == keys(None, None)


@pytest.mark.parametrize(
    "authentication",
    [
        keys(KEY, OTHER),
        prints(SHA1, SHA256),
        {"type": "certificateAuthority"},
        {"type": "none"},
        {"type": "sas", **keys(KEY, KEY)},
        {"type": "selfSigned", **prints(SHA1)},
    ],
)
def test_what_a_line_says_comes_out_again(authentication: dict[str, Any]) -> None:
    """Line to device to line to device changes nothing."""
    line = usable(authentication=authentication)
    credentials = line.credentials_over(())
    device = make_device(**line.attributes_over(None).to_json())

    again = parse_line(format_line(device, credentials, exclude_keys=False).encode())

    assert isinstance(again, HubLine)
    assert again._replace(etag=None) == line
    assert again.credentials_over(credentials) == credentials


def test_a_single_key_stands_for_both() -> None:
    """Hono knows devices with one key; a hub does not."""
    line = json.loads(format_line(make_device(), [psk(KEY)], exclude_keys=False))

    assert line["authentication"] == keys(KEY, KEY)


def test_thumbprints_replace_keys_and_leave_the_rest() -> None:
    """Only the hub's own two kinds under the device's id are touched."""
    password = Credential(type="hashed-password", auth_id="d")
    foreign = Credential(type="psk", auth_id="other", secrets=(Secret(id="x", key=KEY),))

    after = usable(authentication=prints(SHA1)).credentials_over(
        (password, psk(KEY, OTHER), foreign)
    )

    assert [(each.type, each.auth_id) for each in after] == [
        ("hashed-password", "d"),
        ("psk", "other"),
        ("x509-thumbprint", "d"),
    ]
    assert [secret.unknown() for secret in after[2].secrets] == [{"thumbprint": SHA1}] * 2


def test_swapped_keys_keep_their_ids_and_further_secrets_stay() -> None:
    """A third secret is what a hub cannot show, so it does not destroy it."""
    third = base64.b64encode(b"3" * 16).decode()

    after = usable(authentication=keys(OTHER, KEY)).credentials_over([psk(KEY, OTHER, third)])

    assert [secret.id for secret in after[0].secrets] == ["s1", "s0", "s2"]
