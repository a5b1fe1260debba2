"""The tokens that requests to a hub carry (iothub 7.1)."""

from __future__ import annotations

import time
from collections.abc import Callable

from registry_backend.wire.connection_strings import HubConnection
from registry_backend.wire.sas import make_token

TOKEN_SECONDS = 3600
RENEW_SECONDS = 600
"""A token with less than this left is made anew."""


class Tokens:
    """The Authorization header of each request, made for an hour and renewed before its end.

    Args:
        hub: Whose.
        clock: Unix time.
    """

    def __init__(self, hub: HubConnection, clock: Callable[[], float] = time.time) -> None:
        self._hub, self._clock = hub, clock
        self._token, self._ends = hub.signature, float("inf")
        if hub.key is not None:
            self._ends = 0.0

    def __call__(self) -> str | None:
        """The header."""
        now = self._clock()
        if self._hub.key is not None and self._ends - now < RENEW_SECONDS:
            ends = int(now) + TOKEN_SECONDS
            self._token = make_token(
                self._hub.host_name, self._hub.key, policy=self._hub.policy, expires=ends
            )
            self._ends = ends
        return self._token
