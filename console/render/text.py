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
GLUE = "\xa0"
"""A blank at which no line is broken; it is painted as any other."""
LEAST_FOR_BOTH_ENDS = 7
"""Cells; with less room only the beginning of a name is shown."""

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


def cut_middle(text: str, width: int) -> str:
    """At most `width` cells of sanitised text, cut so that both ends stay.

    Names often differ in their last part only.

    >>> cut_middle("hl-quay-east-gateway-0031", 16)
    'hl-quay…way-0031'
    """
    if cell_len(text) <= width:
        return text
    if width < LEAST_FOR_BOTH_ENDS:
        return cut(text, width)
    tail = _last(text, width // 2)
    return cut(text, width - cell_len(tail)) + tail


def cut_names(text: str, width: int) -> str:
    """Names with commas between them; without room for all, the first and how many more.

    >>> cut_names("hl-gateway-0017, hl-gateway-0005", 16)
    'hl-gat…y-0017 +1'
    """
    first, comma, rest = text.partition(", ")
    if not comma or cell_len(text) <= width:
        return cut_middle(text, width)
    more = f" +{rest.count(', ') + 1}"
    return cut_middle(first, width - len(more)) + more if width > len(more) else cut(text, width)


def _last(text: str, width: int) -> str:
    """The end of a text in at most `width` cells, beginning with a character that has a shape."""
    used, begin = 0, len(text)
    for place in range(len(text) - 1, max(-1, len(text) - 4 * width - 4), -1):
        size = get_character_cell_size(text[place])
        if used + size > width:
            break
        used += size
        if size:  # a mark would sit on the ellipsis instead of its letter
            begin = place
    return text[begin:]


_UNITS = ((86400, "d"), (3600, "h"), (60, "min"))
_MONTH = 30.44
_YEAR = 365.25
"""Days."""
_DAYS_COUNTED = 60
"""From so many days on, months are told, and years from as many months as two years have."""


def relative_time(moment: datetime, now: datetime | None = None) -> str:
    """How long ago, or in how long: `3 h ago`, `in 12 d`, `now` within a minute.

    Both times are aware; `now` is the present when left out. A time not told is a dash. Months
    and years are rounded to the nearest and told from two on: `23 mo ago`, never `1 y ago` for it.
    """
    if moment == NOT_TOLD:
        return "—"
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    figure = _figure(abs(seconds))
    if not figure:
        return "now"
    return f"{figure} ago" if seconds > 0 else f"in {figure}"


def _figure(seconds: float) -> str:
    days = seconds / 86400
    if days >= _DAYS_COUNTED:
        months = round(days / _MONTH)
        return f"{months} mo" if months < 24 else f"{round(days / _YEAR)} y"
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return ""


def absolute_time(moment: datetime) -> str:
    """A point in time as every screen tells it; entry fields and files keep RFC 3339.

    >>> absolute_time(datetime(2026, 11, 21, 11, 55, tzinfo=UTC))
    '2026-11-21 11:55:00 UTC'
    """
    # strftime writes the year 767 with three digits
    plain = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{plain.isoformat(' ', 'seconds')} UTC"


def day_text(moment: datetime) -> str:
    """The day of a point in time, in UTC."""
    return moment.astimezone(UTC).date().isoformat()


def time_and_age(moment: datetime, now: datetime) -> str:
    """A point in time and how long ago that is, or that nobody told it."""
    if moment == NOT_TOLD:
        return "not told by this registry"
    age = relative_time(moment, now).replace(" ", GLUE)
    return f"{absolute_time(moment)} ({age})"


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
