"""Jobs in SQLite."""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.domain.jobs import Job
from registry_backend.domain.timestamps import to_micros
from registry_backend.storage.paging import Row
from registry_backend.storage.rows import restore, value_text
from registry_backend.storage.sqlite_base import Rows


class JobReads(Rows):
    """The jobs part of a snapshot."""

    def get_job(self, job_id: str) -> Job | None:
        """The job of that id, or None."""
        row = self._one("SELECT job_id, document FROM jobs WHERE job_id = ?", job_id)
        return _job(row) if row else None

    def list_jobs(self, tenant_id: str | None) -> Sequence[Job]:
        """Jobs newest first, of one tenant or all; at most 1000."""
        newest_first = "ORDER BY created_at DESC, job_id DESC LIMIT 1000"
        if tenant_id is None:
            rows = self._all(f"SELECT job_id, document FROM jobs {newest_first}")  # noqa: S608 - constant
        else:
            rows = self._all(
                f"SELECT job_id, document FROM jobs WHERE tenant_id = ? {newest_first}",  # noqa: S608 - constant
                tenant_id,
            )
        return [_job(row) for row in rows]


class JobWrites(JobReads):
    """The jobs part of a transaction."""

    def put_job(self, job: Job) -> None:
        """Insert or replace a job."""
        self._changed(
            "INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?)",
            *(job.job_id, job.spec.tenant_id, to_micros(job.created_at), value_text(job)),
        )

    def delete_job(self, job_id: str) -> bool:
        """Forget a job."""
        return bool(self._changed("DELETE FROM jobs WHERE job_id = ?", job_id))


def _job(row: Row) -> Job:
    return restore(Job, row[1], what=f"job {row[0]!r}")
