"""Identities as an Identity Service answers them, and its device's provisioning (identityd 2)."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from registry_backend.domain.certificates import CertificateFacts
from registry_backend.domain.document import JsonObject, Value

IdentityKind = Literal["aziot", "local"]
"""aziot: a device or module of the hub. local: a certificate of the service's own authority."""


class Identity(Value):
    """One identity. A device's has no `module_id`; a list's entries have no `auth_type`."""

    kind: IdentityKind
    module_id: str | None = None
    device_id: str | None = None
    hub_name: str | None = None
    gateway_host: str | None = None
    generation_id: str | None = None
    auth_type: str | None = None
    """`sas`, `x509` or `tpm` of the hub's; None where the answer has none."""
    key_handle: str | None = Field(default=None, repr=False)
    """Opaque, and signed: never shown unasked."""
    certificate_id: str | None = None
    certificate: str | None = None
    """PEM, of a local identity."""
    certificate_facts: CertificateFacts | None = None
    """What the certificate says, where somebody decoded it."""
    private_key: str | None = Field(default=None, repr=False)
    """PKCS#8 PEM, of a local identity: never shown unasked."""
    expires_at: datetime | None = None


class Provisioning(Value):
    """How the device came, or comes, to its hub."""

    source: str
    """`manual`, `dps` or `none`."""
    members: JsonObject = Field(default_factory=dict)
    """Everything else that the service says of it, as it says it."""
