"""What the panes look at: a tenant, and a device in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from registry_backend.domain.journal import Change


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenant and the device that the other panes show; None: not chosen yet."""

    tenant_id: str | None = None
    device_id: str | None = None


class ScopeAsked(Message):
    """A pane asks the app to look at something else.

    Args:
        scope: What to look at.
        pane: The pane to show with it; empty to stay.
        filter_text: A filter for that pane; empty drops the one it has, None leaves it.
    """

    def __init__(self, scope: Scope, *, pane: str = "", filter_text: str | None = None) -> None:
        super().__init__()
        self.scope = scope
        self.pane = pane
        self.filter_text = filter_text


class ChangesMade(Message):
    """Records were written where no journal tells the panes of it.

    Args:
        changes: What was touched.
    """

    def __init__(self, changes: Sequence[Change]) -> None:
        super().__init__()
        self.changes = changes


class RememberAsked(Message):
    """A pane asks the app to keep a setting for the next session."""

    def __init__(self, key: str, value: str) -> None:
        super().__init__()
        self.key = key
        self.value = value
