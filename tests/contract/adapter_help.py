"""What the parts of the adapter suite share."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.devices import DevicesPort
from console.adapters.ports.jobs import JobsPort
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.jobs import Job, JobSpec
from registry_backend.domain.query import Cursor, Page, PageRequest
from registry_backend.domain.tenants import TenantAttributes

PortT = TypeVar("PortT")
RowT = TypeVar("RowT")


class AdapterTests(ABC):
    """The one thing an adapter must supply: itself, open, on a registry without tenants."""

    @pytest.fixture
    @abstractmethod
    async def adapter(self) -> AsyncIterator[RegistryAdapter]:
        """The adapter under test; closed again afterwards."""
        yield NotImplemented

    @pytest.fixture
    async def tenant_id(self, adapter: RegistryAdapter) -> str:
        """A tenant to work in; an adapter without that port overrides this."""
        tenant = await need(adapter.tenants).create("yard", TenantAttributes())
        return tenant.tenant_id


def need(port: PortT | None) -> PortT:
    """The port, which the registry of this test must have."""
    assert port is not None, "this registry has no such port"
    return port


def device(**members: object) -> DeviceAttributes:
    """Attributes by their protocol names, given or not, as a client would write them."""
    return DeviceAttributes.parse(members)


async def fill(port: DevicesPort, tenant_id: str, *device_ids: str) -> None:
    """Create plain devices."""
    for device_id in device_ids:
        await port.create(tenant_id, device_id, device())


Fetch = Callable[[PageRequest], Awaitable[Page[RowT]]]


async def forward(fetch: Fetch[RowT], *, limit: int) -> list[RowT]:
    """Every row, walked from the beginning."""
    rows: list[RowT] = []
    start: Cursor | None = None
    while True:
        page = await fetch(PageRequest(start=start, limit=limit))
        assert len(page.rows) == len(page.cursors) <= limit
        rows.extend(page.rows)
        if not page.more:
            return rows
        start = page.cursors[-1]


async def backward(fetch: Fetch[RowT], *, limit: int) -> list[RowT]:
    """Every row, walked from the end, in list order."""
    rows: list[RowT] = []
    start: Cursor | None = None
    while True:
        page = await fetch(PageRequest(start=start, backward=True, limit=limit))
        rows[:0] = page.rows
        if not page.more:
            return rows
        start = page.cursors[0]


async def by_position(fetch: Fetch[RowT], *, limit: int) -> list[RowT]:
    """Every row, jumped to by the number of rows before it."""
    rows: list[RowT] = []
    while True:
        page = await fetch(PageRequest(skip=len(rows), limit=limit))
        rows.extend(page.rows)
        if not page.more:
            return rows


async def run_job(jobs: JobsPort, spec: JobSpec) -> Job:
    """Create a job and follow it to its end."""
    return await finished(jobs, (await jobs.create(spec)).job_id)


async def finished(jobs: JobsPort, job_id: str) -> Job:
    """The job once nothing more will happen to it."""
    async with asyncio.timeout(30):
        while True:
            job = await jobs.get(job_id)
            if job.status.finished:
                return job
            await asyncio.sleep(0.01)
