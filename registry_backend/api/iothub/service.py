"""What a hub's listener serves from, and one request to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from registry_backend.api.answers import JSON_TYPE, Answer
from registry_backend.api.iothub.etags import EtagCondition
from registry_backend.api.throttling import Operation
from registry_backend.domain.document import JsonObject, json_bytes
from registry_backend.domain.journal import Actor
from registry_backend.domain.policies import Right
from registry_backend.jobs import JobRunner
from registry_backend.registry import Registry
from registry_backend.registry.hub_devices import Hub
from registry_backend.registry.owners import MissingOwner
from registry_backend.wire.iothub_device_errors import DEVICE_NOT_FOUND, QUOTA_EXCEEDED
from registry_backend.wire.iothub_device_versions import HubVersion

DEFAULT_TENANT = "DEFAULT_TENANT"
"""Whose hub it is where the host names none; Hono's own default (design 3)."""
DEFAULT_MAX_PAYLOAD = 1 << 20
"""Bytes of a request body: room for the hundred devices of a bulk call."""
HUB_DOMAIN = ".azure-devices.net"


@dataclass(frozen=True, slots=True)
class HubOptions:
    """What an operator decides for one listener."""

    signed: bool = True
    """Whether requests carry a shared access signature; without, everybody may call."""
    default_tenant: str = DEFAULT_TENANT
    max_payload: int = DEFAULT_MAX_PAYLOAD
    tier: str | None = None
    """A name of `throttling.TIERS`, whose quota and rates hold; None: none do (iothub 8)."""
    units: int = 1
    shaping: float = 0.0
    """For how many seconds a request is held back before it is refused, as real hubs do."""


@dataclass(frozen=True, slots=True)
class HubService:
    """A registry as one listener shows it."""

    registry: Registry
    jobs: JobRunner
    options: HubOptions = field(default_factory=HubOptions)
    read_only: bool = False
    """Whether the registry refuses every write."""

    async def hub_of(self, host: str, route: Route, ids: Sequence[str]) -> Hub:
        """The hub that a request's path names, or its Host (design 3).

        Only the default one is made by its first write: a host name that is mistyped makes none.
        """
        if route.hub_at is not None:
            return await self._hub_named(ids[route.hub_at])
        name = host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
        if name.lower().endswith(HUB_DOMAIN):
            return await self._hub_named(name[: -len(HUB_DOMAIN)])
        return Hub(self.options.default_tenant, MissingOwner.CREATE)

    async def _hub_named(self, name: str) -> Hub:
        tenant_id = await self.registry.hub_devices.tenant_named(name)
        default = tenant_id == self.options.default_tenant
        return Hub(tenant_id, MissingOwner.CREATE if default else MissingOwner.REFUSE)


class Call(NamedTuple):
    """One request, read whole."""

    service: HubService
    hub: Hub
    actor: Actor
    version: HubVersion
    ids: tuple[str, ...]
    """The decoded variable segments of the path, in order."""
    parameters: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    """Of the request; names compare without case."""
    body: bytes
    expected: EtagCondition | None
    """What If-Match says; None: absent (iothub 5.3)."""
    base: str
    """Scheme and host of the request, for addresses in answers."""

    def __repr__(self) -> str:
        return f"Call(hub={self.hub}, actor={self.actor}, ids={self.ids})"  # nothing secret


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    Args:
        method: The HTTP method.
        path: Segments joined by `/`; those in braces are variables.
        handle: Who answers.
        right: What the caller's policy must allow (iothub 7.2).
        or_right: Another right that does as well.
        kind: What is counted against the tier's rates (iothub 8).
        absent: The number of an error of something that is not there.
        limit: The number of an error of a limit that is reached.
        hub_at: Which variable of the path names the hub; None: the host does.
        result: What a failure's body holds besides, where clients read it as a result.
        lasting: Goes on to its end although the client went away.
    """

    method: str
    path: str
    handle: Handler
    right: Right
    or_right: Right | None = None
    kind: Operation = Operation.REGISTRY
    absent: int = DEVICE_NOT_FOUND
    limit: int = QUOTA_EXCEEDED
    hub_at: int | None = None
    result: Callable[[HubVersion, int, str], JsonObject] | None = None
    lasting: bool = False


def json_answer(
    members: object, *, etag: str = "", status: int = 200, headers: Mapping[str, str] | None = None
) -> Answer:
    """An answer with a JSON body; ETags stand in quotes (iothub 5.3)."""
    told = {"ETag": f'"{etag}"'} if etag else {}
    if headers:
        told.update(headers)
    return Answer(status, json_bytes(members), JSON_TYPE, told)
