"""Which devices of a list of ids a hub has, found out with few requests (iothub 5.6, 6.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from console.adapters.iothub_devices import read_device
from console.adapters.iothub_lists import AT_MOST, list_members, query_devices
from console.adapters.iothub_session import HubSession
from console.adapters.iothub_together import all_or_none
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Denied, NotFound
from registry_backend.wire.iothub_later import LATER, takes_away

MOST_ASKED = 2_000
"""Devices asked for by query beyond the thousand that a hub lists."""
MOST_READ_SINGLY = 100
"""The same where the connection string's policy may read, but not query (iothub 7.2)."""
_IDS_A_QUERY = 100
UNTOLD = "?"
"""The version of a device that is there, where only a query was asked."""


class KnownDevices:
    """What a hub has, as far as it can be asked."""

    def __init__(self, session: HubSession) -> None:
        self._session = session
        self._etags: dict[str, str] = {}
        self._held: dict[str, JsonObject] = {}
        """Of devices that have any, the members that a short line easily takes away."""
        self._asked: set[str] = set()
        self._questions = 0
        self._most = MOST_ASKED
        self._may_query = True
        self.whole = False
        """Whether the hub listed all that it has."""
        self.exact = True
        """False once a device was not asked for."""

    async def begin(self) -> None:
        """List what can be listed."""
        listed = await list_members(self._session)
        for each in listed:
            self._take(str(each.get("deviceId")), each, each.get("etag"))
        self.whole = len(listed) < AT_MOST

    async def look(self, device_ids: Iterable[str]) -> None:
        """Ask for these where it is not known, in as few queries as it takes."""
        if self.whole:
            return
        unknown = [each for each in device_ids if each not in self._etags]
        unknown = [each for each in dict.fromkeys(unknown) if each not in self._asked]
        while unknown and (room := self._most - self._questions) > 0:
            some = unknown[: min(room, _IDS_A_QUERY)]
            if self._may_query:
                try:
                    await self._ask(some)
                except Denied:
                    self._may_query, self._most = False, MOST_READ_SINGLY
                    continue
            else:
                await all_or_none(self._read(each) for each in some)
            self._asked.update(some)
            self._questions += len(some)
            unknown = unknown[len(some) :]
        if unknown:
            self.exact = False

    async def _read(self, device_id: str) -> None:
        try:
            shown = await read_device(self._session, device_id)
        except NotFound:
            return
        self._take(device_id, shown, shown.get("etag"))

    def _take(self, device_id: str, shown: JsonObject, etag: object) -> None:
        self._etags[device_id] = str(etag or UNTOLD)
        if takes_away(shown, {}):
            self._held[device_id] = {name: shown.get(name) for name in (*LATER, "statusReason")}

    async def _ask(self, device_ids: Sequence[str]) -> None:
        quoted = ", ".join("'" + each.replace("'", "''") + "'" for each in device_ids)
        token: str | None = None
        while True:
            where = f" where deviceId in [{quoted}]"
            rows, token = await query_devices(self._session, where, token)
            for row in rows:
                if isinstance(row, dict) and isinstance(row.get("deviceId"), str):
                    self._take(row["deviceId"], row, row.get("deviceEtag"))
            if token is None:
                return

    def etag(self, device_id: str) -> str | None:
        """Its version; None: it is not there, or was not asked for."""
        return self._etags.get(device_id)

    def loses(self, device_id: str, element: JsonObject) -> bool:
        """Whether the device, as it was listed, loses what this element leaves out."""
        return takes_away(self._held.get(device_id, {}), element)

    def note(self, device_id: str, *, there: bool) -> None:
        """Take in what a write of ours made of it."""
        self._asked.add(device_id)
        if there:
            self._etags[device_id] = UNTOLD
        else:
            self._etags.pop(device_id, None)
