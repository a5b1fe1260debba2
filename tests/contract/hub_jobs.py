"""What an adapter to a hub promises of jobs, beyond and instead of the common contract."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.jobs import JobsPort
from registry_backend.domain.credentials import Credential
from registry_backend.domain.errors import Invalid, LimitReached, RegistryError, Unsupported
from registry_backend.domain.jobs import ImportMode, JobFormat, JobSpec, JobStatus, JobType
from registry_backend.domain.query import DeviceQuery
from tests.contract.adapter_help import device, fill, finished, need, run_job
from tests.contract.adapter_jobs import JobsSuite
from tests.contract.hub_serving import Hub, on_hub
from tests.registry_backend.jobs.hostile_blobs import SECRET, hostile_blobs

KEY = "MDEyMzQ1Njc4OWFiY2RlZg=="


def line(device_id: str, **members: object) -> str:
    """A line of devices.txt."""
    return json.dumps({"id": device_id, "status": "enabled", **members})


class HubJobsSuite(JobsSuite):
    """Jobs of this side between files and bulk calls, and the hub's own between containers."""

    @pytest.mark.parametrize("job_format", ["devices.txt", "ndjson"])
    async def test_what_is_exported_can_be_imported_elsewhere(
        self,
        adapter: RegistryAdapter,
        jobs: JobsPort,
        tenant_id: str,
        tmp_path: Path,
        job_format: JobFormat,
    ) -> None:
        """A hub is one tenant: the same devices come back after they were removed."""
        devices, credentials = need(adapter.devices), need(adapter.credentials)
        await fill(devices, tenant_id, "a", "b")
        await devices.create(tenant_id, "c", device(enabled=False))
        psk = Credential.parse(
            {"type": "psk", "auth-id": "a", "secrets": [{"key": KEY}, {"key": KEY}]}
        )
        await credentials.replace(tenant_id, "a", [psk], expected=None)
        spec = JobSpec(
            type=JobType.EXPORT, tenant_id=tenant_id, folder=str(tmp_path), format=job_format
        )
        exported = await run_job(jobs, spec)
        assert exported.status is JobStatus.COMPLETED
        assert exported.counts.lines == 3
        assert await devices.delete_all(tenant_id) == 3
        back = spec.model_copy(update={"type": JobType.IMPORT})
        imported = await run_job(jobs, back)
        assert (imported.status, imported.counts.created) == (JobStatus.COMPLETED, 3)
        assert imported.fraction == 1.0
        assert not (await devices.get(tenant_id, "c")).enabled
        arrived = (await credentials.get(tenant_id, "a")).find("psk", "a")
        assert arrived is not None
        assert [secret.key for secret in arrived.secrets] == [KEY, KEY]
        assert {job.job_id for job in await jobs.list(tenant_id)} == {
            exported.job_id,
            imported.job_id,
        }

    async def test_keys_can_be_left_out_of_an_export(
        self, adapter: RegistryAdapter, jobs: JobsPort, tenant_id: str, tmp_path: Path
    ) -> None:
        """And a person is told when they are not."""
        told: list[str] = []
        adapter.on_notice = told.append
        await fill(need(adapter.devices), tenant_id, "a")
        spec = JobSpec(
            type=JobType.EXPORT, tenant_id=tenant_id, folder=str(tmp_path), exclude_keys=True
        )
        await run_job(jobs, spec)
        members = json.loads((tmp_path / "devices.txt").read_text("utf-8"))
        assert members["id"] == "a"
        assert members["authentication"]["symmetricKey"] == {
            "primaryKey": None,
            "secondaryKey": None,
        }
        assert told == []
        await run_job(jobs, spec.model_copy(update={"exclude_keys": False}))
        assert "keys in clear" in told[0]

    async def test_a_table_is_imported_in_calls_of_a_hundred(
        self, adapter: RegistryAdapter, jobs: JobsPort, tenant_id: str, tmp_path: Path
    ) -> None:
        """Lines that fail are named by line and device, the others applied."""
        await fill(need(adapter.devices), tenant_id, "d000")
        rows = [f"d{number:03d},enabled,create" for number in range(230)]
        rows[100] = "bad id,enabled,create"
        (tmp_path / "fleet.csv").write_text("\n".join(["id,status,importMode", *rows]), "utf-8")
        spec = JobSpec(
            type=JobType.IMPORT,
            tenant_id=tenant_id,
            folder=str(tmp_path),
            format="csv",
            blob_name="fleet.csv",
        )
        trial = await jobs.dry_run(spec)
        assert (trial.count("create"), trial.count("refuse"), trial.exact) == (228, 2, True)
        job = await run_job(jobs, spec)
        assert (job.counts.created, job.counts.failed) == (228, 2)
        errors = await jobs.errors(job.job_id, skip=0, limit=10)
        assert [(each.line, each.device_id, each.code) for each in errors] == [
            (2, "d000", 409001),
            (102, "bad id", 400004),
        ]
        log = (tmp_path / "importErrors.log").read_text("utf-8").splitlines()
        assert len(log) == 2

    async def test_each_mode_does_what_it_says_line_by_line(
        self, adapter: RegistryAdapter, jobs: JobsPort, tenant_id: str, tmp_path: Path
    ) -> None:
        """A second line of one device sees what the first did; a trial says so before."""
        devices = need(adapter.devices)
        await fill(devices, tenant_id, "old", "doomed")
        lines = [
            line("new"),
            line("new", importMode="delete"),
            line("old", importMode="update", status="disabled"),
            line("doomed", importMode="deleteIfMatchETag", eTag="bm8="),
            line("ghost", importMode="update"),
        ]
        (tmp_path / "devices.txt").write_text("\n".join(lines), "utf-8")
        spec = JobSpec(type=JobType.IMPORT, tenant_id=tenant_id, folder=str(tmp_path))
        trial = await jobs.dry_run(spec)
        effects = [trial.count(each) for each in ("create", "update", "delete", "refuse")]
        assert effects == [1, 1, 1, 2]
        assert (await devices.count(tenant_id, DeviceQuery())).value == 2
        job = await run_job(jobs, spec)
        counts = job.counts
        assert (counts.created, counts.updated, counts.deleted, counts.failed) == (1, 1, 1, 2)
        errors = await jobs.errors(job.job_id, skip=0, limit=10)
        assert {(each.line, each.code) for each in errors} == {(4, 412001), (5, 404001)}
        assert not (await devices.get(tenant_id, "old")).enabled

    async def test_a_job_of_this_side_is_cancelled_and_runs_alone(
        self, jobs: JobsPort, tenant_id: str, tmp_path: Path
    ) -> None:
        """Lines already applied stay."""
        text = "\n".join(line(f"d{number:05d}") for number in range(5_000))
        (tmp_path / "devices.txt").write_text(text, "utf-8")
        spec = JobSpec(type=JobType.IMPORT, tenant_id=tenant_id, folder=str(tmp_path))
        job = await jobs.create(spec)
        with pytest.raises(LimitReached, match=job.job_id):
            await jobs.create(spec)
        with pytest.raises(Invalid, match="running"):
            await jobs.forget(job.job_id)
        assert (await jobs.cancel(job.job_id)).status is JobStatus.CANCELLED
        assert (await jobs.get(job.job_id)).counts.lines < 5_000

    async def test_the_hub_moves_files_between_containers(
        self, hub: Hub, adapter: RegistryAdapter, jobs: JobsPort, tenant_id: str
    ) -> None:
        """Its record says completed; the lines that failed are fetched, counted and named."""
        devices = need(adapter.devices)
        async with hostile_blobs() as container:
            lines = [line("good"), line("bad id"), "no json"]
            container.blobs["devices.txt"] = "\n".join(lines).encode()
            spec = JobSpec(type=JobType.IMPORT, tenant_id=tenant_id, folder=container.address)
            trial = await jobs.dry_run(spec)
            assert (trial.count("create"), trial.count("refuse")) == (1, 2)
            job = await run_job(jobs, spec)
            assert job.status is JobStatus.COMPLETED
            assert (job.counts.failed, job.counts.lines, job.counts.applied) == (2, 3, 1)
            errors = await jobs.errors(job.job_id, skip=0, limit=10)
            assert [each.code for each in errors] == [400004, 400012]
            assert (await devices.get(tenant_id, "good")).enabled
            with pytest.raises(Invalid, match="completed already"):
                await jobs.cancel(job.job_id)
            with pytest.raises(Unsupported, match="30 days"):
                await jobs.forget(job.job_id)
            async with on_hub(hub) as other:
                theirs = need(other.jobs)
                (seen,) = await theirs.list(tenant_id)
                assert seen.job_id == job.job_id
                assert "importErrors.log" in (seen.failure_reason or "")
                assert not seen.counts_told
                with pytest.raises(Unsupported, match="address"):
                    await theirs.errors(job.job_id, skip=0, limit=10)
            exported = await run_job(
                jobs, spec.model_copy(update={"type": JobType.EXPORT, "exclude_keys": True})
            )
            assert exported.counts.lines == 1
            assert b'"good"' in container.blobs["devices.txt"]
            shown = repr(await jobs.list(tenant_id)) + repr(adapter.address)
            assert SECRET not in shown

    async def test_a_container_that_will_not_do_is_told_without_its_secret(
        self, jobs: JobsPort, tenant_id: str
    ) -> None:
        """The hub looks before it accepts (iothub 6.2)."""
        async with hostile_blobs() as container:
            spec = JobSpec(type=JobType.IMPORT, tenant_id=tenant_id, folder=container.address)
            with pytest.raises(RegistryError) as caught:
                await jobs.create(spec)
            assert "BlobContainerValidationError" in str(caught.value)
            assert SECRET not in str(caught.value)
            with pytest.raises(RegistryError) as caught:
                await jobs.dry_run(spec)
            assert SECRET not in str(caught.value)
        for impossible in (
            {"format": "csv"},
            {"default_mode": ImportMode.DELETE},
        ):
            with pytest.raises(Invalid):
                await jobs.create(spec.model_copy(update=impossible))

    async def test_a_job_of_the_hub_is_cancelled(self, jobs: JobsPort, tenant_id: str) -> None:
        """While it waits for a container that says nothing."""
        async with hostile_blobs() as container:
            container.blobs["devices.txt"] = line("good").encode()
            spec = JobSpec(type=JobType.EXPORT, tenant_id=tenant_id, folder=container.address)
            container.faults["PUT devices.txt"] = ["stall"]
            job = await jobs.create(spec)
            await container.stalled.wait()
            await jobs.cancel(job.job_id)
            assert (await finished(jobs, job.job_id)).status is JobStatus.CANCELLED
