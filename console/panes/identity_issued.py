"""Local identities that were issued in this session: nobody else keeps them (identityd 2)."""

from __future__ import annotations

from registry_backend.domain.identities import Identity


class Issued:
    """What was issued, and which private keys would be lost with the console.

    One that was only looked at can be had again by its name; one that was issued on demand is
    meant to be kept, so that it counts as unsaved until it stands in a file.
    """

    def __init__(self) -> None:
        self._identities: dict[str, Identity] = {}
        self._wanted: set[str] = set()

    @property
    def names(self) -> frozenset[str]:
        """Under which names something was issued."""
        return frozenset(self._identities)

    @property
    def unsaved(self) -> tuple[str, ...]:
        """The names whose keys were asked for and are in no file yet."""
        return tuple(sorted(self._wanted))

    def get(self, name: str) -> Identity | None:
        """What was issued last under a name."""
        return self._identities.get(name)

    def take(self, name: str, identity: Identity, *, wanted: bool) -> None:
        """Keep an identity in the place of an earlier one of that name."""
        self._identities[name] = identity
        if wanted:
            self._wanted.add(name)

    def saved(self, name: str) -> None:
        """It stands in a file."""
        self._wanted.discard(name)
