"""Credentials of devices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from registry_backend.domain.credentials import Credential, CredentialRow, CredentialSet
from registry_backend.domain.query import Count, Page, PageRequest


class CredentialsPort(Protocol):
    """Credentials: one set per device."""

    async def get(self, tenant_id: str, device_id: str) -> CredentialSet:
        """Raises NotFound (tenant or device)."""

    async def replace(
        self,
        tenant_id: str,
        device_id: str,
        credentials: Sequence[Credential],
        *,
        expected: str | None,
    ) -> CredentialSet:
        """Replace the set; secrets with an id and no material keep what is stored (hono 3.6).

        Raises NotFound, VersionMismatch, AlreadyExists, LimitReached, Invalid.
        """

    async def page(
        self, tenant_id: str, *, expires_before: datetime | None, request: PageRequest
    ) -> Page[CredentialRow]:
        """Credentials of the whole tenant: those ending before a time, soonest first, or all."""

    async def count(self, tenant_id: str) -> Count:
        """How many credentials the tenant has."""
