"""Writes of many devices in calls of a hundred (iothub 4.6, 5.7).

Writes that are begun together, as those of marked rows are, go out together: the panes write row
by row, and a hub allows so few calls a minute that each row's own would take for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from console.adapters.iothub_errors import line_error
from console.adapters.iothub_session import HubSession
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Fault, RegistryError

MOST = 100
"""Devices of one call (iothub 5.7)."""
WORTH = 4
"""Fewer writes begun together go out one by one: each answer tells the new version then."""


@dataclass(frozen=True, slots=True)
class BulkFailure:
    """What a hub did not do of a bulk call."""

    device_id: str
    code: int
    name: str
    message: str

    def error(self) -> RegistryError:
        """As one of ours."""
        return line_error(self.code, self.name, self.message, f"device {self.device_id}")


async def send_bulk(session: HubSession, elements: Sequence[JsonObject]) -> list[BulkFailure]:
    """Write up to a hundred devices, each named once; what failed.

    Raises:
        RegistryError: when the call as a whole was refused, or may not have arrived.
    """
    what = f"{len(elements)} devices"
    answer = await session.send(
        "POST", ("devices",), what=what, body=list(elements), accept=frozenset({400})
    )
    found = failures_of(answer.json(what) if answer.body else None)
    if answer.status == 400 and found is None:
        raise session.refused(answer, what, elements)
    return found or []


def failures_of(result: Any) -> list[BulkFailure] | None:
    """The failures of either form; None: this is no result of a bulk call."""
    if isinstance(result, list):  # 2016: a text for each
        return [BulkFailure("", 0, "", str(each)) for each in result]
    if result is None:
        return []
    if not isinstance(result, dict) or not {"errors", "isSuccessful"} & result.keys():
        return None
    found = []
    for each in result.get("errors") or ():
        if isinstance(each, dict):
            code = each.get("errorCode")
            found.append(
                BulkFailure(
                    str(each.get("deviceId") or ""),
                    code if isinstance(code, int) else 0,
                    code if isinstance(code, str) else "",
                    str(each.get("errorStatus") or ""),
                )
            )
    return found


@dataclass(slots=True)
class _Waiting:
    element: JsonObject
    done: asyncio.Future[bool] = field(repr=False)


SendMany = Callable[[HubSession, Sequence[JsonObject]], Awaitable[list[BulkFailure]]]


class Gatherer:
    """Collects writes that begin together, and sends them as one call where that is worth it.

    Args:
        session: The connection.
        send: Sends up to a hundred; None: as `send_bulk`.
    """

    def __init__(self, session: HubSession, send: SendMany | None = None) -> None:
        self._session = session
        self._many = send
        self._waiting: list[_Waiting] = []
        self._sending: set[asyncio.Task[None]] = set()

    async def write(self, element: JsonObject) -> bool:
        """Write with others; False: there were too few, write it by itself.

        Raises:
            RegistryError: why the hub did not.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(element, loop.create_future())
        self._waiting.append(waiting)
        if len(self._waiting) == 1:
            loop.call_soon(self._begin)
        elif len(self._waiting) == MOST:
            self._begin()
        return await waiting.done

    def _begin(self) -> None:
        batch, self._waiting = self._waiting, []
        ids = {each.element["id"] for each in batch}
        if len(batch) < WORTH or len(ids) < len(batch):
            for each in batch:
                _settle(each, written=False)
            return
        sending = asyncio.get_running_loop().create_task(self._send(batch))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _send(self, batch: Sequence[_Waiting]) -> None:
        try:
            send = self._many or send_bulk
            failures = await send(self._session, [each.element for each in batch])
            _tell(batch, failures)
        except RegistryError as error:
            for each in batch:
                _fail(each, error)
        finally:  # whoever waits is let go of, whatever became of it
            for each in batch:
                each.done.cancel()


def element_of(body: JsonObject, mode: str, etag: str) -> JsonObject:
    """A device as a bulk call takes it (iothub 4.3)."""
    members = {name: each for name, each in body.items() if name not in ("deviceId", "etag")}
    return {"id": body["deviceId"], "importMode": mode, "eTag": etag, **members}


def _tell(batch: Sequence[_Waiting], failures: Sequence[BulkFailure]) -> None:
    """Say to each who waits what became of it."""
    by_id = {failure.device_id: failure for failure in failures}
    unnamed = by_id.get("")
    for each in batch:
        failure = by_id.get(each.element["id"])
        if failure is not None:
            _fail(each, failure.error())
        elif unnamed is not None:
            _fail(each, Fault(f"The hub did not write every device, and says: {unnamed.message}"))
        else:
            _settle(each, written=True)


def _settle(waiting: _Waiting, *, written: bool) -> None:
    if not waiting.done.done():
        waiting.done.set_result(written)


def _fail(waiting: _Waiting, error: RegistryError) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)
