"""Shared access policies: made once, kept, rotated, and never shown in the journal (iothub 7.2)."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path

import pytest

from registry_backend.domain.errors import Denied, NotFound
from registry_backend.domain.policies import BUILT_IN, Policy, Right, Rotation, rotated
from registry_backend.open import open_registry
from registry_backend.registry import Registry
from tests.registry_backend.registry.makers import ACTOR


async def test_the_first_start_makes_every_policy_with_two_keys_of_its_own(
    registry: Registry,
) -> None:
    """Ten random keys of 32 bytes."""
    made = await registry.policies.ensure()
    assert {policy.name: policy.rights for policy in made} == BUILT_IN
    keys = {key for policy in made for key in (policy.primary_key, policy.secondary_key)}
    assert len(keys) == 10
    assert {len(base64.b64decode(key)) for key in keys} == {32}


async def test_a_later_start_leaves_the_keys(registry: Registry) -> None:
    """Clients go on with the ones they have."""
    made = await registry.policies.ensure()
    assert await registry.policies.ensure() == made
    assert await registry.policies.list() == made


async def test_the_keys_survive_the_process(tmp_path: Path) -> None:
    """They are kept with the registry."""
    first = await open_registry(tmp_path / "registry.sqlite")
    made = await first.policies.ensure()
    await first.close()
    second = await open_registry(tmp_path / "registry.sqlite")
    assert await second.policies.ensure() == made
    await second.close()


async def test_two_that_start_at_once_make_one_pair_of_keys(registry: Registry) -> None:
    """Whoever comes second finds them there."""
    one, other = await asyncio.gather(registry.policies.ensure(), registry.policies.ensure())
    assert one == other


async def test_a_read_only_registry_makes_none(tmp_path: Path) -> None:
    """It says so; where they are there already it answers."""
    writable = await open_registry(tmp_path / "registry.sqlite")
    looking = await open_registry(tmp_path / "registry.sqlite", read_only=True)
    with pytest.raises(Denied, match="read-only"):
        await looking.policies.ensure()
    made = await writable.policies.ensure()
    assert await looking.policies.ensure() == made
    await looking.close()
    await writable.close()


async def test_a_policy_is_found_in_any_case_and_an_unknown_one_is_told(
    registry: Registry,
) -> None:
    """With the names there are."""
    await registry.policies.ensure()
    assert (await registry.policies.get("IotHubOwner")).name == "iothubowner"
    with pytest.raises(NotFound, match=r"no policy 'owner'.*registryRead"):
        await registry.policies.get("owner")


@pytest.mark.parametrize(
    ("rotation", "primary", "secondary"),
    [
        (Rotation.PRIMARY, "new", "secondary"),
        (Rotation.SECONDARY, "primary", "new"),
        (Rotation.BOTH, "new", "new"),
        (Rotation.SWAP, "secondary", "primary"),
    ],
)
def test_each_rotation_changes_what_it_names(
    rotation: Rotation, primary: str, secondary: str
) -> None:
    """A new key is neither of the old ones."""
    policy = Policy(name="p", rights=frozenset(), primary_key="1", secondary_key="2")
    names = {"1": "primary", "2": "secondary"}
    after = rotated(policy, rotation)
    assert names.get(after.primary_key, "new") == primary
    assert names.get(after.secondary_key, "new") == secondary
    assert after.primary_key != after.secondary_key


async def test_a_rotation_is_kept_and_leaves_the_other_policies(registry: Registry) -> None:
    """What is answered is what is stored."""
    before = {policy.name: policy for policy in await registry.policies.ensure()}
    after = await registry.policies.rotate("registryread", Rotation.BOTH, actor=ACTOR)
    stored = {policy.name: policy for policy in await registry.policies.list()}
    assert stored == {**before, "registryRead": after}
    assert after != before["registryRead"]
    with pytest.raises(NotFound):
        await registry.policies.rotate("owner", Rotation.BOTH, actor=ACTOR)


async def test_the_journal_tells_who_rotated_and_no_key(registry: Registry) -> None:
    """Fingerprints tell that a key is another one."""
    await registry.policies.ensure()
    old = await registry.policies.get("service")
    new = await registry.policies.rotate("service", Rotation.PRIMARY, actor=ACTOR)
    lines = await registry.journal.page("")
    assert [line.action for line in lines] == ["updated", *["created"] * 5]
    line = lines[0]
    assert (line.actor, line.resource, line.resource_id) == ("test:someone", "policy", "service")
    assert line.before is not None
    assert line.after is not None
    assert line.before["primaryKey"] != line.after["primaryKey"]
    assert line.before["secondaryKey"] == line.after["secondaryKey"]
    assert line.after["rights"] == ["ServiceConnect"]
    for key in (old.primary_key, new.primary_key, new.secondary_key):
        assert key not in str(lines)


async def test_what_is_known_follows_a_rotation_at_once(registry: Registry) -> None:
    """The next call is checked against the new keys."""
    await registry.policies.ensure()
    known = await registry.policies.known()
    assert await registry.policies.known() is known
    new = await registry.policies.rotate("service", Rotation.BOTH, actor=ACTOR)
    assert (await registry.policies.known()).find("SERVICE") == new


async def test_what_is_known_lasts_while_other_things_change(
    registry: Registry, tenant: str
) -> None:
    """Only a changed policy is read again."""
    await registry.policies.ensure()
    known = await registry.policies.known()
    await registry.tenants.delete(tenant, expected=None, actor=ACTOR)
    assert await registry.policies.known() is known


async def test_what_is_known_follows_another_process(tmp_path: Path) -> None:
    """As the console may rotate a key while a server runs."""
    serving = await open_registry(tmp_path / "registry.sqlite")
    await serving.policies.ensure()
    known = await serving.policies.known()
    heard = asyncio.Event()
    serving.journal.watch(lambda _changes: heard.set())
    other = await open_registry(tmp_path / "registry.sqlite")
    new = await other.policies.rotate("service", Rotation.PRIMARY, actor=ACTOR)
    await other.close()
    await asyncio.wait_for(heard.wait(), timeout=30)
    assert await serving.policies.known() is not known
    assert (await serving.policies.known()).find("service") == new
    await serving.close()


def test_writing_includes_reading() -> None:
    """A policy with write alone may read (iothub 7.2)."""
    writing = frozenset({Right.REGISTRY_WRITE})
    writer = Policy(name="p", rights=writing, primary_key="s3cr3t", secondary_key="s3cr3t")
    assert writer.allows(Right.REGISTRY_READ)
    assert not writer.allows(Right.SERVICE_CONNECT)
    assert "s3cr3t" not in repr(writer)
