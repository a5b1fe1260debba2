"""What a Hono listener serves from, and one request to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from registry_backend.api.answers import Answer
from registry_backend.domain.journal import Actor
from registry_backend.registry import Registry
from registry_backend.wire.hono_profiles import HONO_2X, HonoProfile

DEFAULT_MAX_PAYLOAD = 16000
"""Bytes of a request body: what Hono's guide says (hono 7, 12); its code has 2048."""


@dataclass(frozen=True, slots=True)
class HonoOptions:
    """What an operator decides for one listener."""

    profile: HonoProfile = HONO_2X
    max_payload: int = DEFAULT_MAX_PAYLOAD
    offset_in_records: bool = False
    """Whether `pageOffset` counts records, as Hono on JDBC does, and not pages (hono 3.7)."""
    cors_origin: str | None = None
    """Whose pages in a browser may call; empty: nobody's. None: everybody's, as Hono has it, where
    callers prove who they are, and nobody's elsewhere."""

    def origin(self, *, known_callers: bool) -> str:
        """Whose pages may call, `*` for everybody's; `known_callers` where they prove who they are.

        >>> HonoOptions().origin(known_callers=True), HonoOptions().origin(known_callers=False)
        ('*', '')
        """
        if self.cors_origin is not None:
            return self.cors_origin
        return "*" if known_callers else ""


@dataclass(frozen=True, slots=True)
class HonoService:
    """A registry as one listener shows it."""

    registry: Registry
    options: HonoOptions = field(default_factory=HonoOptions)

    @property
    def profile(self) -> HonoProfile:
        """The vintage spoken here."""
        return self.options.profile


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read whole."""

    service: HonoService
    actor: Actor
    ids: tuple[str, ...] = ()
    """The decoded variable segments of the path, in order."""
    parameters: Sequence[tuple[str, str]] = ()
    body: bytes = field(default=b"", repr=False)
    """Holds secrets."""
    content_type: str = ""
    expected: str | None = None
    """The bare version of `If-Match`; None: any will do (hono 3.1)."""


Handler = Callable[[Call], Awaitable[Answer]]
