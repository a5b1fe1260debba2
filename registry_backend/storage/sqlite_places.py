"""Places in the lists of device ids, remembered so that a jump need not count its way again.

A list is as it was while no device came and none went. Both can be told from two kept numbers:
row numbers are never used twice, so one more device is a higher last number; and where no device
came, one that went leaves fewer.
"""

from __future__ import annotations

import sqlite3
import threading
from bisect import bisect_left, bisect_right

STEP = 1000
"""Devices from one remembered place to the next."""
_MAX_LISTS = 64

Stamp = tuple[int, int]


class Places:
    """Every thousandth id of each tenant, counted from either end as far as anyone went.

    For connections that see only what is committed: a number given in a transaction that is then
    undone is given again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lists: dict[tuple[str, bool], tuple[Stamp, list[str]]] = {}

    def near(
        self, connection: sqlite3.Connection, tenant_id: str, skip: int, *, upward: bool
    ) -> tuple[str | None, int]:
        """From where, exclusive, to pass over how many ids to have passed over `skip` in all.

        None is the end where the walk begins. Where the list ends earlier there is more left to
        pass over than there are ids.
        """
        with self._lock:
            ids = self._remembered(connection, tenant_id, upward=upward)
            while len(ids) < skip // STEP and _went_on(connection, tenant_id, ids, upward=upward):
                pass
            passed = min(skip // STEP, len(ids))
            return (ids[passed - 1] if passed else None), skip - passed * STEP

    def before(
        self, connection: sqlite3.Connection, tenant_id: str, device_id: str, *, upward: bool
    ) -> tuple[str | None, int]:
        """The last place before an id, which need not exist, and how many ids it ends."""
        with self._lock:
            ids = self._remembered(connection, tenant_id, upward=upward)
            while not (ids and _reaches(ids[-1], device_id, upward=upward)) and _went_on(
                connection, tenant_id, ids, upward=upward
            ):
                pass
            if upward:
                passed = bisect_left(ids, device_id)
            else:
                passed = len(ids) - bisect_right(ids[::-1], device_id)
            return (ids[passed - 1] if passed else None), passed * STEP

    def _remembered(
        self, connection: sqlite3.Connection, tenant_id: str, *, upward: bool
    ) -> list[str]:
        stamp = _stamp(connection, tenant_id)
        kept = self._lists.pop((tenant_id, upward), None)
        ids = kept[1] if kept is not None and kept[0] == stamp else []
        self._lists[tenant_id, upward] = (stamp, ids)
        if len(self._lists) > _MAX_LISTS:
            del self._lists[next(iter(self._lists))]
        return ids


def _stamp(connection: sqlite3.Connection, tenant_id: str) -> Stamp:
    (last,) = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'devices'"
    ).fetchone()
    kept = connection.execute(
        "SELECT devices FROM counts WHERE tenant_id = ?", (tenant_id,)
    ).fetchone()
    return last, kept[0] if kept else 0


def _reaches(place: str, device_id: str, *, upward: bool) -> bool:
    """Whether a place is no longer before an id; texts compare as their UTF-8 bytes do."""
    return place >= device_id if upward else place <= device_id


def _went_on(
    connection: sqlite3.Connection, tenant_id: str, ids: list[str], *, upward: bool
) -> bool:
    """Whether there was one more place to remember."""
    beyond = f"AND device_id {'>' if upward else '<'} ?" if ids else ""
    found = connection.execute(
        f"""SELECT device_id FROM devices INDEXED BY devices_by_id WHERE tenant_id = ? {beyond}
        ORDER BY device_id {"ASC" if upward else "DESC"} LIMIT 1 OFFSET ?""",  # noqa: S608 - bound
        (tenant_id, *ids[-1:], STEP - 1),
    ).fetchone()
    if found is not None:
        ids.append(found[0])
    return found is not None
