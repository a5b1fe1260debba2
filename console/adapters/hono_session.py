"""What the ports of one remote Hono share: the connection, and what was learned of the peer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from console.adapters.hono_known import KnownIds
from console.adapters.rest import RestClient
from console.adapters.rest_answer import Answer
from console.adapters.rest_versions import MovedVersions, Part
from registry_backend.domain.errors import Denied, Fault, Unsupported
from registry_backend.wire.hono_profiles import HONO_2X, PROFILES, HonoProfile

Offsets = Literal["unknown", "pages", "records"]
"""What `pageOffset` counts (hono 3.7)."""

_ANY_STATUS = frozenset(range(300, 600))
_REMEMBERED = 1_000
_PROBE = "idconsole-probe"
"""A tenant that nobody has: how the peer says so tells its vintage (hono 3.2)."""


@dataclass(slots=True)
class Peer:
    """What a remote Hono can do, as far as was learned (hono 6)."""

    profile: HonoProfile = HONO_2X
    lists_tenants: bool = True
    lists_devices: bool = True
    keeps_keys: bool = False
    """Whether keys that it does not show are kept by the id of their secret (hono 3.6)."""
    offsets: Offsets = "unknown"
    counts_truly: bool = False
    """Whether a total is of what was asked for, whatever was asked."""
    finds_ids: bool | None = None
    tells_gateways: bool | None = None
    sorts_by_change: bool | None = None
    """Whether devices can be listed by when they were changed last; None: not known yet."""


class HonoSession:
    """A connection to a remote Hono and what is known of it.

    Args:
        client: Sends the requests.
        known: Ids seen in this registry.
        tell: Told, which it shows once each, what the registry did otherwise than it was asked.
        compat: The vintage that a person says it is, where asking leaves it open.
    """

    def __init__(
        self,
        client: RestClient,
        known: KnownIds,
        tell: Callable[[str], None],
        compat: str | None = None,
    ) -> None:
        self.client = client
        self.known = known
        self.peer = Peer()
        self._compat = compat
        self.tell = tell
        self._versions = MovedVersions(_REMEMBERED)

    async def send(
        self,
        method: str,
        path: Sequence[str],
        *,
        what: str,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        expected: str | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Answer:
        """One request under `/v1`. Raises RegistryError."""
        return await self.client.request(
            method,
            ("v1", *path),
            what=what,
            query=query,
            body=body,
            if_match=expected or None,
            accept=accept,
        )

    async def ask_anything(self) -> None:
        """One request whose answer does not matter. Raises Unreachable, Fault."""
        await self.send("GET", ("tenants", _PROBE), what="the registry", accept=_ANY_STATUS)

    # learning

    async def learn(self) -> None:
        """Ask what the peer is (hono 6). Raises Unreachable, Denied, Fault."""
        page = (("pageSize", "1"), ("pageOffset", "0"))
        answer = await self.send(
            "GET", ("tenants",), what="the list of tenants", query=page,
            accept=frozenset({403, 404, 405, 501}),
        )  # fmt: skip
        ours = answer.headers.get("server", "").startswith("idconsole")
        peer = Peer(keeps_keys=ours, counts_truly=ours, sorts_by_change=ours or None)
        match answer.status:
            case 403:
                peer.lists_tenants = False
            case 404 if answer.is_json:
                pass
            case 404 | 405:
                await self._learn_vintage(peer)
            case 501:
                peer.lists_tenants = peer.lists_devices = False
            case _:
                self._check_list(answer)
        self.peer = peer
        if not peer.lists_devices:
            self.tell(
                "This registry cannot list what it holds. As a filter (/), type a whole id to open "
                "it; what was opened before is listed."
            )

    async def _learn_vintage(self, peer: Peer) -> None:
        """There is no search: an old Hono, or no Hono at all."""
        answer = await self.send(
            "GET", ("tenants", _PROBE), what="the registry", accept=frozenset({400, 404})
        )
        page = "html" in answer.headers.get("content-type", "").lower()
        if answer.status == 404 and page:
            raise Fault(
                f"{self.client.endpoint.url} answers, but not as a device registry does.",
                hint="Check the address; a path before /v1 belongs to it.",
            )
        peer.lists_tenants = peer.lists_devices = False
        guess = "2.x" if answer.is_json else "1.1"
        peer.profile = PROFILES[self._compat or guess]

    def _check_list(self, answer: Answer) -> None:
        found = answer.json("The list of tenants") if answer.body else None
        if not (isinstance(found, dict) and isinstance(found.get("result"), list)):
            raise Fault(
                f"{self.client.endpoint.url} answers, but not as a device registry does.",
                hint="Check the address; a path before /v1 belongs to it.",
            )

    async def check_tenant(self, tenant_id: str) -> None:
        """Raises NotFound when the tenant is not there: an empty list does not tell (hono 3.7)."""
        try:
            await self.send("GET", ("tenants", tenant_id), what=f"tenant {tenant_id}")
        except (Denied, Unsupported):  # whoever may only see devices is not told
            return

    # versions that our own writes moved on

    def moved(self, part: Part, tenant_id: str, device_id: str, old: str, new: str) -> None:
        """A write of ours to the other part changed this part's version too.

        On JDBC a device and its credentials share one version (hono 3.1). Elsewhere the two may
        begin with the same one, so who asks compares with what the peer shows.
        """
        self._versions.moved((part, tenant_id, device_id), old, new)

    def latest(self, part: Part, tenant_id: str, device_id: str, version: str) -> str:
        """The version that our own writes to the other part made of this one."""
        return self._versions.latest((part, tenant_id, device_id), version)
