"""Credentials: one set per device, whatever API wrote it (hono 2.5, 3.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from pydantic import (
    ConfigDict,
    Field,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from registry_backend.domain.document import AS_FOUND, Document, JsonObject, Value
from registry_backend.domain.errors import Invalid, broken_rule
from registry_backend.domain.timestamps import OptionalTimestamp

HASHED_PASSWORD = "hashed-password"  # noqa: S105 - a protocol's word, no password
PSK = "psk"
X509 = "x509-cert"
RPK = "rpk"
X509_THUMBPRINT = "x509-thumbprint"


def _theirs(name: str) -> Any:
    """A field that no member of a document fills, and that is written nowhere."""
    return Field(default=None, alias=f"\x00{name}", exclude=True, repr=False)


KNOWN_TYPES = frozenset({HASHED_PASSWORD, PSK, X509, RPK, X509_THUMBPRINT})
"""Types whose secrets have members that a registry understands."""


@dataclass(frozen=True, slots=True)
class CredentialRules:
    """What a protocol asks of credentials beyond the form of their secrets.

    Args:
        patterns: Whether auth-ids of passwords, and types, are made of some characters only
            (hono 2.1).
        raw_keys: Whether `rpk` is a type that the registry understands (hono 2.5).
    """

    patterns: bool = True
    raw_keys: bool = True


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


class OtherSecret(Secret):
    """A secret of a type that only its writers know: but for the common members all are theirs.

    What stands under the name of a member of another type is carried along as it came, so that
    the fields of that member stay None here (hono 2.5).
    """

    model_config = ConfigDict(populate_by_name=False)

    hash_function: str | None = _theirs("hash-function")
    pwd_hash: str | None = _theirs("pwd-hash")
    salt: str | None = _theirs("salt")
    pwd_plain: str | None = _theirs("pwd-plain")
    key: str | None = _theirs("key")
    algorithm: str | None = _theirs("algorithm")
    cert: str | None = _theirs("cert")

    def __repr_args__(self) -> Any:
        """Nobody knows which of their members are secret."""
        common = ("id", "enabled", "not_before", "not_after", "comment")
        return [(name, getattr(self, name)) for name in common]


class Credential(Document):
    """What one authentication identity of a device is checked against."""

    type: str = Field(min_length=1)
    auth_id: str = Field(min_length=1, alias="auth-id")
    enabled: bool = True
    comment: str | None = None
    ext: JsonObject = Field(default_factory=dict)
    secrets: tuple[SerializeAsAny[Secret], ...] = ()
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

    @model_validator(mode="before")
    @classmethod
    def _secrets_of_other_types(cls, members: Any, info: ValidationInfo) -> Any:
        """Their members are nobody's but their writers' (hono 2.5)."""
        if not isinstance(members, dict):
            return members
        kind, secrets = members.get("type"), members.get("secrets")
        if not isinstance(kind, str) or kind in KNOWN_TYPES or not isinstance(secrets, list):
            return members
        read = [_other_secret(each, place, info) for place, each in enumerate(secrets)]
        return {**members, "secrets": read}

    @property
    def expires_at(self) -> datetime | None:
        """When the last enabled secret ends; None when one of them never does."""
        ends = [secret.not_after for secret in self.secrets if secret.enabled]
        return max(end for end in ends if end) if ends and all(ends) else None


def _other_secret(value: Any, place: int, info: ValidationInfo) -> Any:
    if not isinstance(value, dict):
        return value  # judged as any other secret
    try:
        return OtherSecret.model_validate(value, context=info.context)
    except ValidationError as error:
        first = Invalid.from_validation(error).problems[0]
        raise broken_rule(first.problem, "secrets", place, first.field) from None


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
