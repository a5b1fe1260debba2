"""What every adapter with jobs must do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.jobs import JobsPort
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

    async def test_a_dry_run_says_what_the_import_then_does(
        self, adapter: RegistryAdapter, jobs: JobsPort, tenant_id: str, tmp_path: Path
    ) -> None:
        """Created, updated, deleted and refused lines; nothing is written."""
        if not jobs.abilities.can_dry_run:
            pytest.skip("this registry cannot try an import")
        devices = need(adapter.devices)
        await fill(devices, tenant_id, "there", "leaving")
        lines = [
            json.dumps({"id": "there", "status": "disabled"}),
            json.dumps({"id": "new", "status": "enabled"}),
            json.dumps({"id": "new", "status": "enabled", "importMode": "create"}),
            json.dumps({"id": "leaving", "status": "enabled", "importMode": "delete"}),
            json.dumps({"id": "unsaid"}),
            "",
        ]
        (tmp_path / "devices.txt").write_text("\n".join(lines) + "\n")
        spec = JobSpec(type=JobType.IMPORT, tenant_id=tenant_id, folder=str(tmp_path))
        told: list[int] = []
        found = await jobs.dry_run(spec, progress=told.append)
        assert found.lines == 6
        assert [error.line for error in found.refused] == [3, 5]
        assert [found.count(each) for each in ("create", "update", "delete")] == [1, 1, 1]
        assert found.warnings
        assert told[-1] == 6
        assert (await devices.get(tenant_id, "there")).enabled
        assert (await devices.count(tenant_id, DeviceQuery())).value == 2
        job = await run_job(jobs, spec)
        counts = job.counts
        assert (counts.created, counts.updated, counts.deleted, counts.failed) == (1, 1, 1, 2)

    async def test_a_table_can_be_imported(
        self, adapter: RegistryAdapter, jobs: JobsPort, tenant_id: str, tmp_path: Path
    ) -> None:
        """Each row as its device line would be."""
        if "csv" not in jobs.abilities.imports:
            pytest.skip("this registry reads no tables")
        (tmp_path / "fleet.csv").write_text("Device Id;Status\na;disabled\nb;\n")
        spec = JobSpec(
            type=JobType.IMPORT,
            tenant_id=tenant_id,
            folder=str(tmp_path),
            format="csv",
            blob_name="fleet.csv",
        )
        job = await run_job(jobs, spec)
        assert (job.counts.created, job.counts.failed) == (1, 1)
        assert not (await need(adapter.devices).get(tenant_id, "a")).enabled

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
