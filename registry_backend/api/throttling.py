"""Throttling as a hub does it: token buckets by tier and units (iothub 8). Off unless asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from registry_backend.domain.errors import Invalid, Throttled

MINUTE = 60.0


class Operation(StrEnum):
    """What shares one bucket; the values stand in the hub's text."""

    REGISTRY = "CRUD"
    JOB = "Jobs"
    QUERY = "Query"


@dataclass(frozen=True, slots=True)
class Tier:
    """What a hub of a tier grants for each unit, and how many devices it holds (iothub 8)."""

    per_minute: int
    """Registry operations; as many job operations."""
    queries_per_minute: int
    max_devices: int
    """Devices and modules of the whole hub, however many units."""

    def rate(self, operation: Operation) -> int:
        """How many a minute and unit."""
        return self.queries_per_minute if operation is Operation.QUERY else self.per_minute


_SMALL = Tier(per_minute=100, queries_per_minute=20, max_devices=1_000_000)
_LARGE = Tier(per_minute=5000, queries_per_minute=1000, max_devices=1_000_000)
TIERS: dict[str, Tier] = {
    "F1": Tier(per_minute=100, queries_per_minute=20, max_devices=500),
    "B1": _SMALL,
    "S1": _SMALL,
    "B2": _SMALL,
    "S2": _SMALL,
    "B3": _LARGE,
    "S3": _LARGE,
}
"""By the name an operator gives."""


class TokenBucket:
    """So many a minute, a minute's worth at once; pure, for it is told the time.

    Args:
        per_minute: How many come back in a minute, and how many there are at most.
    """

    def __init__(self, per_minute: int) -> None:
        self._size = float(per_minute)
        self._rate = per_minute / MINUTE
        self._level = self._size
        self._at: float | None = None

    def take(self, at: float, *, longest_wait: float = 0.0) -> float:
        """Take one at that moment (seconds of any steady clock).

        Returns:
            The seconds until the one taken is there; 0 where it was there already.

        Raises:
            Throttled: it would take longer than `longest_wait`; nothing was taken then.
        """
        before = at if self._at is None else self._at
        self._at = max(at, before)
        self._level = min(self._size, self._level + (self._at - before) * self._rate)
        wait = max(0.0, 1.0 - self._level) / self._rate
        if wait > longest_wait:
            raise Throttled("The request has been throttled.", retry_after=wait - longest_wait)
        self._level -= 1.0
        return wait


class Throttle:
    """The buckets of one hub.

    Args:
        tier: A name of `TIERS`.
        units: How many units were bought.
        shaping: For how many seconds a request is held back before it is refused; 0: not at all.
        clock: Seconds that only go forward.

    Raises:
        Invalid: for an unknown tier, or fewer than one unit.
    """

    def __init__(
        self,
        tier: str,
        units: int = 1,
        *,
        shaping: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        granted = TIERS.get(tier.upper())
        if granted is None:
            raise Invalid.at("tier", f"is not one of {', '.join(TIERS)}")
        if units < 1:
            raise Invalid.at("units", "must be 1 or more")
        self.tier = granted
        self._shaping = shaping
        self._clock = clock
        self._buckets = {each: TokenBucket(granted.rate(each) * units) for each in Operation}

    def take(self, operation: Operation) -> float:
        """Let one operation pass; the seconds to hold it back first, 0 without shaping.

        Raises:
            Throttled: with when to try again, in the hub's words.
        """
        try:
            return self._buckets[operation].take(self._clock(), longest_wait=self._shaping)
        except Throttled as full:
            seconds = full.retry_after or 0.0
            raise Throttled(
                f"The request has been throttled. Wait {whole_seconds(seconds)} seconds and try "
                f"again. Operation type: {operation}",
                retry_after=seconds,
            ) from None


def whole_seconds(seconds: float) -> int:
    """For `Retry-After` and texts: rounded up, never 0.

    >>> whole_seconds(0.2), whole_seconds(3.0), whole_seconds(3.1)
    (1, 3, 4)
    """
    return max(1, -int(-seconds // 1))
