"""Who runs the bundled registry's jobs in this process, loaded when jobs are first looked at."""

from __future__ import annotations

from pathlib import Path

from registry_backend.jobs.opening import job_runner as opened_runner
from registry_backend.jobs.runner import JobRunner
from registry_backend.jobs.work import spool_beside
from registry_backend.registry import Registry


def job_runner(registry: Registry, data: Path) -> JobRunner:
    """Who runs the registry's jobs in this process: between any places its user can reach."""
    return opened_runner(registry, spool=spool_beside(data))
