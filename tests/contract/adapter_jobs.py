"""What every adapter with jobs must do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.adapters.base import JobsPort, RegistryAdapter
from registry_backend.domain.credentials import Credential
from registry_backend.domain.errors import Invalid, NotFound
from registry_backend.domain.jobs import JobFormat, JobSpec, JobStatus, JobType
from registry_backend.domain.query import DeviceQuery
from registry_backend.domain.tenants import TenantAttributes
from tests.contract.adapter_help import AdapterTests, device, fill, need, run_job


class JobsSuite(AdapterTests):
    """Jobs: export, import, failures by line."""

    @pytest.fixture
    def jobs(self, adapter: RegistryAdapter) -> JobsPort:
        return need(adapter.jobs)

    @pytest.mark.parametrize("job_format", ["devices.txt", "ndjson"])
    async def test_what_is_exported_can_be_imported_elsewhere(
        self,
        adapter: RegistryAdapter,
        jobs: JobsPort,
        tenant_id: str,
        tmp_path: Path,
        job_format: JobFormat,
    ) -> None:
        """Devices, their state and their keys arrive in another tenant."""
        devices, credentials = need(adapter.devices), need(adapter.credentials)
        await need(adapter.tenants).create("other", TenantAttributes())
        await fill(devices, tenant_id, "a", "b")
        await devices.create(tenant_id, "c", device(enabled=False))
        key = {"key": "MDEyMzQ1Njc4OWFiY2RlZg=="}
        psk = Credential.parse({"type": "psk", "auth-id": "a", "secrets": [key, key]})
        await credentials.replace(tenant_id, "a", [psk], expected=None)
        spec = JobSpec(
            type=JobType.EXPORT, tenant_id=tenant_id, folder=str(tmp_path), format=job_format
        )
        exported = await run_job(jobs, spec)
        assert exported.status is JobStatus.COMPLETED
        assert exported.counts.lines == 3
        back = spec.model_copy(update={"type": JobType.IMPORT, "tenant_id": "other"})
        imported = await run_job(jobs, back)
        assert (imported.status, imported.counts.created) == (JobStatus.COMPLETED, 3)
        assert not (await devices.get("other", "c")).enabled
        arrived = (await credentials.get("other", "a")).find("psk", "a")
        assert arrived is not None
        assert [secret.key for secret in arrived.secrets] == [key["key"]] * 2
        assert [job.job_id for job in await jobs.list("other")] == [imported.job_id]
        assert {job.job_id for job in await jobs.list(None)} == {exported.job_id, imported.job_id}

    async def test_failed_lines_are_named_and_the_rest_applied(
        self, adapter: RegistryAdapter, jobs: JobsPort, tenant_id: str, tmp_path: Path
    ) -> None:
        """By line number, device and reason."""
        lines = [
            json.dumps({"id": "good", "status": "enabled"}),
            "this is no JSON",
            json.dumps({"id": "bad id", "status": "enabled"}),
        ]
        (tmp_path / "devices.txt").write_text("\n".join(lines) + "\n")
        spec = JobSpec(type=JobType.IMPORT, tenant_id=tenant_id, folder=str(tmp_path))
        job = await run_job(jobs, spec)
        assert (job.counts.created, job.counts.failed) == (1, 2)
        errors = await jobs.errors(job.job_id, skip=0, limit=10)
        assert [error.line for error in errors] == [2, 3]
        assert await jobs.errors(job.job_id, skip=1, limit=10) == errors[1:]
        assert (await need(adapter.devices).count(tenant_id, DeviceQuery())).value == 1

    async def test_a_folder_without_the_file_is_refused_at_once(
        self, jobs: JobsPort, tenant_id: str, tmp_path: Path
    ) -> None:
        """Before any job exists."""
        for folder in (tmp_path, tmp_path / "missing"):
            spec = JobSpec(type=JobType.IMPORT, tenant_id=tenant_id, folder=str(folder))
            with pytest.raises(Invalid):
                await jobs.create(spec)
        assert list(await jobs.list(None)) == []

    async def test_a_finished_job_can_be_forgotten_and_not_cancelled(
        self, jobs: JobsPort, tenant_id: str, tmp_path: Path
    ) -> None:
        """A list of old jobs can be tidied."""
        spec = JobSpec(type=JobType.EXPORT, tenant_id=tenant_id, folder=str(tmp_path))
        job = await run_job(jobs, spec)
        with pytest.raises(Invalid):
            await jobs.cancel(job.job_id)
        await jobs.forget(job.job_id)
        with pytest.raises(NotFound):
            await jobs.get(job.job_id)

    async def test_a_missing_job_is_not_found(self, jobs: JobsPort) -> None:
        """By each verb."""
        with pytest.raises(NotFound):
            await jobs.get("none")
        with pytest.raises(NotFound):
            await jobs.cancel("none")
        with pytest.raises(NotFound):
            await jobs.forget("none")
        with pytest.raises(NotFound):
            await jobs.errors("none", skip=0, limit=1)
