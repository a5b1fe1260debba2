"""The parts of a detail view as plain data; a widget gives them colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["", "good", "warning", "bad", "muted", "accent"]
"""What a value means; the theme says how that looks. Glyphs say it without colour."""


@dataclass(frozen=True, slots=True)
class Line:
    """A labelled value."""

    label: str
    value: str
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under a heading; `text` stands instead of or below the lines."""

    title: str
    lines: tuple[Line, ...] = ()
    text: str = ""


def state(*, enabled: bool) -> tuple[str, Tone]:
    """Enabled or disabled, by glyph and word."""
    return ("● enabled", "good") if enabled else ("○ disabled", "warning")


def plural(count: int, noun: str) -> str:
    """`1 device`, `2,000 devices`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
