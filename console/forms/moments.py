"""Points in time as people type them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from console.forms.fields import Values, text_of
from registry_backend.domain.errors import Invalid
from registry_backend.domain.timestamps import format_timestamp, parse_timestamp

MOMENT_HELP = "2027-01-01, 2027-01-01T08:00Z, +90d, +12h"

_SPAN = re.compile(r"([+-])\s*(\d{1,6})\s*(min|[hdwy])")
_UNITS = {
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "y": timedelta(days=365),
}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def moment_of(values: Values, name: str, now: datetime) -> str | None:
    """The time in a field as the registry spells it; None for an empty field.

    A day alone begins at midnight UTC; `+90d` counts from `now`.

    Raises:
        Invalid: naming the field.
    """
    text = text_of(values, name)
    try:
        moment = _read(text, now)
    except ValueError as error:
        raise Invalid.at(name, str(error)) from None
    return None if moment is None else format_timestamp(moment)


def _read(text: str, now: datetime) -> datetime | None:
    span = _SPAN.fullmatch(text)
    try:
        if span:
            length = int(span[2]) * _UNITS[span[3]]
            return now + length if span[1] == "+" else now - length
        moment = parse_timestamp(f"{text}T00:00:00Z" if _DAY.fullmatch(text) else text)
    except OverflowError:
        raise ValueError("the time is outside the years 1 to 9999") from None
    except ValueError as error:
        raise ValueError(f"{error}; or {MOMENT_HELP}") from None
    return moment if isinstance(moment, datetime) else None
