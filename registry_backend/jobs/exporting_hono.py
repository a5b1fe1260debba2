"""Exporting Hono 1.1's three files, side by side; begun anew after an interruption."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.jobs import Job, JobCheckpoint, JobCounts
from registry_backend.domain.query import Cursor, DeviceQuery, Order, PageRequest, TenantQuery
from registry_backend.domain.tenants import Tenant
from registry_backend.jobs.parts import Part, part_paths
from registry_backend.jobs.running import Run
from registry_backend.jobs.work import Work
from registry_backend.storage.base import Snapshot
from registry_backend.wire import hono_files, hono_files_written

PAGE = 1000


class _Lists:
    """A file holding a JSON list, an entry a line, written as entries come."""

    def __init__(self, part: Part, *, member: str | None = None) -> None:
        self._part = part
        self._member = member
        self._empty = True
        self._tenant_open = False
        part.write(b"[")

    def add(self, entries: Sequence[JsonObject]) -> None:
        """Append entries to the list that is open."""
        for entry in entries:
            self._part.write(b"\n" if self._empty else b",\n")
            self._part.write(compact_json(entry).encode("utf-8"))
            self._empty = False

    def begin_tenant(self, tenant_id: str) -> None:
        """Open the object that holds a tenant's entries."""
        self._part.write(b",\n" if self._tenant_open else b"\n")
        head = f'{{"tenant":{compact_json(tenant_id)},"{self._member}":['
        self._part.write(head.encode("utf-8"))
        self._tenant_open = self._empty = True

    def end_tenant(self) -> None:
        """Close it."""
        self._part.write(b"\n]}")

    def end(self) -> None:
        """Close the file's list."""
        self._part.write(b"\n]\n")


async def run_hono_export(run: Run, work: Work, job: Job) -> Job | None:
    """Write all three files, then give them their names; None when the job stopped before.

    Raises:
        RegistryError, OSError: why it cannot go on.
    """
    paths = part_paths(work, job.job_id)
    with ExitStack() as stack:
        parts = []
        for path in paths:
            part = Part.create(path)
            stack.callback(part.close)
            parts.append(part)
        done = await _write(run, job, parts)
        if done is None:
            return None
        for part, name in zip(parts, hono_files.FILE_NAMES, strict=True):
            await asyncio.to_thread(part.publish, work.target.file(name))
        return done


async def _write(run: Run, job: Job, parts: Sequence[Part]) -> Job | None:
    """The job with everything written; None when it was cancelled or let go."""
    tenants_part, devices_part, credentials_part = parts
    tenants = _Lists(tenants_part)
    devices = _Lists(devices_part, member="devices")
    credentials = _Lists(credentials_part, member="credentials")
    listed = await run.store.read(partial(_tenants, wanted=job.spec.tenant_id))
    total = sum(size for _, size in listed)
    current: Job | None = job.model_copy(
        update={"counts": JobCounts(), "checkpoint": JobCheckpoint(), "total_lines": total}
    )
    for tenant, _ in listed:
        tenants.add([hono_files_written.tenant_entry(tenant)])
        devices.begin_tenant(tenant.tenant_id)
        credentials.begin_tenant(tenant.tenant_id)
        cursor: Cursor | None = None
        more = True
        while more:
            if run.closing:
                await run.release(job.job_id)
                return None
            page = await run.store.read(_page_reader(run, job.job_id, tenant.tenant_id, cursor))
            if page is None or current is None:
                return None
            rows, theirs, cursor, more = page
            await asyncio.to_thread(devices.add, rows)
            await asyncio.to_thread(credentials.add, theirs)
            counts = current.counts.model_copy(update={"lines": current.counts.lines + len(rows)})
            current = current.model_copy(update={"counts": counts})
            if run.note_due():
                current = await run.save(current)
        devices.end_tenant()
        credentials.end_tenant()
    for file in (tenants, devices, credentials):
        file.end()
    return current


def _tenants(snapshot: Snapshot, *, wanted: str) -> list[tuple[Tenant, int]]:
    """The tenants to write, each with how many devices it has."""
    if wanted != "*":
        tenant = snapshot.get_tenant(wanted)
        found = [tenant] if tenant else []
    else:
        found = []
        cursor: Cursor | None = None
        more = True
        while more:
            page = snapshot.page_tenants(TenantQuery(), PageRequest(start=cursor, limit=PAGE))
            found.extend(page.rows)
            more = page.more
            cursor = page.cursors[-1] if page.rows else None
    return [(tenant, snapshot.statistics(tenant.tenant_id).total) for tenant in found]


_Page = tuple[list[JsonObject], list[JsonObject], Cursor | None, bool]


def _page_reader(
    run: Run, job_id: str, tenant_id: str, cursor: Cursor | None
) -> Callable[[Snapshot], _Page | None]:
    def read(snapshot: Snapshot) -> _Page | None:
        if not run.owns(snapshot, job_id):
            return None
        request = PageRequest(start=cursor, limit=PAGE)
        page = snapshot.page_devices(tenant_id, DeviceQuery(), Order(), request)
        sets = snapshot.get_many_credentials(tenant_id, [row.device_id for row in page.rows])
        rows = [hono_files_written.device_entry(device) for device in page.rows]
        theirs = [
            entry
            for device in page.rows
            if device.device_id in sets
            for entry in hono_files_written.credential_entries(
                device.device_id, sets[device.device_id].credentials
            )
        ]
        return rows, theirs, page.cursors[-1] if page.rows else None, page.more

    return read
