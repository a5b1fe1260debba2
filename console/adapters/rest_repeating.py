"""Which requests are sent once more, and when: only what is safe to repeat. Pure."""

from __future__ import annotations

import random

from registry_backend.domain.errors import Fault, RegistryError, Throttled, Unreachable

LONGEST_WAIT = 5.0
"""Seconds that a registry may ask us to wait before we repeat; longer is told to the person."""
LOOK_FIRST = "It may have been carried out all the same: look before you try again."
"""What to do about a write of which nobody said what became of it."""
_BY_A_PROXY = frozenset({502, 504})
"""Statuses of what stands before a registry that did not answer it."""


class NotSent(Unreachable):
    """Not a byte of the request has left, so that repeating it changes nothing."""


def of_unknown_outcome(error: RegistryError, status: int | None = None) -> RegistryError | None:
    """What to tell of a write whose answer did not come; None: the error says what became of it.

    Args:
        error: What became of it.
        status: What was answered; None: nothing was.

    >>> lost = Unreachable("It did not answer in time.", layer="timeout", hint="Try again.")
    >>> of_unknown_outcome(lost).hint
    'It may have been carried out all the same: look before you try again.'
    """
    match error:
        case NotSent():
            return None
        case Unreachable(layer="dropped" | "timeout"):
            return Unreachable(error.message, layer=error.layer, hint=LOOK_FIRST)
        case Fault() if status in _BY_A_PROXY:
            return Fault(error.message, hint=LOOK_FIRST)
        case _:
            return None


def wait_before_repeating(
    error: RegistryError,
    pause: float | None,
    *,
    safe: bool,
    status: int | None,
    longest: float = LONGEST_WAIT,
) -> float | None:
    """How long to wait before a request is sent once more; None: it is not.

    Args:
        error: What became of it.
        pause: Seconds that are usual now; None: it was repeated often enough.
        safe: Whether asking twice changes nothing.
        status: What was answered; None: nothing was.
        longest: Seconds that are waited for at most where the registry asks to slow down.
    """
    if pause is None:
        return None
    jittered = pause * random.uniform(0.5, 1.5)  # noqa: S311 - spreads clients, hides nothing
    match error:
        case NotSent(layer="refused" | "timeout"):
            return jittered
        case Unreachable(layer="dropped" | "timeout") if safe:
            return jittered
        case Throttled() if safe:
            if not error.retry_after:
                return jittered
            return error.retry_after if error.retry_after <= longest else None
        case Fault() if safe and status in _BY_A_PROXY:
            return jittered
        case _:
            return None
