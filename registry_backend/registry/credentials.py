"""Credentials: read and replace a device's set (hono 2.5, 3.5, 3.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from registry_backend.domain.credentials import (
    KNOWN_TYPES,
    Credential,
    CredentialRow,
    CredentialRules,
    CredentialSet,
    Secret,
)
from registry_backend.domain.document import JsonObject, check_depth, compact_json
from registry_backend.domain.errors import AlreadyExists, Invalid, LimitReached
from registry_backend.domain.journal import Actor
from registry_backend.domain.query import Count, Page, PageRequest
from registry_backend.domain.secrets import SECRET_MEMBERS, fingerprint, hash_password
from registry_backend.domain.timestamps import now
from registry_backend.registry.credential_rules import USUAL_RULES, prepare_credentials
from registry_backend.registry.device_rules import ensure_device, no_device
from registry_backend.registry.owners import MissingOwner
from registry_backend.registry.recording import (
    change_of,
    changed_elsewhere,
    check_tenant,
    check_version,
    record,
    require_tenant,
)
from registry_backend.registry.secret_merge import merge_credentials
from registry_backend.registry.settings import UNLIMITED, RegistrySettings
from registry_backend.storage.base import Snapshot, Store, Transaction

_COMMON_MEMBERS = frozenset({"id", "enabled", "not-before", "not-after", "comment"})
_OPEN_MEMBERS = _COMMON_MEMBERS | {"hash-function", "algorithm"}
"""Members of a secret that the journal shows; any other may be what it is checked against."""

_HASHED_AT_ONCE = 2
"""Sets of passwords; more would keep every thread from jobs and files for seconds."""


class CredentialUseCases:
    """Credentials: one set per device."""

    def __init__(self, store: Store, settings: RegistrySettings) -> None:
        self._store = store
        self._settings = settings
        self._hashing = asyncio.Semaphore(_HASHED_AT_ONCE)

    async def get(self, tenant_id: str, device_id: str) -> CredentialSet:
        """The stored set, hashes and keys included. Raises NotFound (tenant or device)."""
        return await self._store.read_point(
            lambda snapshot: get_credentials(snapshot, tenant_id, device_id)
        )

    async def replace(
        self,
        tenant_id: str,
        device_id: str,
        credentials: Sequence[Credential],
        *,
        expected: str | None,
        actor: Actor,
        missing: MissingOwner = MissingOwner.REFUSE,
        rules: CredentialRules = USUAL_RULES,
    ) -> CredentialSet:
        """Replace the set; secrets with an id and no material keep what is stored (hono 3.6).

        Raises NotFound, VersionMismatch, AlreadyExists, LimitReached, Invalid.
        """
        for index, credential in enumerate(credentials):
            check_depth(credential, field=f"[{index}]")
        try:
            prepared = prepare_credentials(credentials, self._settings, rules)
        except Invalid:
            # A missing tenant and a passed limit are told first (hono 3.6, order of checks).
            if missing is MissingOwner.REFUSE:
                await self._store.read(
                    lambda snapshot: _check_tenant(snapshot, tenant_id, len(credentials))
                )
            raise
        hashed = await self._hashed(prepared)
        default_limit = self._settings.max_devices_per_tenant

        def work(transaction: Transaction) -> CredentialSet:
            if missing is MissingOwner.CREATE:
                ensure_device(
                    transaction, tenant_id, device_id, default_limit=default_limit, actor=actor
                )
            return replace_credentials(
                transaction, tenant_id, device_id, hashed, expected=expected, actor=actor
            )

        return await self._store.write(work)

    async def page(
        self,
        tenant_id: str,
        *,
        expires_before: datetime | None = None,
        request: PageRequest,
    ) -> Page[CredentialRow]:
        """Credentials of the whole tenant: those ending before a time, soonest first, or all."""

        def work(snapshot: Snapshot) -> Page[CredentialRow]:
            check_tenant(snapshot, tenant_id)
            return snapshot.page_credentials(
                tenant_id, expires_before=expires_before, request=request
            )

        return await self._store.read(work)

    async def count(self, tenant_id: str) -> Count:
        """How many credentials the tenant has. Raises NotFound (tenant)."""

        def work(snapshot: Snapshot) -> Count:
            check_tenant(snapshot, tenant_id)
            return snapshot.count_credentials(tenant_id)

        return await self._store.read(work)

    async def _hashed(self, credentials: tuple[Credential, ...]) -> tuple[Credential, ...]:
        """Hash on a thread and before any transaction, because bcrypt is slow on purpose."""
        if not any(s.pwd_plain is not None for c in credentials for s in c.secrets):
            return credentials
        cost = self._settings.bcrypt_cost
        async with self._hashing:
            return await asyncio.to_thread(hash_passwords, credentials, cost=cost)


def hash_passwords(credentials: Sequence[Credential], *, cost: int) -> tuple[Credential, ...]:
    """The credentials with each plain password replaced by its hash. Blocks."""
    return tuple(
        credential.model_copy(
            update={"secrets": tuple(_hashed_secret(s, cost) for s in credential.secrets)}
        )
        for credential in credentials
    )


def get_credentials(snapshot: Snapshot, tenant_id: str, device_id: str) -> CredentialSet:
    """The set of a device. Raises NotFound (tenant or device)."""
    check_tenant(snapshot, tenant_id)
    stored = snapshot.get_credentials(tenant_id, device_id)
    if stored is None:
        raise no_device(tenant_id, device_id)
    return stored


def replace_credentials(
    transaction: Transaction,
    tenant_id: str,
    device_id: str,
    credentials: Sequence[Credential],
    *,
    expected: str | None,
    actor: Actor,
) -> CredentialSet:
    """Replace the set with credentials that were prepared and hashed."""
    _check_tenant(transaction, tenant_id, len(credentials))
    stored = get_credentials(transaction, tenant_id, device_id)
    what = f"The credentials of device {device_id!r} of tenant {tenant_id!r}"
    check_version(expected, stored, what)
    merged = merge_credentials(credentials, stored)
    _check_ownership(transaction, stored, merged)
    update = {
        "credentials": merged,
        "version": str(uuid4()),
        "revision": stored.revision + 1,
    }
    saved = stored.model_copy(update=update)
    if not transaction.put_credentials(saved, expected=stored.version):
        raise changed_elsewhere(what, transaction.get_credentials(tenant_id, device_id))
    change = change_of("credentials", "updated", tenant_id, device_id)
    before, after = journal_form(stored.credentials), journal_form(merged)
    record(transaction, actor, change, at=now(), before=before, after=after)
    return saved


def journal_form(credentials: Sequence[Credential]) -> JsonObject:
    """The credentials for the journal, which redacts the secrets it knows by name.

    Members that only a generic type knows become fingerprints here.
    """
    documents = [credential.to_json() for credential in credentials]
    for document in documents:
        shown = _OPEN_MEMBERS if document["type"] in KNOWN_TYPES else _COMMON_MEMBERS
        document["secrets"] = [_veiled(secret, shown) for secret in document.get("secrets", [])]
    return {"credentials": documents}


def _veiled(secret: JsonObject, shown: frozenset[str]) -> JsonObject:
    return {
        name: value if name in shown or name in SECRET_MEMBERS else fingerprint(compact_json(value))
        for name, value in secret.items()
    }


def _hashed_secret(secret: Secret, cost: int) -> Secret:
    if secret.pwd_plain is None:
        return secret
    pwd_hash = hash_password(secret.pwd_plain, cost=cost)
    return secret.without("pwd_plain", "salt").model_copy(
        update={"hash_function": "bcrypt", "pwd_hash": pwd_hash}
    )


def _check_tenant(snapshot: Snapshot, tenant_id: str, wanted: int) -> None:
    """Refuse a missing tenant, and more credentials than it allows a device (hono 3.5)."""
    tenant = require_tenant(snapshot, tenant_id)
    limits = tenant.attributes.registration_limits
    limit = limits.max_credentials_per_device if limits else UNLIMITED
    if limit != UNLIMITED and wanted > limit:
        raise LimitReached(
            f"configured credentials limit exceeded [tenant-id: {tenant.tenant_id}, "
            f"max credentials per device: {limit}, in the request: {wanted}]",
            hint="Send fewer credentials, or raise the tenant's registration-limits.",
        )


def _check_ownership(
    snapshot: Snapshot, stored: CredentialSet, credentials: Sequence[Credential]
) -> None:
    """(type, auth-id) names one device of the tenant (hono 3.6)."""
    for index, credential in enumerate(credentials):
        if stored.find(credential.type, credential.auth_id):
            continue
        owner = snapshot.owner_of(stored.tenant_id, credential.type, credential.auth_id)
        if owner is not None and owner != stored.device_id:
            raise AlreadyExists(
                f"[{index}].auth-id: {credential.auth_id!r} of type {credential.type} belongs to "
                f"device {owner!r} of tenant {stored.tenant_id!r} already.",
                hint="Choose another auth-id, or remove that credential from the other device.",
            )
