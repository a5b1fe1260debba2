"""How fast a hub is asked once it has refused to be asked faster (iothub 8). Pure."""

from __future__ import annotations

FIRST_PAUSE = 0.5
"""Seconds between an answer and the next request, after the first refusal."""
LONGEST_PAUSE = 5.0
_SHRINKS = 0.97
"""What each answer leaves of the pause, so that it takes many to grow back to full speed."""
_SHORTEST = 0.05
"""A pause that is shorter is none."""


class Pace:
    """Slows down by half with each refusal, and grows back a little with each answer.

    While it is careful, requests go out one at a time.
    """

    def __init__(self) -> None:
        self._pause = 0.0
        self._not_before = 0.0

    @property
    def careful(self) -> bool:
        """Whether a refusal is still remembered."""
        return self._pause > 0.0

    def refused(self) -> None:
        """The hub asked to slow down, and is waited for: no further pause before the next."""
        self._pause = min(LONGEST_PAUSE, max(FIRST_PAUSE, 2 * self._pause))
        self._not_before = 0.0

    def answered(self, at: float) -> None:
        """The hub answered at that moment (seconds of any steady clock)."""
        self._not_before = at + self._pause
        self._pause *= _SHRINKS
        if self._pause < _SHORTEST:
            self._pause = 0.0

    def delay(self, at: float) -> float:
        """The seconds from that moment to the next request."""
        return max(0.0, self._not_before - at)
