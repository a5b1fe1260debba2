"""Who may call the hub's API, and what is told to who may not (iothub 7.1, 7.2)."""

from __future__ import annotations

import base64
import logging

import pytest

from registry_backend.api.sas_authentication import Unauthorized, authorize
from registry_backend.domain.journal import Actor
from registry_backend.domain.policies import BUILT_IN, Right, Rotation
from registry_backend.registry import Registry
from registry_backend.wire.sas import make_token
from tests.registry_backend.registry.makers import ACTOR

NOW = 1_800_000_000
HOST = "localhost:28080"


async def token(registry: Registry, policy: str = "iothubowner", *, lasts: int = 60) -> str:
    """A token made with the policy's primary key."""
    await registry.policies.ensure()
    key = (await registry.policies.get(policy)).primary_key
    return make_token(HOST, key, policy=policy, expires=NOW + lasts)


async def call(
    registry: Registry,
    header: str | None,
    query: str | None = None,
    *,
    right: Right = Right.REGISTRY_READ,
    or_right: Right | None = None,
    host: str = HOST,
    at: float = NOW,
) -> Actor:
    """Ask for a device."""
    return await authorize(
        registry,
        header,
        query,
        host=host,
        path="/devices/d1",
        right=right,
        or_right=or_right,
        at=at,
    )


async def refusal(
    registry: Registry, header: str | None, *, right: Right = Right.REGISTRY_READ, at: float = NOW
) -> tuple[int, str]:
    """The code and the text of a refusal."""
    with pytest.raises(Unauthorized) as raised:
        await call(registry, header, right=right, at=at)
    return raised.value.code, str(raised.value)


@pytest.mark.parametrize("policy", BUILT_IN)
@pytest.mark.parametrize("right", Right)
async def test_a_policy_opens_what_its_rights_say(
    registry: Registry, policy: str, right: Right
) -> None:
    """And nothing else: the rule and what it lacks are named (401003)."""
    header = await token(registry, policy)
    if right in BUILT_IN[policy]:
        assert await call(registry, header, right=right) == Actor(via="iothub", name=policy)
        return
    code, text = await refusal(registry, header, right=right)
    assert code == 401003
    assert text.startswith(f"Authorization rule '{policy}' does not allow access")
    assert right in text


async def test_one_of_two_rights_is_enough(registry: Registry) -> None:
    """As for the counts of connected devices."""
    header = await token(registry, "service")
    actor = await call(registry, header, right=Right.REGISTRY_READ, or_right=Right.SERVICE_CONNECT)
    assert actor.name == "service"


async def test_a_missing_header_has_a_text_of_its_own(registry: Registry) -> None:
    """The hub's (401003)."""
    for header in (None, ""):
        assert await refusal(registry, header) == (401003, "Authorization header missing")


async def test_the_query_may_hold_the_token_where_there_is_no_header(registry: Registry) -> None:
    """A header that is there counts alone."""
    good = await token(registry)
    assert (await call(registry, None, good)).name == "iothubowner"
    with pytest.raises(Unauthorized):
        await call(registry, "SharedAccessSignature sr=a", good)


async def test_every_fault_of_a_token_is_told_apart(registry: Registry) -> None:
    """All are 401002, and none repeats a part of the token."""
    await registry.policies.ensure()
    stranger = base64.b64encode(b"s3cr3t" * 6).decode()
    good = await token(registry)
    headers = {
        "Bearer s3cr3t": "does not begin with SharedAccessSignature",
        "SharedAccessSignature sr=s3cr3t&se=1": "no member sig",
        "SharedAccessSignature sr=s3cr3t&sr=s3cr3t": "given twice",
        "SharedAccessSignature " + "s3cr3t" * 1000: "too long",
        make_token(HOST, stranger, expires=NOW + 9): "names no policy",
        make_token(HOST, stranger, policy="s3cr3t", expires=NOW + 9): "not there",
        make_token(HOST, stranger, policy="service", expires=NOW + 9): "neither key of the policy",
        await token(registry, lasts=-301): "expired at 2027-01-15T07:54:59Z",
        make_token(
            "s3cr3t.example",
            (await registry.policies.get("service")).secondary_key,
            policy="service",
            expires=NOW + 9,
        ): "another host",
    }
    texts = {header: await refusal(registry, header) for header in headers}
    for header, fault in headers.items():
        code, text = texts[header]
        assert code == 401002, text
        assert fault in text
        assert "s3cr3t" not in text
        assert stranger not in text
    assert len({text for _, text in texts.values()}) == len(headers)
    assert (await call(registry, good)).name == "iothubowner"


async def test_a_token_that_was_good_is_checked_again(registry: Registry) -> None:
    """It ends, and it opens no other host, however often it was used."""
    header = await token(registry, lasts=10)
    await call(registry, header)
    await call(registry, header, at=NOW + 309)
    assert "expired" in (await refusal(registry, header, at=NOW + 310))[1]
    with pytest.raises(Unauthorized, match="another host"):
        await call(registry, header, host="elsewhere:28080")


async def test_a_rotated_key_opens_nothing_any_more(registry: Registry) -> None:
    """A swapped one still does, because both keys count."""
    header = await token(registry)
    await call(registry, header)
    await registry.policies.rotate("iothubowner", Rotation.SWAP, actor=ACTOR)
    await call(registry, header)
    await registry.policies.rotate("iothubowner", Rotation.SECONDARY, actor=ACTOR)
    assert "neither key" in (await refusal(registry, header))[1]


async def test_nothing_is_logged(registry: Registry, caplog: pytest.LogCaptureFixture) -> None:
    """A header holds a secret for as long as it lasts."""
    with caplog.at_level(logging.DEBUG, logger="idconsole"):
        await call(registry, await token(registry))
        await refusal(registry, "SharedAccessSignature sr=a&sig=b&se=1")
    assert not [record for record in caplog.records if record.name.startswith("idconsole")]
