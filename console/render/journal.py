"""Journal entries as text: who changed which members, from what to what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from console.render.fields import flatten
from console.render.text import GLUE, time_and_age
from registry_backend.domain.journal import JournalEntry


def history_text(entries: Sequence[JournalEntry], now: datetime) -> str:
    """Newest first, each with the members it changed."""
    if not entries:
        return "Nothing is in the journal."
    return "\n\n".join(_entry(entry, now) for entry in entries)


def _entry(entry: JournalEntry, now: datetime) -> str:
    when = time_and_age(entry.at, now).replace(GLUE, " ")
    heading = f"{when}\n{entry.resource} {entry.action} by {entry.actor}"
    return "\n".join((heading, *changes(entry)))


def changes(entry: JournalEntry) -> tuple[str, ...]:
    """Each changed member: `+` added, `-` removed, `~` changed."""
    before, after = flatten(entry.before or {}), flatten(entry.after or {})
    before.pop("", None)
    after.pop("", None)
    lines = []
    for path in dict.fromkeys((*before, *after)):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        if old is None:
            lines.append(f"  + {path} = {new}")
        elif new is None:
            lines.append(f"  - {path} = {old}")
        else:
            lines.append(f"  ~ {path}: {old} → {new}")
    return tuple(lines)
