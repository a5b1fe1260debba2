"""Credentials as tables read them: of one device, and those of a tenant that end soon."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from console.adapters.ports.credentials import CredentialsPort
from console.render.credentials import CredentialEntry, entries_of, validity_cell
from registry_backend.domain.credentials import CredentialRow
from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import Count, Cursor, Page, PageRequest

MOST_COUNTED = 5_000
"""Ends counted one by one; beyond that the number is a lower bound."""


@dataclass(frozen=True, slots=True)
class EndingSource:
    """A tenant's credentials that end before a time, soonest first."""

    port: CredentialsPort
    tenant_id: str
    before: datetime

    async def page(self, request: PageRequest) -> Page[CredentialRow]:
        """A stretch of the list."""
        return await self.port.page(self.tenant_id, expires_before=self.before, request=request)

    async def count(self) -> Count:
        """How many there are, counted by walking."""
        start: Cursor | None = None
        counted = 0
        while counted < MOST_COUNTED:
            page = await self.page(PageRequest(start=start, limit=1_000))
            counted += len(page.rows)
            if not page.more or not page.cursors:
                return Count(counted)
            start = page.cursors[-1]
        return Count(counted, exact=False)

    async def position(self, key: str) -> int | None:
        """Not known: the list is read from its beginning."""
        del key
        return None

    def key(self, row: CredentialRow) -> str:
        """Device, type and auth-id."""
        return f"{row.device_id} {row.type} {row.auth_id}"


async def read_entries(
    port: CredentialsPort, tenant_id: str, device_id: str
) -> tuple[CredentialEntry, ...]:
    """All credentials of a device. Raises NotFound."""
    return entries_of(await port.get(tenant_id, device_id))


Test = Callable[[CredentialEntry], bool]
OF_DEVICES = re.compile(r"(via|gateway|has|enabled|ext\.[^:]*):|expires<")
"""How conditions begin that only the filter of devices knows; other colons may be in an auth-id."""


def parse_credential_filter(text: str, now: datetime) -> Test:
    """What rows a filter lets through; every word must hold.

    Raises:
        Invalid: for a condition that only devices have, such as `via:gw`.
    """
    tests = [_test_of(word, now) for word in text.split()]
    return lambda entry: all(test(entry) for test in tests)


def _test_of(word: str, now: datetime) -> Test:
    if word in ("enabled", "disabled"):
        return lambda entry: entry.credential.enabled == (word == "enabled")
    if word == "expired":
        return lambda entry: validity_cell(entry, now)[1] == "bad"
    if word == "expiring":
        return lambda entry: validity_cell(entry, now)[0].startswith("▲")
    if condition := OF_DEVICES.match(word):
        raise Invalid(
            f"{condition[0]} finds devices; credentials are found by type, part of the auth-id, "
            "enabled, disabled, expired or expiring."
        )
    return lambda entry: word in entry.key
