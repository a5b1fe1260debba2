"""How a remote hub's devices connect: their strings and tokens, made on demand (iothub 7)."""

from __future__ import annotations

import re
import time

from console.adapters.iothub_address import device_resource
from console.adapters.iothub_bodies import AUTHORITY
from console.adapters.iothub_credentials import PRIMARY, SECONDARY, credentials_of
from console.adapters.iothub_devices import read_device
from console.adapters.iothub_session import HubSession
from console.adapters.ports.connections import MOST_MINUTES
from registry_backend.domain.credentials import PSK, X509_THUMBPRINT, CredentialSet
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid
from registry_backend.wire.connection_strings import DeviceConnection, format_device
from registry_backend.wire.sas import make_token


class HubConnections:
    """Connection strings and tokens of a remote hub's devices."""

    def __init__(self, session: HubSession) -> None:
        self._session = session

    async def connection_string(self, tenant_id: str, device_id: str, *, secondary: bool) -> str:
        """As ConnectionsPort."""
        shown = await self._shown(tenant_id, device_id)
        stored = credentials_of(tenant_id, shown)
        host = re.sub(r":\d+$", "", self._session.hub.host_name)
        if _has_certificate(shown, stored):
            return format_device(DeviceConnection(host, device_id, x509=True))
        key = _key_of(stored, secondary=secondary)
        return format_device(DeviceConnection(host, device_id, key))

    async def sas_token(
        self, tenant_id: str, device_id: str, *, minutes: int, secondary: bool
    ) -> str:
        """As ConnectionsPort."""
        if not 1 <= minutes <= MOST_MINUTES:
            raise Invalid.at("minutes", f"must be 1 to {MOST_MINUTES:,}")
        stored = credentials_of(tenant_id, await self._shown(tenant_id, device_id))
        key = _key_of(stored, secondary=secondary)
        expires = int(time.time()) + minutes * 60
        return make_token(device_resource(self._session.hub, device_id), key, expires=expires)

    async def _shown(self, tenant_id: str, device_id: str) -> JsonObject:
        self._session.check_tenant(tenant_id)
        return await read_device(self._session, device_id)


def _has_certificate(shown: JsonObject, stored: CredentialSet) -> bool:
    """Whether the device proves itself with a certificate, its own or an authority's."""
    kind = (shown.get("authentication") or {}).get("type")
    return kind == AUTHORITY or any(each.type == X509_THUMBPRINT for each in stored.credentials)


def _key_of(stored: CredentialSet, *, secondary: bool) -> str:
    device_id = stored.device_id
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
