"""Rotating keys of a remote hub's devices, a hundred in a call where that is worth it (iothub 2.2).

A hub that does not know the call is sent the devices with their keys changed, in bulk as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import get_args

from console.adapters.iothub_bodies import etag_of
from console.adapters.iothub_bulk import BulkFailure, Gatherer, element_of, failures_of
from console.adapters.iothub_credentials import HubCredentials, authentication_of, credentials_of
from console.adapters.iothub_session import HubSession
from console.adapters.iothub_together import Together
from registry_backend.domain.credentials import PSK
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid, Unsupported
from registry_backend.domain.key_pairs import Rotation, is_key_pair, rotated

_UNKNOWN = frozenset({400, 404, 405})
"""How a hub answers a call that it does not know; it has done nothing of it."""


class _NotOffered(Unsupported):
    """The hub does not know the call."""


class KeyRotations:
    """Rotates keys of devices; rotations that begin together go out together.

    Args:
        session: The connection.
        credentials: Writes those of one device.
        read: Reads devices.
        write: Writes devices together.
        forget: Told that what was listed is old.
    """

    def __init__(
        self,
        session: HubSession,
        credentials: HubCredentials,
        *,
        read: Together[JsonObject],
        write: Gatherer,
        forget: Callable[[], None],
    ) -> None:
        self._session, self._credentials = session, credentials
        self._read, self._write, self._forget = read, write, forget
        kinds: Sequence[Rotation] = get_args(Rotation)
        self._calls = {
            each: Gatherer(session, partial(_regenerate, rotation=each)) for each in kinds
        }
        self._offered = True

    async def rotate(self, tenant_id: str, device_id: str, rotation: Rotation) -> None:
        """As RegistryAdapter.rotate_keys."""
        self._session.check_tenant(tenant_id)
        self._forget()
        if self._offered:
            try:
                if await self._calls[rotation].write({"id": device_id}):
                    return
            except _NotOffered:
                self._offered = False
        shown = await self._read.ask(device_id)
        stored = credentials_of(tenant_id, shown)
        keys = stored.find(PSK, device_id)
        if keys is None or not is_key_pair(keys):
            raise Invalid(f"{device_id} has no primary and secondary key.")
        changed = [rotated(keys, rotation)]
        body = {**shown, "authentication": authentication_of(device_id, changed, stored)}
        element = element_of(body, "updateIfMatchETag", etag_of(shown))
        if not await self._write.write(element):
            await self._credentials.replace(tenant_id, device_id, changed, expected=stored.version)


async def _regenerate(
    session: HubSession, elements: Sequence[JsonObject], *, rotation: Rotation
) -> list[BulkFailure]:
    """Have the hub make the keys of up to a hundred devices; what failed. Raises _NotOffered."""
    what = f"the keys of {len(elements)} devices"
    answer = await session.send(
        "POST",
        ("devices", "keys", "regenerate"),
        what=what,
        body={"policyKey": rotation, "devices": list(elements)},
        accept=_UNKNOWN,
    )
    if answer.status in _UNKNOWN - {400}:
        raise _NotOffered("This hub does not make keys by itself.")
    found = failures_of(answer.json(what) if answer.body else None)
    if found is None or (answer.status == 400 and not found):
        raise _NotOffered("This hub does not make keys by itself.")
    return found
