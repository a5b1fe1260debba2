"""Shared access policies in SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.domain.policies import Policy
from registry_backend.storage.paging import Row
from registry_backend.storage.rows import restore, value_text
from registry_backend.storage.sqlite_base import Rows


class PolicyReads(Rows):
    """The policies part of a snapshot."""

    def get_policy(self, name: str) -> Policy | None:
        """The policy of that name, or None; names compare without case."""
        row = self._one("SELECT name, document FROM policies WHERE name = ?", name)
        return _policy(row) if row else None

    def list_policies(self) -> Sequence[Policy]:
        """All policies of the registry by name."""
        return [
            _policy(row) for row in self._all("SELECT name, document FROM policies ORDER BY name")
        ]


class PolicyWrites(PolicyReads):
    """The policies part of a transaction."""

    def put_policy(self, policy: Policy) -> None:
        """Insert or replace a policy."""
        self._changed(
            "INSERT OR REPLACE INTO policies VALUES (?, ?)", policy.name, value_text(policy)
        )


def _policy(row: Row) -> Policy:
    return restore(Policy, row[1], what=f"policy {row[0]!r}")
