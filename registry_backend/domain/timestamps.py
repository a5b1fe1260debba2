"""Points in time: read as ISO 8601 with an offset, written in UTC (hono 2.6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_TOLD = EPOCH
"""Stands for a time that a remote registry does not tell; screens say so instead of a date."""


def now() -> datetime:
    """The present in UTC."""
    return datetime.now(UTC)


def parse_timestamp(value: Any) -> Any:
    """An offset date-time string as a datetime in UTC; "" means none (hono 2.6).

    Raises:
        ValueError: for a date alone, a missing offset, a number, or anything else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str) and len(value) > 10 and value[10] in "Tt ":
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(_EXPECTED) from None
    else:
        raise ValueError(_EXPECTED)
    if moment.tzinfo is None:
        raise ValueError("the offset from UTC is missing: end it with Z or +01:00")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is outside the years 1 to 9999") from None


_EXPECTED = "expected a date and time with an offset, such as 2026-11-21T08:00:00Z"


def format_timestamp(moment: datetime) -> str:
    """UTC, whole seconds, trailing Z, as Hono writes it (hono 2.6)."""
    # strftime writes the year 767 with three digits, which nobody reads back.
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970, exact, as stores keep it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The inverse of `to_micros`."""
    return EPOCH + timedelta(microseconds=micros)


Timestamp = Annotated[
    datetime,
    BeforeValidator(parse_timestamp),
    PlainSerializer(format_timestamp, return_type=str, when_used="json"),
]
"""A field that must be given."""

OptionalTimestamp = Annotated[
    datetime | None,
    BeforeValidator(parse_timestamp),
    PlainSerializer(
        lambda moment: None if moment is None else format_timestamp(moment),
        return_type=str | None,
        when_used="json",
    ),
]
"""A field that may be absent, null or empty."""
