"""Shared access policies: made once, read on every call, their keys rotated (iothub 7.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import NotFound
from registry_backend.domain.journal import Actor, Change
from registry_backend.domain.policies import BUILT_IN, Policy, Rotation, new_policy, rotated
from registry_backend.domain.timestamps import now
from registry_backend.registry.recording import change_of, record
from registry_backend.storage.base import Snapshot, Store, Transaction

FIRST_START = Actor(via="registry", name="first start")
"""Who makes the policies that every hub begins with."""
_WHOLE_REGISTRY = ""
"""Policies belong to no tenant; their journal lines are found under this one."""


class KnownPolicies:
    """The policies as they were read at one moment; another reading is another object."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._by_name = {policy.name.lower(): policy for policy in policies}

    def find(self, name: str) -> Policy | None:
        """The policy of that name, in any case, or None."""
        return self._by_name.get(name.lower())


class PolicyUseCases:
    """The policies of the whole registry."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: KnownPolicies | None = None
        self._changes = 0
        self._stop_watching: Callable[[], None] | None = None

    async def ensure(self, *, actor: Actor = FIRST_START) -> Sequence[Policy]:
        """All policies, those that are not there yet made with two random keys each.

        Raises:
            Denied: some are missing, and the registry may not be written.
        """
        present = await self.list()
        if not _missing(present):
            return present
        return await self._store.write(lambda transaction: ensure_policies(transaction, actor))

    async def list(self) -> Sequence[Policy]:
        """All policies by name."""
        return await self._store.read(lambda snapshot: snapshot.list_policies())

    async def get(self, name: str) -> Policy:
        """The policy of that name, in any case. Raises NotFound."""
        return await self._store.read(lambda snapshot: require_policy(snapshot, name))

    async def rotate(self, name: str, rotation: Rotation, *, actor: Actor) -> Policy:
        """Make a key anew, or both, or swap the two; the policy as it is now. Raises NotFound."""
        return await self._store.write(
            lambda transaction: rotate_policy(transaction, name, rotation, actor)
        )

    async def known(self) -> KnownPolicies:
        """All policies, kept in memory until one is changed.

        A change by this process counts at once, one by another process about a second late.
        """
        if self._known is not None:
            return self._known
        if self._stop_watching is None:
            self._stop_watching = self._store.subscribe(self._hear)
        changes = self._changes
        known = KnownPolicies(await self._store.read(lambda snapshot: snapshot.list_policies()))
        # What was read is older than a change that was told meanwhile.
        if changes == self._changes:
            self._known = known
        return known

    def _hear(self, changes: Sequence[Change]) -> None:
        if any(change.resource == "policy" for change in changes):
            self._changes += 1
            self._known = None


def require_policy(snapshot: Snapshot, name: str) -> Policy:
    """The policy of that name. Raises NotFound."""
    policy = snapshot.get_policy(name)
    if policy is None:
        raise NotFound(
            f"There is no policy {name!r}.", hint=f"The policies are {', '.join(BUILT_IN)}."
        )
    return policy


def ensure_policies(transaction: Transaction, actor: Actor) -> Sequence[Policy]:
    """Make what is missing; all policies."""
    for name in _missing(transaction.list_policies()):
        made = new_policy(name, BUILT_IN[name])
        transaction.put_policy(made)
        change = change_of("policy", "created", _WHOLE_REGISTRY, name)
        record(transaction, actor, change, at=now(), after=_journaled(made))
    return transaction.list_policies()


def rotate_policy(transaction: Transaction, name: str, rotation: Rotation, actor: Actor) -> Policy:
    """Store other keys and say so in the journal. Raises NotFound."""
    before = require_policy(transaction, name)
    after = rotated(before, rotation)
    transaction.put_policy(after)
    change = change_of("policy", "updated", _WHOLE_REGISTRY, before.name)
    record(
        transaction,
        actor,
        change,
        at=now(),
        before=_journaled(before),
        after=_journaled(after),
    )
    return after


def _missing(present: Iterable[Policy]) -> Sequence[str]:
    names = {policy.name.lower() for policy in present}
    return [name for name in BUILT_IN if name.lower() not in names]


def _journaled(policy: Policy) -> JsonObject:
    """What a journal line tells; the recording turns keys into fingerprints."""
    return {
        "rights": sorted(policy.rights),
        "primaryKey": policy.primary_key,
        "secondaryKey": policy.secondary_key,
    }
