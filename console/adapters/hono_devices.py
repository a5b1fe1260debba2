"""Devices of a remote Hono."""

from __future__ import annotations

from console.adapters.hono_bodies import NotWhole, content_version, device_body, device_of
from console.adapters.hono_device_lists import HonoDeviceLists
from console.adapters.hono_results import (
    at_id,
    device_named,
    device_total,
    known_version,
    new_id,
    read_device,
)
from console.adapters.rest_versions import SEEN
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import (
    Denied,
    Invalid,
    LimitReached,
    RegistryError,
    VersionMismatch,
)


class HonoDevices(HonoDeviceLists):
    """Devices of a remote Hono: one by one here, in lists where that is said."""

    async def get(self, tenant_id: str, device_id: str) -> Device:
        """As DevicesPort."""
        return await read_device(self._session, tenant_id, device_id)

    async def create(
        self, tenant_id: str, device_id: str | None, attributes: DeviceAttributes
    ) -> Device:
        """As DevicesPort."""
        named = () if device_id is None else (device_id,)
        what = f"a new device of tenant {tenant_id}"
        what = what if device_id is None else device_named(tenant_id, device_id)
        session = self._session
        try:
            answer = await session.send(
                "POST", ("devices", tenant_id, *named), what=what, body=device_body(attributes)
            )
        except Invalid as error:
            raise at_id(error, "device-id", device_id, session.peer.profile.device_id) from None
        except Denied as error:
            if session.peer.profile.json_errors:
                raise
            # 1.1 has one reason only to refuse a new device, and no words for it (hono 3.5)
            raise LimitReached(error.message, hint="1.1 keeps 100 devices if not told.") from None
        self._lists.clear()
        made = new_id(device_id, answer.json(what) if answer.body else None, what)
        return await self._saved(tenant_id, made, attributes, answer.etag)

    async def update(
        self, tenant_id: str, device_id: str, attributes: DeviceAttributes, *, expected: str | None
    ) -> Device:
        """As DevicesPort."""
        version = await self._version(tenant_id, device_id, expected, to_change=True)
        etag = await self._write("PUT", tenant_id, device_id, version, device_body(attributes))
        self._session.moved("credentials", tenant_id, device_id, version or "", etag)
        return await self._saved(tenant_id, device_id, attributes, etag)

    async def delete(self, tenant_id: str, device_id: str, *, expected: str | None) -> None:
        """As DevicesPort."""
        version = await self._version(tenant_id, device_id, expected, to_change=False)
        await self._write("DELETE", tenant_id, device_id, version, None)
        self._session.known.forget_device(tenant_id, device_id)
        self._session.known.save()

    async def delete_all(self, tenant_id: str) -> int:
        """As DevicesPort; the number is that of just before. Raises Unsupported where it is not."""
        total = 0
        if self._session.peer.lists_devices:
            total = await device_total(self._session, tenant_id)
        what = f"all devices of tenant {tenant_id}"
        await self._session.send("DELETE", ("devices", tenant_id), what=what)
        self._lists.clear()
        return total

    async def _write(
        self,
        method: str,
        tenant_id: str,
        device_id: str,
        version: str | None,
        body: JsonObject | None,
    ) -> str:
        """The new version. Raises VersionMismatch with what is there now."""
        self._lists.clear()
        try:
            answer = await self._session.send(
                method,
                ("devices", tenant_id, device_id),
                what=device_named(tenant_id, device_id),
                body=body,
                expected=version,
            )
        except VersionMismatch as error:
            current = await self.get(tenant_id, device_id)
            raise VersionMismatch(error.message, current=current, hint=error.hint) from None
        return answer.etag

    async def _version(
        self, tenant_id: str, device_id: str, expected: str | None, *, to_change: bool
    ) -> str | None:
        """The ETag to name: that of a list's row is learned by reading, and comparing with it."""
        if expected is None:
            return None
        if not expected.startswith(SEEN):
            latest = self._session.latest("device", tenant_id, device_id, expected)
            if latest == expected:
                return expected
            # only where both parts share a version did our write to the other move this one
            current = await self.get(tenant_id, device_id)
            return latest if current.version == latest else expected
        current, etag = await self._current(tenant_id, device_id, to_change=to_change)
        if content_version(device_body(current.attributes)) != expected:
            raise VersionMismatch(
                f"Device {device_id} is not as the list shows it any more.", current=current
            )
        return known_version(etag)

    async def _current(
        self, tenant_id: str, device_id: str, *, to_change: bool
    ) -> tuple[Device, str]:
        """What is there, and its version; what cannot be read whole can be deleted only."""
        try:
            current = await self.get(tenant_id, device_id)
        except NotWhole as error:
            if to_change or not isinstance(error.rest, Device):
                raise
            return error.rest, error.etag
        return current, current.version

    async def _saved(
        self, tenant_id: str, device_id: str, sent: DeviceAttributes, etag: str
    ) -> Device:
        """What is there after a write; the peer's own times are read where it keeps any."""
        if self._session.peer.profile.device_status:
            try:
                saved = await self.get(tenant_id, device_id)
            except RegistryError:
                pass  # it was written all the same
            else:
                if saved.version == etag or not etag:
                    return saved
        self._session.known.add_devices(tenant_id, [device_id])
        self._session.known.save()
        return device_of(tenant_id, device_id, device_body(sent), etag)
