"""How a remote hub's devices connect: their strings and tokens, made on demand (iothub 7)."""

from __future__ import annotations

import re
import time

from console.adapters.iothub_address import device_resource
from console.adapters.iothub_credentials import PRIMARY, SECONDARY, credentials_of
from console.adapters.iothub_devices import read_device
from console.adapters.iothub_session import HubSession
from registry_backend.domain.credentials import PSK
from registry_backend.domain.errors import Invalid
from registry_backend.wire.connection_strings import DeviceConnection, format_device
from registry_backend.wire.sas import make_token

MOST_MINUTES = 366 * 24 * 60


class HubConnections:
    """Connection strings and tokens of a remote hub's devices."""

    def __init__(self, session: HubSession) -> None:
        self._session = session

    async def connection_string(self, tenant_id: str, device_id: str, *, secondary: bool) -> str:
        """As ConnectionsPort."""
        key = await self._key(tenant_id, device_id, secondary=secondary)
        host = re.sub(r":\d+$", "", self._session.hub.host_name)
        return format_device(DeviceConnection(host, device_id, key))

    async def sas_token(
        self, tenant_id: str, device_id: str, *, minutes: int, secondary: bool
    ) -> str:
        """As ConnectionsPort."""
        if not 1 <= minutes <= MOST_MINUTES:
            raise Invalid.at("minutes", f"must be 1 to {MOST_MINUTES:,}")
        key = await self._key(tenant_id, device_id, secondary=secondary)
        expires = int(time.time()) + minutes * 60
        return make_token(device_resource(self._session.hub, device_id), key, expires=expires)

    async def _key(self, tenant_id: str, device_id: str, *, secondary: bool) -> str:
        self._session.check_tenant(tenant_id)
        stored = credentials_of(tenant_id, await read_device(self._session, device_id))
        keys = stored.find(PSK, device_id)
        found = {each.id: each.key for each in keys.secrets if each.key} if keys else {}
        if not found:
            raise Invalid(
                f"Device {device_id} has no keys: it proves itself with a certificate.",
                hint="Configure the device with its certificate instead.",
            )
        name = SECONDARY if secondary else PRIMARY
        if name not in found:
            raise Invalid(f"Device {device_id} has no {name} key.", hint="Choose the other key.")
        return found[name]
