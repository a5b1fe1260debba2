"""The whole sample: tenants, devices, jobs; built at once, its devices when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from registry_backend.domain.jobs import Job
from registry_backend.domain.tenants import Tenant
from registry_backend.sample.devices import SampleRow, make_rows
from registry_backend.sample.fleets import FLEETS
from registry_backend.sample.jobs import make_jobs
from registry_backend.sample.tenants import make_tenants

DEFAULT_DEVICES = 3_000


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample fleet as values.

    Args:
        now: The moment all times are counted from.
        seed: What every choice is derived from.
        folder: The folder that the jobs name; `write_exchange` fills it.
        tenants: The tenants, the largest first.
        devices: How many devices each tenant has.
        jobs: Past jobs, newest first.
    """

    now: datetime
    seed: int
    folder: str
    tenants: tuple[Tenant, ...]
    devices: Mapping[str, int]
    jobs: tuple[Job, ...]

    def rows(self, tenant_id: str) -> Iterator[SampleRow]:
        """The tenant's devices, made one by one; the same in each walk."""
        fleet = next(fleet for fleet in FLEETS if fleet.tenant_id == tenant_id)
        return make_rows(fleet, now=self.now, seed=self.seed, devices=self.devices[tenant_id])


def build_sample(
    now: datetime,
    seed: int = 1,
    *,
    devices: int = DEFAULT_DEVICES,
    only: str | None = None,
    folder: str = "/srv/exchange",
) -> Sample:
    """A sample of so many devices in all; the same arguments give the same sample anywhere.

    Args:
        now: The moment all times are counted from, in UTC.
        seed: Another seed gives another fleet of the same kind.
        devices: Devices of all tenants together.
        only: Give this tenant all of them, and no other tenant any.
        folder: The folder that past jobs name.
    """
    shares = {
        fleet.tenant_id: devices * fleet.share // 100
        if only is None
        else devices * (fleet.tenant_id == only)
        for fleet in FLEETS
    }
    if only is None:
        shares[FLEETS[0].tenant_id] += devices - sum(shares.values())
    return Sample(
        now=now,
        seed=seed,
        folder=folder,
        tenants=make_tenants(now=now, seed=seed),
        devices=shares,
        jobs=make_jobs(now=now, seed=seed, folder=folder),
    )
