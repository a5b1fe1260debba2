"""The settings of the Identity Service, typed (identityd 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from registry_backend.domain.principals import Principal

DEFAULT_MAX_REQUESTS = 10
DEFAULT_CLOUD_TIMEOUT = 70
"""In seconds; also the least that the daemon takes."""
DEFAULT_CLOUD_RETRIES = 1

Subject = str | dict[str, str]
"""A common name, or a distinguished name by its parts."""


@dataclass(frozen=True, slots=True)
class SasAuthentication:
    """A manual device that signs with a key of the key service."""

    device_id_pk: str
    """The key's id there, never the key."""


@dataclass(frozen=True, slots=True)
class X509Authentication:
    """A manual device that shows a certificate."""

    identity_cert: str
    identity_pk: str
    csr_subject: Subject | None = None


@dataclass(frozen=True, slots=True)
class ManualProvisioning:
    """A device named in the configuration itself."""

    iothub_hostname: str
    device_id: str
    authentication: SasAuthentication | X509Authentication
    local_gateway_hostname: str | None = None


@dataclass(frozen=True, slots=True)
class AutoRenew:
    """When a device's certificate is renewed."""

    rotate_key: bool
    threshold: str
    retry: str


@dataclass(frozen=True, slots=True)
class Attestation:
    """How a device shows the provisioning service who it is."""

    method: Literal["symmetric_key", "x509", "tpm"]
    registration_id: Subject | None = None
    """Only with `x509` may it be missing, or more than a string."""
    symmetric_key: str | None = None
    """The key's id in the key service."""
    identity_cert: str | None = None
    identity_pk: str | None = None
    identity_auto_renew: AutoRenew | None = None


@dataclass(frozen=True, slots=True)
class DpsProvisioning:
    """A device that asks a provisioning service for its hub."""

    global_endpoint: str
    scope_id: str
    attestation: Attestation
    payload_uri: str | None = None
    local_gateway_hostname: str | None = None


@dataclass(frozen=True, slots=True)
class NoProvisioning:
    """No hub: local identities only."""

    local_gateway_hostname: str | None = None


Provisioning = ManualProvisioning | DpsProvisioning | NoProvisioning


@dataclass(frozen=True, slots=True)
class Settings:
    """All of the merged configuration that the daemon takes notice of."""

    hostname: str
    homedir: Path
    provisioning: Provisioning
    principals: tuple[Principal, ...] = ()
    """In the merged order."""
    localid_domain: str | None = None
    prefer_module_identity_cache: bool = False
    max_requests: int = DEFAULT_MAX_REQUESTS
    """Connections at a time for each uid, in spite of its name."""
    cloud_timeout_sec: int = DEFAULT_CLOUD_TIMEOUT
    cloud_retries: int = DEFAULT_CLOUD_RETRIES
