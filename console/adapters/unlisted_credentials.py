"""Credentials of registries that show those of one device only, never a list of all."""

from __future__ import annotations

from datetime import datetime

from registry_backend.domain.credentials import CredentialRow
from registry_backend.domain.errors import Unsupported
from registry_backend.domain.query import Count, Page, PageRequest


class UnlistedCredentials:
    """The half of CredentialsPort that such a registry has no answer to."""

    why: str
    """What is said instead of a list."""

    async def page(
        self, tenant_id: str, *, expires_before: datetime | None, request: PageRequest
    ) -> Page[CredentialRow]:
        """Raises Unsupported."""
        del tenant_id, expires_before, request
        raise Unsupported(self.why, hint="Open a device to see its credentials.")

    async def count(self, tenant_id: str) -> Count:
        """Raises Unsupported."""
        del tenant_id
        raise Unsupported(self.why)
