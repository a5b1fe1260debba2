"""Primary and secondary keys: exchanged whole, made anew in place."""

from __future__ import annotations

from typing import Any

import pytest

from registry_backend.domain.credentials import Credential
from registry_backend.domain.errors import Invalid
from registry_backend.domain.key_pairs import Rotation, is_key_pair, is_pair, rotated, swapped
from registry_backend.domain.secrets import decode_base64


def credential(kind: str = "psk", keys: tuple[str, ...] = ("b25l", "dHdv")) -> Credential:
    """A credential with one secret per key."""
    secrets: list[dict[str, Any]] = [
        {"id": f"s{index}", "key": key, "comment": f"c{index}"} for index, key in enumerate(keys)
    ]
    return Credential.parse({"type": kind, "auth-id": "pump", "ext": {"a": 1}, "secrets": secrets})


def keys_of(given: Credential) -> list[str | None]:
    """The keys in order."""
    return [secret.key for secret in given.secrets]


def test_swapping_exchanges_the_secrets_whole() -> None:
    """A key keeps its id, its comment and its validity wherever it stands; twice is once more."""
    once = swapped(credential())
    assert keys_of(once) == ["dHdv", "b25l"]
    assert [secret.id for secret in once.secrets] == ["s1", "s0"]
    assert once.ext == {"a": 1}
    assert swapped(once) == credential()


@pytest.mark.parametrize(
    ("which", "changed"),
    [("primary", [True, False]), ("secondary", [False, True]), ("both", [True, True])],
)
def test_regenerating_changes_what_was_asked_for(which: Rotation, changed: list[bool]) -> None:
    """The new keys are 32 random bytes; ids and comments stay."""
    before, after = credential(), rotated(credential(), which)
    different = [old != new for old, new in zip(keys_of(before), keys_of(after), strict=True)]
    assert different == changed
    assert [each.id for each in after.secrets] == ["s0", "s1"]
    assert [each.comment for each in after.secrets] == ["c0", "c1"]
    new = [key for key, is_new in zip(keys_of(after), changed, strict=True) if is_new]
    assert all(len(decode_base64(key or "")) == 32 for key in new)
    assert len(set(new)) == len(new)


@pytest.mark.parametrize(
    "other", [credential(keys=("b25l",)), credential(keys=("YQ==",) * 3), credential("radio")]
)
def test_what_is_no_pair_of_keys_is_left_alone(other: Credential) -> None:
    """With the way to make it one; the message shows no key."""
    assert not is_key_pair(other)
    with pytest.raises(Invalid, match="no primary and secondary key") as raised:
        rotated(other, "swap")
    assert "b25l" not in str(raised.value)


def test_thumbprints_are_a_pair_but_no_keys() -> None:
    """They are named primary and secondary, and cannot be made anew here."""
    thumbprints = credential("x509-thumbprint")
    assert is_pair(thumbprints)
    assert not is_key_pair(thumbprints)
