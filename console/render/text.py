"""Text from the registry made fit for a terminal: no character that acts, and an exact width."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from rich.cells import cell_len, get_character_cell_size

from registry_backend.domain.timestamps import NOT_TOLD

ELLIPSIS = "…"
INVISIBLE = "·"
"""Stands for characters that show nothing or change the direction of the text."""
BROKEN = "�"
"""Stands for C1 controls and lone surrogates."""

_HOSTILE = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # controls: C0, DEL, C1
    "\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"  # soft hyphen, joiners, marks
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # fillers and selectors without a shape
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f"  # zero width, separators, bidi
    "\ud800-\udfff"  # lone surrogates
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\ufffe\uffff"  # variation selectors, byte-order mark, specials
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"  # tags
    "]"
)


def sanitise(text: str) -> str:
    r"""Replace every character that could act on the terminal or hide, one for one.

    >>> sanitise("a\x1b[2J")
    'a␛[2J'
    """
    if text.isascii() and text.isprintable():
        return text
    return _HOSTILE.sub(_stand_in, text)


def is_hostile(text: str) -> bool:
    """Whether the text holds a character that `sanitise` would replace."""
    if text.isascii() and text.isprintable():
        return False
    return _HOSTILE.search(text) is not None


def _stand_in(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if code < 0xA0 or 0xD800 <= code <= 0xDFFF:
        return BROKEN
    return INVISIBLE


def fit(text: str, width: int, *, align_right: bool = False) -> str:
    """Cut or pad sanitised text to exactly `width` cells; what is cut ends in an ellipsis.

    >>> fit("sensor", 4), fit("ab", 4, align_right=True)
    ('sen…', '  ab')
    """
    if width <= 0:
        return ""
    if text.isascii():
        shown = text if len(text) <= width else text[: width - 1] + ELLIPSIS
        return shown.rjust(width) if align_right else shown.ljust(width)
    shown = cut(text, width)
    padding = " " * (width - cell_len(shown))
    return padding + shown if align_right else shown + padding


def cut(text: str, width: int) -> str:
    """At most `width` cells of sanitised text, ending in an ellipsis when something is lost."""
    bounded = text[: 4 * width + 4]  # marks stacked on one letter take no room, so bound them too
    if len(bounded) == len(text) and cell_len(text) <= width:
        return text
    if width <= 0:
        return ""
    used = end = 0
    for end, character in enumerate(bounded):  # noqa: B007 - the place of the cut is wanted
        size = get_character_cell_size(character)
        if used + size > width - 1:
            break
        used += size
    else:
        end = len(bounded)
    return bounded[:end] + ELLIPSIS


_UNITS = ((86400 * 365, "y"), (86400 * 30, "mo"), (86400, "d"), (3600, "h"), (60, "min"))


def relative_time(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, or in how long: `3 h ago`, `in 12 d`, `now` within a minute.

    Both times are aware; `now` is the present when left out. A time not told is a dash.
    """
    if moment == NOT_TOLD:
        return "—"
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    for size, unit in _UNITS:
        if abs(seconds) >= size:
            figure = f"{int(abs(seconds) // size)} {unit}"
            return f"{figure} ago" if seconds > 0 else f"in {figure}"
    return "now"


def short_number(value: float) -> str:
    """A figure of at most five characters: `999`, `12.3k`, `1.2M`.

    >>> short_number(12_345), short_number(1_000_000)
    ('12.3k', '1M')
    """
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            scaled = f"{value / size:.1f}" if abs(value) < 100 * size else f"{value / size:.0f}"
            return scaled.removesuffix(".0") + unit
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1f}"


def is_registrys_own(version: str) -> bool:
    """Whether a version is one that the registry gave; adapters mark those they made by a `~`."""
    return bool(version) and not version.startswith("~")
