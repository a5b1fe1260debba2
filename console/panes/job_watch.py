"""Which jobs are under way, so that each outcome is told once."""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.domain.jobs import Job


class JobWatch:
    """Remembers the jobs that were seen waiting or running."""

    def __init__(self) -> None:
        self._running: dict[str, None] = {}
        self._missed: set[str] = set()

    @property
    def running(self) -> tuple[str, ...]:
        """Ids of the jobs that had not finished when they were last seen."""
        return tuple(self._running)

    def look(self, jobs: Sequence[Job]) -> tuple[Job, ...]:
        """Take note of how jobs are now; returns those that have finished since they were seen."""
        finished = []
        for job in jobs:
            self._missed.discard(job.job_id)
            if not job.status.finished:
                self._running[job.job_id] = None
            elif job.job_id in self._running:
                self.forget(job.job_id)
                finished.append(job)
        return tuple(finished)

    def missed(self, job_id: str) -> bool:
        """Take note that a job could not be read; whether it could the last time."""
        news = job_id not in self._missed
        self._missed.add(job_id)
        return news

    def forget(self, job_id: str) -> None:
        """Say nothing about this job any more."""
        self._running.pop(job_id, None)
        self._missed.discard(job_id)
