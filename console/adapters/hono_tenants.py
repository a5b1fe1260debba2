"""Tenants of a remote Hono."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Any

from console.adapters.hono_bodies import NotWhole, content_version, tenant_body, tenant_of
from console.adapters.hono_filters import FOR_TENANTS, asked, complete, tenant_test
from console.adapters.hono_lists import CheckedList, HeldLists, RemoteList
from console.adapters.hono_paging import KnownRows, RowList, Walk, page_of
from console.adapters.hono_results import (
    at_id,
    device_total,
    known_version,
    new_id,
    read_each,
)
from console.adapters.hono_session import HonoSession
from console.adapters.ports.lists import ListAbilities
from console.adapters.rest_versions import SEEN
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import (
    FieldProblem,
    Invalid,
    NotFound,
    RegistryError,
    VersionMismatch,
)
from registry_backend.domain.query import Count, Page, PageRequest, TenantQuery
from registry_backend.domain.tenants import Tenant, TenantAttributes, TenantUsage

_FILTERS = FOR_TENANTS - {"id_patterns", "attributes"}
_ANCHOR_NEEDS = ("subject-dn", "public-key", "not-before", "not-after")
"""Of a trust anchor without a certificate (hono 2.3)."""


class HonoTenants:
    """Tenants of a remote Hono."""

    def __init__(self, session: HonoSession) -> None:
        self.abilities = ListAbilities(filters=_FILTERS)
        self._session = session
        self._lists: HeldLists[Tenant] = HeldLists(monotonic)

    def learned(self) -> None:
        """Offer what the peer turned out to have."""
        self._lists.clear()
        self.abilities = ListAbilities(can_list=self._session.peer.lists_tenants, filters=_FILTERS)

    async def page(self, query: TenantQuery, request: PageRequest) -> Page[Tenant]:
        """As TenantsPort."""
        await self._look_for(query)
        return await page_of(self._list(query, request), request)

    async def count(self, query: TenantQuery) -> Count:
        """As TenantsPort."""
        return await self._list(query, None).count()

    def _list(self, query: TenantQuery, request: PageRequest | None) -> RowList[Tenant]:
        return self._lists.get(query, request, lambda: self._make_list(query))

    def _make_list(self, query: TenantQuery) -> RowList[Tenant]:
        fits = tenant_test(query)

        def passes(tenant: Tenant) -> bool:
            return fits(tenant.tenant_id, tenant.attributes)

        if not self._session.peer.lists_tenants:
            known = KnownRows(self._session.known.tenants, self._fetch, lambda t: t.tenant_id)
            return known if query == TenantQuery() else Walk(known, passes, self._session.tell)

        def open_list(parameters: tuple[tuple[str, str], ...]) -> RemoteList[Tenant]:
            return RemoteList(
                self._session,
                ("tenants",),
                parameters,
                _row,
                what="the list of tenants",
                on_empty=_nothing,
            )

        return CheckedList(self._session, open_list, asked(query), passes, complete=complete(query))

    async def _look_for(self, query: TenantQuery) -> None:
        """Where nothing can be listed, a whole id that is typed as a filter opens that tenant."""
        if not self._session.peer.lists_tenants and query.id_contains:
            await self._fetch([max(query.id_contains, key=len)])

    async def _fetch(self, tenant_ids: Sequence[str]) -> Sequence[Tenant]:
        return await read_each(tenant_ids, self.get, self._session.tell)

    async def get(self, tenant_id: str) -> Tenant:
        """As TenantsPort."""
        known = self._session.known
        try:
            answer = await self._session.send("GET", ("tenants", tenant_id), what=_named(tenant_id))
        except NotFound:
            known.forget_tenant(tenant_id)
            known.save()
            raise
        known.add_tenant(tenant_id)
        known.save()
        return tenant_of(tenant_id, answer.json(_named(tenant_id)), answer.etag)

    async def create(self, tenant_id: str | None, attributes: TenantAttributes) -> Tenant:
        """As TenantsPort."""
        check_anchors(attributes)
        path = ("tenants",) if tenant_id is None else ("tenants", tenant_id)
        what = _named(tenant_id) if tenant_id is not None else "a new tenant"
        try:
            answer = await self._session.send("POST", path, what=what, body=tenant_body(attributes))
        except Invalid as error:
            pattern = self._session.peer.profile.tenant_id
            raise at_id(error, "tenant-id", tenant_id, pattern) from None
        self._lists.clear()
        made = new_id(tenant_id, answer.json(what) if answer.body else None, what)
        return await self._saved(made, attributes, answer.etag)

    async def update(
        self, tenant_id: str, attributes: TenantAttributes, *, expected: str | None
    ) -> Tenant:
        """As TenantsPort."""
        check_anchors(attributes)
        body = tenant_body(attributes)
        version = await self._version(tenant_id, expected, body)
        answer = await self._write("PUT", tenant_id, version, body)
        return await self._saved(tenant_id, attributes, answer)

    async def delete(self, tenant_id: str, *, expected: str | None) -> None:
        """As TenantsPort."""
        await self._write("DELETE", tenant_id, await self._version(tenant_id, expected, None), None)
        self._session.known.forget_tenant(tenant_id)
        self._session.known.save()

    async def usage(self, tenant_id: str) -> TenantUsage:
        """As TenantsPort; no Hono counts credentials, and only what lists devices counts those."""
        listed = self._session.peer.lists_devices
        devices = await device_total(self._session, tenant_id) if listed else None
        return TenantUsage(devices=devices, credentials=None)

    async def _write(
        self, method: str, tenant_id: str, version: str | None, body: JsonObject | None
    ) -> str:
        """The new version. Raises VersionMismatch with what is there now."""
        self._lists.clear()
        try:
            answer = await self._session.send(
                method, ("tenants", tenant_id), what=_named(tenant_id), body=body, expected=version
            )
        except VersionMismatch as error:
            current = await self.get(tenant_id)
            raise VersionMismatch(error.message, current=current, hint=error.hint) from None
        return answer.etag

    async def _version(
        self, tenant_id: str, expected: str | None, body: JsonObject | None
    ) -> str | None:
        """The ETag to name: that of a list's row is learned by reading, and comparing with it.

        Lists of some peers lack trust anchors (hono 2.3): a body that does not speak of them
        keeps them, and one that does must be decided on beside them.
        """
        if expected is None or not expected.startswith(SEEN):
            return expected
        current, etag = await self._current(tenant_id, to_change=body is not None)
        whole = tenant_body(current.attributes)
        if content_version(whole) == expected:
            return known_version(etag)
        anchors = whole.pop("trusted-ca", None)
        if anchors and content_version(whole) == expected and "trusted-ca" not in (body or {}):
            if body is not None:
                body["trusted-ca"] = anchors
            return known_version(etag)
        raise VersionMismatch(
            f"Tenant {tenant_id} is not as the list shows it any more.", current=current
        )

    async def _current(self, tenant_id: str, *, to_change: bool) -> tuple[Tenant, str]:
        """What is there, and its version; what cannot be read whole can be deleted only."""
        try:
            current = await self.get(tenant_id)
        except NotWhole as error:
            if to_change or not isinstance(error.rest, Tenant):
                raise
            return error.rest, error.etag
        return current, current.version

    async def _saved(self, tenant_id: str, sent: TenantAttributes, etag: str) -> Tenant:
        """What is there after a write; what the peer made of it is read where that works."""
        try:
            return await self.get(tenant_id)
        except RegistryError:
            return tenant_of(tenant_id, tenant_body(sent), etag)


def _row(tenant_id: str, item: Any) -> Tenant:
    return tenant_of(tenant_id, item, "")


def _named(tenant_id: str) -> str:
    return f"tenant {tenant_id}"


async def _nothing() -> None:
    """An empty list of tenants needs no explanation."""


def check_anchors(attributes: TenantAttributes) -> None:
    """Say what a trust anchor lacks: a Hono only says that something is wrong (hono 2.3).

    Raises:
        Invalid: naming each missing member.
    """
    problems = []
    for index, anchor in enumerate(attributes.trusted_ca):
        given = anchor.to_json()
        missing = [] if given.get("cert") else [n for n in _ANCHOR_NEEDS if not given.get(n)]
        problems += [
            FieldProblem(f"trusted-ca[{index}].{name}", "must be given where there is no cert")
            for name in missing
        ]
    if problems:
        raise Invalid(problems=problems)
