"""From settings to a device and its hub, and what is told of that (identityd 1.3, 2, 5.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from registry_backend.domain.document import JsonObject, parse_json
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.identifiers import HONO_TENANT_ID
from registry_backend.domain.identities import Identity, Provisioning
from registry_backend.identityd.addresses import normal_url, scheme_of
from registry_backend.identityd.behaviour_errors import BadParameter, ProvisioningFailed
from registry_backend.identityd.behaviour_keys import ServiceKeys
from registry_backend.identityd.behaviour_state import DeviceInfo
from registry_backend.identityd.dps import NOT_NESTED, common_name, no_payload_at
from registry_backend.identityd.files import read_file
from registry_backend.identityd.settings import (
    Attestation,
    DpsProvisioning,
    ManualProvisioning,
    NoProvisioning,
    SasAuthentication,
    Settings,
    X509Authentication,
)

HUB_SUFFIX = ".azure-devices.net"
_HUB = re.compile(rf"({HONO_TENANT_ID.pattern})\.azure-devices\.net", re.IGNORECASE)


@dataclass(frozen=True)
class ProvisionedDevice:
    """A device with its place in a hub and in the registry."""

    info: DeviceInfo
    tenant_id: str
    auth_type: str
    key_handle: str | None = None
    certificate_id: str | None = None

    @property
    def device_id(self) -> str:
        """Its id, in hub and registry alike."""
        return self.info.device_id

    @cached_property
    def bare(self) -> Identity:
        """The identity without what proves it."""
        hub = self.info.hub_name
        return Identity(
            kind="aziot",
            hub_name=hub,
            gateway_host=self.info.local_gateway_hostname or hub,
            device_id=self.info.device_id,
        )

    @cached_property
    def identity(self) -> Identity:
        """The device's own identity."""
        auth = {
            "auth_type": self.auth_type,
            "key_handle": self.key_handle,
            "certificate_id": self.certificate_id,
        }
        return self.bare.model_copy(update=auth)


def tenant_of_hub(hub_name: str, default_tenant: str) -> str:
    """The tenant that a hub's name means: NAME of NAME.azure-devices.net, or the default one."""
    found = _HUB.fullmatch(hub_name)
    return found[1] if found else default_tenant


def provision(
    settings: Settings, keys: ServiceKeys, *, default_tenant: str
) -> ProvisionedDevice | None:
    """The device of the settings; None where they want no hub.

    The registry stands in for a provisioning service: a device's registration id becomes its id in
    the hub of the default tenant.

    Raises:
        ProvisioningFailed: when a provisioning service could not assign a hub.
    """
    wanted = settings.provisioning
    match wanted:
        case NoProvisioning():
            return None
        case ManualProvisioning():
            info = DeviceInfo(
                wanted.iothub_hostname, wanted.device_id, wanted.local_gateway_hostname
            )
            tenant = tenant_of_hub(wanted.iothub_hostname, default_tenant)
            match wanted.authentication:
                case SasAuthentication(device_id_pk=key):
                    return ProvisionedDevice(info, tenant, "sas", keys.handle(key))
                case X509Authentication(identity_cert=certificate, identity_pk=key):
                    return ProvisionedDevice(info, tenant, "x509", keys.handle(key), certificate)
        case DpsProvisioning():
            return _assign(wanted, keys, default_tenant)


def _assign(wanted: DpsProvisioning, keys: ServiceKeys, tenant: str) -> ProvisionedDevice:
    if wanted.local_gateway_hostname is not None:
        raise ProvisioningFailed(NOT_NESTED)
    attestation = wanted.attestation
    device_id = common_name(attestation.registration_id)
    if not device_id:
        raise ProvisioningFailed(cause="no registration id is known, so no device was assigned")
    info = DeviceInfo(f"{tenant}{HUB_SUFFIX}", device_id)
    match attestation:
        case Attestation(method="symmetric_key", symmetric_key=str(key)):
            return ProvisionedDevice(info, tenant, "sas", keys.handle(key))
        case Attestation(method="x509", identity_cert=certificate, identity_pk=str(key)):
            return ProvisionedDevice(info, tenant, "x509", keys.handle(key), certificate)
        case _:
            return ProvisionedDevice(info, tenant, "tpm")


def provisioning_info(settings: Settings) -> Provisioning:
    """What the service says of where the device comes from; reads the payload's file each time.

    Raises:
        BadParameter: when the payload cannot be read.
    """
    wanted = settings.provisioning
    match wanted:
        case NoProvisioning():
            return Provisioning(source="none")
        case ManualProvisioning():
            is_sas = isinstance(wanted.authentication, SasAuthentication)
            return Provisioning(source="manual", members={"auth": "sas" if is_sas else "x509"})
        case DpsProvisioning():
            members: JsonObject = {
                "auth": wanted.attestation.method,
                "endpoint": normal_url(wanted.global_endpoint) or wanted.global_endpoint,
                "scope_id": wanted.scope_id,
                "registration_id": common_name(wanted.attestation.registration_id),
                "payload": _payload(wanted.payload_uri),
            }
            return Provisioning(source="dps", members=members)


def _payload(uri: str | None) -> Any:
    if uri is None:
        return None
    scheme = scheme_of(uri)
    if scheme != "file":
        raise BadParameter("provisioning.payload", no_payload_at(scheme))
    try:
        data = read_file(Path(unquote(urlsplit(uri).path)), follow_links=True)
        return parse_json(data, what="The payload")
    except RegistryError as error:
        raise BadParameter("provisioning.payload", error.message) from None
    except ValueError as error:  # of an address or a path that cannot be
        raise BadParameter("provisioning.payload", str(error)) from None
