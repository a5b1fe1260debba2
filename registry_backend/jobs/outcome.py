"""What holds for every line of an import, and what a stretch of lines did."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple

from registry_backend.domain.jobs import ImportMode, JobCounts, JobError
from registry_backend.domain.journal import Actor, JournalEntry
from registry_backend.domain.tenants import Tenant
from registry_backend.wire.import_errors import LineFault

UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class ApplyRules:
    """What holds for every line of a job."""

    default_mode: ImportMode
    actor: Actor
    at: datetime
    max_devices: int = UNLIMITED
    """For tenants without a limit of their own."""

    def limits_of(self, tenant: Tenant | None) -> tuple[int, int]:
        """How many devices the tenant may have, and how many credentials each of them."""
        limits = tenant.attributes.registration_limits if tenant else None
        if limits is None:
            return self.max_devices, UNLIMITED
        own = limits.max_devices
        devices = self.max_devices if own == UNLIMITED else own
        return devices, limits.max_credentials_per_device


Verb = Literal["create", "update", "delete"]


class Noted(NamedTuple):
    """What a line did, by the mode it named."""

    device_id: str | None
    mode: ImportMode | None
    effect: Verb


@dataclass(slots=True)
class Outcome:
    """What a stretch of lines did."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    errors: list[JobError] = field(default_factory=list)
    journal: list[JournalEntry] = field(default_factory=list)
    noted: list[Noted] | None = None
    """Line by line what was done, where somebody asks for it."""

    def count(self, device_id: str | None, mode: ImportMode | None, effect: Verb) -> None:
        """A line that took effect; on a tenant, no device is named."""
        if effect == "create":
            self.created += 1
        elif effect == "update":
            self.updated += 1
        else:
            self.deleted += 1
        if self.noted is not None:
            self.noted.append(Noted(device_id, mode, effect))

    def refuse(self, line: int | None, fault: LineFault) -> None:
        """A line of which nothing took effect, and why."""
        self.errors.append(fault.at(line))

    def counted(self, counts: JobCounts, lines: int) -> JobCounts:
        """The job's counts with these added."""
        return JobCounts(
            lines=counts.lines + lines,
            created=counts.created + self.created,
            updated=counts.updated + self.updated,
            deleted=counts.deleted + self.deleted,
            failed=counts.failed + len(self.errors),
        )
