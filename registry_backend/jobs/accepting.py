"""Whether a job may begin: what is asked for, and what else is going on."""

from __future__ import annotations

from registry_backend.domain.errors import Invalid, LimitReached, NotFound
from registry_backend.domain.jobs import ImportMode, Job, JobSpec, JobType
from registry_backend.storage.base import Snapshot

ALL_TENANTS = "*"

_HUB_LINES = ("devices.txt", "csv")
"""Formats that say what a hub's device lines say: they have eTags, and name no tenant."""
_COMPARING = frozenset(mode for mode in ImportMode if mode.value.endswith("IfMatchETag"))


def check_spec(spec: JobSpec) -> None:
    """Refuse what no registry could do.

    Raises:
        Invalid: at `tenant_id`, `format` or `default_mode`.
    """
    if spec.type is JobType.EXPORT and spec.format == "csv":
        raise Invalid.told(
            "format",
            "A table is for imports only: it has no room for all that a device has.",
            hint="Export as devices.txt or ndjson.",
        )
    everything = spec.tenant_id == ALL_TENANTS
    if everything and spec.format != "hono-1.1":
        raise Invalid.told(
            "tenant_id", f"A file of format {spec.format} holds one tenant.", hint="Choose which."
        )
    if (
        spec.type is JobType.IMPORT
        and spec.format not in _HUB_LINES
        and spec.default_mode in _COMPARING
    ):
        raise Invalid.told(
            "default_mode",
            f"The mode {spec.default_mode.value} compares eTags, and {spec.format} has none.",
            hint="Choose a mode that compares nothing.",
        )


def require_target(snapshot: Snapshot, spec: JobSpec) -> None:
    """Refuse a tenant that is not there, unless the files bring it. Raises NotFound."""
    brings_tenants = spec.type is JobType.IMPORT and spec.format not in _HUB_LINES
    if brings_tenants or spec.tenant_id == ALL_TENANTS:
        return
    if snapshot.get_tenant(spec.tenant_id) is None:
        raise NotFound(
            f"There is no tenant {spec.tenant_id!r}.",
            hint="Check the spelling, or create the tenant first.",
        )


def require_idle(snapshot: Snapshot, spec: JobSpec) -> None:
    """Refuse while a job of the same tenant is unfinished. Raises LimitReached, naming it."""
    for job in snapshot.list_jobs(None):
        if not job.status.finished and _overlap(job.spec, spec):
            state = "being cancelled" if job.stopping else job.status.value
            done = f", {job.fraction:.0%} done" if job.fraction is not None else ""
            raise LimitReached(
                f"The {job.spec.type.value} {job.job_id} of tenant {job.spec.tenant_id} is "
                f"{state}{done}; a tenant has one job at a time.",
                hint="Wait for it, or cancel it.",
            )


def _overlap(one: JobSpec, other: JobSpec) -> bool:
    return one.tenant_id == other.tenant_id or any(
        spec.tenant_id == ALL_TENANTS or (spec.format == "hono-1.1" and spec.type is JobType.IMPORT)
        for spec in (one, other)
    )


def require_job(snapshot: Snapshot, job_id: str) -> Job:
    """The job. Raises NotFound."""
    job = snapshot.get_job(job_id)
    if job is None:
        raise NotFound(f"There is no job {job_id!r}.", hint="It may have been forgotten.")
    return job
