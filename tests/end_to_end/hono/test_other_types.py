"""Types of credentials that the registry does not understand, and what 1.1 leaves free."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from registry_backend.domain.credentials import Credential
from registry_backend.domain.journal import Actor
from registry_backend.domain.secrets import verify_password
from registry_backend.open import open_registry
from registry_backend.registry.owners import MissingOwner
from registry_backend.wire.hono import read_credentials
from registry_backend.wire.hono_profiles import HONO_2X
from tests.end_to_end.hono.client import Api
from tests.end_to_end.hono.test_credentials import entry, password, put, shown

THEIRS: dict[str, Any] = {
    "pwd-plain": "open sesame",
    "pwd-hash": 5,
    "hash-function": {"name": "ours", "pepper": "sneezing"},
    "salt": [1.5, None],
    "key": {"curve": "x", "d": "hidden away"},
    "algorithm": True,
    "cert": {"pem": "none"},
    "thumbprint": 7,
}
"""Members that mean something for other types."""


def test_any_member_of_another_type_comes_back_as_it_was_sent(either: Api, device: str) -> None:
    """Whatever it is called, and whatever it holds (hono 2.5)."""
    put(either, device, entry("thing", "t", {**THEIRS, "enabled": False}))
    (credential,) = shown(either, device)
    (secret,) = credential["secrets"]
    secret.pop("id", None)
    assert secret == {**THEIRS, "enabled": False}
    put(either, device, *shown(either, device))
    secret = shown(either, device)[0]["secrets"][0]
    secret.pop("id", None)
    assert secret == {**THEIRS, "enabled": False}


@pytest.mark.parametrize(
    ("secret", "path"),
    [
        ({"enabled": "yes!"}, "[0].secrets[1].enabled"),
        ({"not-after": 5}, "[0].secrets[1].not-after"),
        (5, "[0].secrets[1]"),
    ],
)
def test_the_common_members_of_any_type_are_read(
    either: Api, device: str, secret: Any, path: str
) -> None:
    """They say whether and when it may be used."""
    sent = [entry("thing", "t", {}, secret)]
    reply = either("PUT", f"/v1/credentials/{device}", sent)
    assert reply.status == 400
    assert path in reply.body.decode()


def test_nothing_of_theirs_stands_in_a_repr() -> None:
    """Nobody here knows what of it is secret."""
    (credential,) = read_credentials([entry("thing", "t", THEIRS)], HONO_2X)
    text = repr(credential)
    for hidden in ("sesame", "sneezing", "hidden away"):
        assert hidden not in text


async def test_nothing_of_theirs_stands_in_the_journal(folder: Path) -> None:
    """Not under the names that are open for other types either."""
    actor = Actor(via="hono")
    registry = await open_registry(folder / "r.sqlite")
    try:
        await registry.credentials.replace(
            "yard",
            "pump",
            [Credential.parse(entry("thing", "t", THEIRS))],
            expected=None,
            actor=actor,
            missing=MissingOwner.CREATE,
        )
        entries = await registry.journal.page("yard", resource_id="pump", before=None, limit=10)
    finally:
        await registry.close()
    text = " ".join(each.model_dump_json() for each in entries)
    assert "sha256:" in text
    for hidden in ("sesame", "sneezing", "hidden away"):
        assert hidden not in text


def test_1_1_has_no_pattern_for_names(api: Api, old: Api, device: str) -> None:
    """Neither for the auth-id of a password nor for a type (hono 2.1)."""
    named = password("Jürgen M. (old)", {"pwd-plain": "x"})
    typed = entry("My Type!", "a", {"x": 1})
    put(old, device, named, typed)
    first, second = shown(old, device)
    assert first["auth-id"] == "Jürgen M. (old)"
    assert second == typed
    assert verify_password(
        "x", function="bcrypt", pwd_hash=first["secrets"][0]["pwd-hash"], salt=None
    )
    for sent, path in ((named, "[0].auth-id"), (typed, "[0].type")):
        reply = api("PUT", f"/v1/credentials/{device}", [sent])
        assert reply.status == 400
        assert path in reply.error


def test_1_1_knows_no_raw_public_keys(api: Api, old: Api, device: str) -> None:
    """It keeps what it is given under that name, as of any other type (hono 2.5)."""
    sent = entry("rpk", "r", {"key": "no key at all", "colour": {"of": "the key"}})
    put(old, device, sent)
    assert shown(old, device) == [sent]
    assert api("PUT", f"/v1/credentials/{device}", [sent]).status == 400
