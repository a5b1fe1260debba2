"""`idconsole list`: the same lists as the console's, for scripts and eyes."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from console.adapters.base import RegistryAdapter
from console.commands.boundary import GOOD, UsageFault
from console.commands.output import JsonArray, Table, say
from console.commands.queries import credential_query, tenant_query
from console.commands.session import adapter_for, need, tenant_for, walk
from console.commands.shapes import (
    credential_row_json,
    device_json,
    job_json,
    moment,
    tenant_json,
)
from console.commands.tenants import sole_tenants
from registry_backend.domain.credentials import CredentialRow
from registry_backend.domain.devices import Device
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Unsupported
from registry_backend.domain.filter_language import parse_device_query
from registry_backend.domain.jobs import Job
from registry_backend.domain.query import Count, Order, Page, PageRequest
from registry_backend.domain.tenants import Tenant

RowT = TypeVar("RowT")


@dataclass(frozen=True, slots=True)
class _Kind(Generic[RowT]):
    """How one kind of thing is listed: headings, cells, JSON."""

    headings: tuple[str, ...]
    cells: Callable[[RowT], Sequence[str]]
    members: Callable[[RowT], JsonObject]


def run(options: argparse.Namespace) -> int:
    """List; 0 even when there is nothing."""
    if options.kind in ("jobs", "principals") and options.filter:
        raise UsageFault(f"--filter is not for {options.kind}.")
    if options.kind == "principals":
        from console.commands import principals  # noqa: PLC0415 - no other list needs TOML

        return principals.run(options)
    asyncio.run(_list(options))
    return GOOD


async def _list(options: argparse.Namespace) -> None:
    async with adapter_for(options, writes=False) as adapter:
        match options.kind:
            case "tenants":
                await _list_tenants(adapter, options)
            case "devices":
                await _list_devices(adapter, options)
            case "credentials":
                await _list_credentials(adapter, options)
            case _:
                await _list_jobs(adapter, options)


async def _list_tenants(adapter: RegistryAdapter, options: argparse.Namespace) -> None:
    port, query = adapter.tenants, tenant_query(options.filter)
    if port is None:
        found = sole_tenants(adapter, query)
        _end(
            _write(_TENANTS, found, _sink(_TENANTS, options), options), shown=len(found), total=None
        )
        return
    await _show(
        _TENANTS,
        lambda request: port.page(query, request),
        options,
        count=lambda: port.count(query),
    )


async def _list_devices(adapter: RegistryAdapter, options: argparse.Namespace) -> None:
    query, port = parse_device_query(options.filter), need(adapter.devices, "devices")
    tenant_id = await tenant_for(adapter, options)
    await _show(
        _DEVICES,
        lambda request: port.page(tenant_id, query, Order(), request),
        options,
        count=lambda: port.count(tenant_id, query),
        others=lambda: port.abilities.others,
    )


async def _list_credentials(adapter: RegistryAdapter, options: argparse.Namespace) -> None:
    before, port = credential_query(options.filter), need(adapter.credentials, "credentials")
    tenant_id = await tenant_for(adapter, options)
    await _show(
        _CREDENTIALS,
        lambda request: port.page(tenant_id, expires_before=before, request=request),
        options,
        count=None if before else lambda: port.count(tenant_id),
    )


async def _list_jobs(adapter: RegistryAdapter, options: argparse.Namespace) -> None:
    jobs = await need(adapter.jobs, "jobs").list(options.tenant)
    shown = jobs if options.all else jobs[: options.limit]
    _end(_write(_JOBS, shown, _sink(_JOBS, options), options), shown=len(shown), total=len(jobs))


async def _show(
    kind: _Kind[RowT],
    fetch: Callable[[PageRequest], Awaitable[Page[RowT]]],
    options: argparse.Namespace,
    *,
    count: Callable[[], Awaitable[Count]] | None,
    others: Callable[[], str] = str,
) -> None:
    """Write the rows; `others` says how to reach those that a list cut short does not show."""
    sink = _sink(kind, options)
    shown, more = 0, False
    async for rows, more in walk(fetch, limit=None if options.all else options.limit):  # noqa: B007
        shown += len(rows)
        _write(kind, rows, sink, options)
    known = await count() if count and (more or options.all) else None
    if options.all and known is not None and known.of is not None:
        sink.end()
        raise Unsupported(
            f"This is no whole list: it holds {known}.",
            hint=others() or "idconsole export writes all devices; --filter 'BEGIN*' lists others.",
        )
    total = None if known is None else known.of or known.value
    _end(sink, shown=shown, total=total, more=more)


def _sink(kind: _Kind[RowT], options: argparse.Namespace) -> Table | JsonArray:
    return JsonArray() if options.json else Table(*kind.headings)


def _write(
    kind: _Kind[RowT],
    rows: Sequence[RowT],
    sink: Table | JsonArray,
    options: argparse.Namespace,
) -> Table | JsonArray:
    if rows:
        sink.write([kind.members(r) if options.json else kind.cells(r) for r in rows])  # type: ignore[misc]
    return sink


def _end(sink: Table | JsonArray, *, shown: int, total: int | None, more: bool = False) -> None:
    """Close the list; what was left out is never left unsaid."""
    sink.end()
    if total is not None and total > shown:
        say(f"… {total - shown:,} more; use --all")
    elif more:
        say("… more; use --all")
    elif not shown:
        say("Nothing found.")


def _state(*, enabled: bool) -> str:
    return "enabled" if enabled else "disabled"


def _tenant_cells(tenant: Tenant) -> Sequence[str]:
    changed = moment(tenant.updated_at or tenant.created_at) or ""
    return tenant.tenant_id, _state(enabled=tenant.enabled), tenant.attributes.alias or "", changed


def _device_cells(device: Device) -> Sequence[str]:
    attributes = device.attributes
    return (
        device.device_id,
        _state(enabled=device.enabled),
        ",".join((*attributes.via, *attributes.via_groups)),
        moment(device.updated_at or device.created_at) or "",
        attributes.status_reason or "",
    )


def _credential_cells(row: CredentialRow) -> Sequence[str]:
    expires = moment(row.expires_at) or "never"
    return row.device_id, row.type, row.auth_id, _state(enabled=row.enabled), expires


def _job_cells(job: Job) -> Sequence[str]:
    return (
        job.job_id,
        job.spec.type.value,
        job.standing,
        job.spec.tenant_id,
        str(job.counts.lines) if job.counts_told else "?",
        str(job.counts.failed) if job.counts_told or job.counts.failed else "?",
        moment(job.started_at) or "",
        job.spec.shown_folder,
    )


_TENANTS = _Kind(("TENANT", "STATE", "ALIAS", "CHANGED"), _tenant_cells, tenant_json)
_DEVICES = _Kind(("DEVICE", "STATE", "VIA", "CHANGED", "REASON"), _device_cells, device_json)
_CREDENTIALS = _Kind(
    ("DEVICE", "TYPE", "AUTH-ID", "STATE", "EXPIRES"), _credential_cells, credential_row_json
)
_JOBS = _Kind(
    ("JOB", "TYPE", "STATUS", "TENANT", "LINES", "FAILED", "STARTED", "FOLDER"),
    _job_cells,
    job_json,
)
