"""How much time a certificate, a key or a password has left, by glyph, word and tone."""

from __future__ import annotations

from datetime import datetime, timedelta

from console.render.detail import Tone
from console.render.text import day_text, relative_time

SOON = timedelta(days=30)
"""What ends within this time stands out."""


def expiry(ends: datetime | None, now: datetime) -> tuple[str, Tone]:
    """`✗ expired 3 d ago`, `▲ expires in 12 d`, or the day it ends; nothing for what has no end.

    >>> from datetime import UTC
    >>> expiry(datetime(2026, 1, 13, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
    ('▲ expires in 12 d', 'warning')
    """
    if ends is None:
        return ("", "")
    if ends <= now:
        return (f"✗ expired {_since(ends, now)}", "bad")
    if ends - now <= SOON:
        return (f"▲ expires {relative_time(ends, now)}", "warning")
    return (f"until {day_text(ends)}", "muted")


def window(begins: datetime | None, ends: datetime | None, now: datetime) -> tuple[str, Tone]:
    """What `expiry` says, or that it has not begun."""
    if begins is not None and begins > now:
        return (f"◌ begins {relative_time(begins, now)}", "warning")
    return expiry(ends, now)


def _since(ends: datetime, now: datetime) -> str:
    ago = relative_time(ends, now)
    return "just now" if ago == "now" else ago
