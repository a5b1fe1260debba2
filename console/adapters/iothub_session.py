"""What the ports of one remote hub share: the connection, and waiting when told to."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from console.adapters.iothub_address import hub_name
from console.adapters.iothub_errors import WAIT_SECONDS, hub_problem
from console.adapters.iothub_pace import Pace
from console.adapters.rest import RestClient
from console.adapters.rest_answer import Answer
from console.adapters.rest_refusals import NotAvailable, Refusal
from console.adapters.rest_versions import MovedVersions, Part
from console.adapters.rest_words import secrets_in
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Fault, NotFound, RegistryError, Throttled
from registry_backend.domain.secrets import SECRET_MEMBERS
from registry_backend.wire.connection_strings import HubConnection
from registry_backend.wire.iothub_device_versions import HubVersion, parse_version

WAITING = "waiting {seconds} s, the hub asks to slow down"
"""The health of a hub that slows its callers down: counts down to the next request."""
AT_ONCE = 8
"""Requests under way together; more would only be slowed down (iothub 8)."""
MOST_WAITS = 30
"""How often one request waits before its refusal is told."""
_REMEMBERED = 4_096


class HubSession:
    """A connection to a remote hub and what is known of it.

    Args:
        client: Sends the requests.
        hub: What the connection string says.
        api_version: Sent with each request (iothub 2.2).
        tell: Told, which it shows once each, what the hub did otherwise than it was asked.
        on_health: Told `connected`, what is wrong, or that we wait.
        wait: Sleeps for so many seconds.
    """

    def __init__(
        self,
        client: RestClient,
        hub: HubConnection,
        *,
        api_version: str,
        tell: Callable[[str], None],
        on_health: Callable[[str], None],
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.client = client
        self.hub = hub
        self.version: HubVersion = parse_version(api_version)
        self.tenant_id = hub_name(hub.host_name)
        self.tell = tell
        self._on_health, self._wait = on_health, wait
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._calm = asyncio.Event()
        self._calm.set()
        self._one_by_one = asyncio.Lock()
        self._pace = Pace()
        self._waits = 0
        self._ticking: asyncio.TimerHandle | None = None
        self._seen: OrderedDict[tuple[str, str], JsonObject] = OrderedDict()
        self._versions = MovedVersions(_REMEMBERED)

    def check_tenant(self, tenant_id: str) -> None:
        """Raises NotFound for a tenant that is not this hub."""
        if tenant_id != self.tenant_id:
            raise NotFound(
                f"There is no tenant {tenant_id!r} here.",
                hint=f"A hub is one tenant; this one is {self.tenant_id}.",
            )

    # requests

    async def send(
        self,
        method: str,
        path: Sequence[str],
        *,
        what: str,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        expected: str | None = None,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
        repeatable: bool | None = None,
    ) -> Answer:
        """One request; waits, and lets others wait, while the hub asks to slow down.

        What a hub refuses with 429 it has not done, so that writes are sent again too (iothub 8);
        what a proxy answers with 503 may have been done.

        Args:
            method: As RestClient.request.
            path: As there.
            what: As there.
            query: Besides api-version.
            body: As there.
            expected: An ETag without quotes; `*` is any; None: no If-Match (iothub 5.3).
            headers: As there.
            accept: As there.
            repeatable: As there.
        """
        sent_after = 0
        safe = method == "GET" if repeatable is None else repeatable

        async def once() -> Answer:
            nonlocal sent_after
            await self._calm.wait()
            sent_after = self._waits
            return await self.client.request(
                method,
                path,
                what=what,
                query=(*query, ("api-version", self.version.text)),
                body=body,
                if_match=None if expected is None else f'"{expected}"',
                headers=headers,
                accept=accept,
                repeatable=repeatable,
            )

        async with self._gate:
            for _ in range(MOST_WAITS):
                try:
                    return await self._carefully(once)
                except Throttled as error:
                    if isinstance(error, NotAvailable) and not safe:
                        raise
                    if sent_after == self._waits:  # else others have waited since it was sent
                        await self._slow_down(error.retry_after or WAIT_SECONDS)
            return await once()

    async def _carefully(self, once: Callable[[], Awaitable[Answer]]) -> Answer:
        """For a while after a refusal, one request at a time, with pauses that grow shorter."""
        if not self._pace.careful:
            return await once()
        async with self._one_by_one:
            delay = self._pace.delay(time.monotonic())
            if delay:
                await self._wait(delay)
            answer = await once()
            self._pace.answered(time.monotonic())
            return answer

    async def _slow_down(self, seconds: float) -> None:
        self._waits += 1
        self._calm.clear()
        self._pace.refused()
        spread = seconds * random.uniform(1.0, 1.3)  # noqa: S311 - spreads clients
        try:
            self._count_down(math.ceil(spread))
            self.tell(f"The hub asks to slow down: waiting {seconds:g} s, then going on.")
            await self._wait(spread)
        finally:
            if self._ticking is not None:
                self._ticking.cancel()
            self._calm.set()
            self._on_health(self.client.health)

    def _count_down(self, seconds: int) -> None:
        """Show how long it takes, each second anew."""
        self._on_health(WAITING.format(seconds=max(1, seconds)))
        loop = asyncio.get_running_loop()
        self._ticking = loop.call_later(1.0, self._count_down, seconds - 1)

    def refused(self, answer: Answer, what: str, body: Any) -> RegistryError:
        """An answer that was asked to be shown, as the error that it is."""
        hidden = tuple(secrets_in(body, SECRET_MEMBERS))
        return hub_problem(
            Refusal(
                answer.status, answer.headers, answer.body, what, self.client.endpoint.url, hidden
            )
        )

    async def check(self) -> None:
        """Ask for anything. Raises RegistryError for a hub that cannot be used."""
        what = f"hub {self.tenant_id}"
        answer = await self.send("GET", ("devices",), what=what, query=(("top", "1"),))
        if not isinstance(answer.json(what), list):
            raise Fault(
                f"{self.client.endpoint.url} answers, but not as an IoT Hub does.",
                hint="Check HostName in the connection string, and proxies between.",
            )

    async def ask_anything(self) -> None:
        """One request whose answer does not matter; past the gate, where others may be stuck.

        Raises Unreachable, Fault.
        """
        await self.client.request(
            "GET",
            ("devices",),
            what="the hub",
            query=(("top", "1"), ("api-version", self.version.text)),
            accept=frozenset(range(300, 600)),
        )

    # devices as they came

    def remember(self, members: JsonObject) -> None:
        """Keep a device as the hub showed it, so that it can be written back whole."""
        device_id, etag = members.get("deviceId"), members.get("etag")
        if isinstance(device_id, str) and isinstance(etag, str):
            self._seen[device_id, etag] = members
            self._seen.move_to_end((device_id, etag))
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)

    def remembered(self, device_id: str, etag: str) -> JsonObject | None:
        """A device as it was shown with that version."""
        return self._seen.get((device_id, etag))

    def moved(self, part: Part, device_id: str, old: str, new: str) -> None:
        """A write of ours to the other part of a device changed this part's version too."""
        self._versions.moved((part, device_id), old, new)

    def latest(self, part: Part, device_id: str, version: str) -> str:
        """The version that our own writes to the other part made of this one."""
        return self._versions.latest((part, device_id), version)
