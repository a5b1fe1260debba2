"""Credentials: one set per device, whatever API wrote it (hono 2.5, 3.6)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from pydantic import Field, ValidationInfo, model_validator

from registry_backend.domain.document import AS_FOUND, Document, JsonObject, Value
from registry_backend.domain.errors import broken_rule
from registry_backend.domain.timestamps import OptionalTimestamp

HASHED_PASSWORD = "hashed-password"  # noqa: S105 - a protocol's word, no password
PSK = "psk"
X509 = "x509-cert"
RPK = "rpk"
X509_THUMBPRINT = "x509-thumbprint"


class Secret(Document):
    """One secret of a credential; which members matter depends on the credential's type.

    Unknown members are carried along: generic credential types put theirs here.
    """

    id: str | None = None
    """Given by the registry; names the secret in later writes (hono 3.6)."""
    enabled: bool = True
    not_before: OptionalTimestamp = Field(default=None, alias="not-before")
    not_after: OptionalTimestamp = Field(default=None, alias="not-after")
    comment: str | None = None
    hash_function: str | None = Field(default=None, alias="hash-function")
    pwd_hash: str | None = Field(default=None, repr=False, alias="pwd-hash")
    salt: str | None = Field(default=None, repr=False)
    pwd_plain: str | None = Field(default=None, repr=False, alias="pwd-plain")
    """Write-only: hashed at once, never stored."""
    key: str | None = Field(default=None, repr=False)
    """base64: the shared key of a psk, the DER public key of an rpk."""
    algorithm: str | None = None
    cert: str | None = Field(default=None, repr=False)
    """Write-only (rpk): base64 DER; the other members are derived from it."""

    @model_validator(mode="after")
    def _validity_runs_forward(self, info: ValidationInfo) -> Self:
        if info.context == AS_FOUND:
            return self
        if self.not_before and self.not_after and self.not_before > self.not_after:
            raise broken_rule("is later than not-after", "not-before")
        return self

    def __repr_args__(self) -> Any:
        """Members carried along may be secret too, so a repr names them without values."""
        known = set(type(self).model_fields)
        return [(name, value) for name, value in super().__repr_args__() if name in known]


class Credential(Document):
    """What one authentication identity of a device is checked against."""

    type: str = Field(min_length=1)
    auth_id: str = Field(min_length=1, alias="auth-id")
    enabled: bool = True
    comment: str | None = None
    ext: JsonObject = Field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()
    cert: str | None = Field(default=None, repr=False)
    """Write-only (x509-cert): base64 DER; auth-id and validity are taken from it."""

    @model_validator(mode="before")
    @classmethod
    def _cert_stands_for_auth_id(cls, members: Any) -> Any:
        """With a certificate the auth-id need not be given (hono 2.5)."""
        if not isinstance(members, dict) or not members.get("cert"):
            return members
        if members.get("auth-id") is None and members.get("auth_id") is None:
            rest = {name: value for name, value in members.items() if name != "auth_id"}
            return {**rest, "auth-id": "(from certificate)"}
        return members

    @property
    def expires_at(self) -> datetime | None:
        """When the last enabled secret ends; None when one of them never does."""
        ends = [secret.not_after for secret in self.secrets if secret.enabled]
        return max(end for end in ends if end) if ends and all(ends) else None


class CredentialSet(Value):
    """All credentials of one device, with a version of their own (hono 3.1)."""

    tenant_id: str
    device_id: str
    credentials: tuple[Credential, ...]
    version: str
    revision: int = 0

    def find(self, credential_type: str, auth_id: str) -> Credential | None:
        """The credential of that type and auth-id."""
        for credential in self.credentials:
            if (credential.type, credential.auth_id) == (credential_type, auth_id):
                return credential
        return None


class CredentialRow(Value):
    """One credential in a tenant-wide list: where it belongs, and nothing secret."""

    tenant_id: str
    device_id: str
    type: str
    auth_id: str
    enabled: bool
    expires_at: datetime | None = None
