"""A remote hub with more devices than it lists at once: nothing is lost, nothing counted twice."""

from __future__ import annotations

import json
from pathlib import Path

from console.adapters.base import RegistryAdapter
from console.adapters.iothub import IotHubAdapter
from registry_backend.domain.jobs import ImportMode, JobSpec, JobStatus, JobType
from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from tests.contract.adapter_help import finished, forward, need, run_job
from tests.contract.hub_serving import HUB, on_hub, serving_hub

MANY = 1_500
"""More than a list without a query holds (iothub 3.2)."""
IDS = [f"dev-{number:05d}" for number in range(MANY)]


def import_of(folder: Path, **members: object) -> JobSpec:
    """An import of the lines in a folder."""
    return JobSpec.model_validate(
        {"type": JobType.IMPORT, "tenant_id": HUB, "folder": str(folder), **members}
    )


async def filled(adapter: IotHubAdapter, folder: Path) -> None:
    """Import the devices, every fifth one disabled."""
    folder.mkdir()
    lines = (
        json.dumps({"id": each, "status": "disabled" if each[-1] in "05" else "enabled"})
        for each in reversed(IDS)
    )
    (folder / "devices.txt").write_text("\n".join(lines), "utf-8")
    job = await run_job(need(adapter.jobs), import_of(folder))
    assert (job.status, job.counts.created, job.counts.failed) == (JobStatus.COMPLETED, MANY, 0)


async def check_lists(adapter: RegistryAdapter) -> None:
    """Pages, counts, positions and filters reach every device."""
    devices = need(adapter.devices)

    async def ids_of(query: DeviceQuery) -> list[str]:
        rows = await forward(lambda page: devices.page(HUB, query, Order(), page), limit=200)
        return [row.device_id for row in rows]

    assert await ids_of(DeviceQuery()) == IDS
    assert str(await devices.count(HUB, DeviceQuery())) == "1,500"
    assert await devices.position(HUB, IDS[1_234], DeviceQuery(), Order()) == 1_234
    assert await ids_of(DeviceQuery(id_prefix="dev-0149")) == IDS[1_490:]
    assert await ids_of(DeviceQuery(id_contains=("149",), enabled=False)) == [
        each for each in IDS if "149" in each and each[-1] in "05"
    ]
    assert await ids_of(DeviceQuery(id_contains=("149", "-00"))) == [
        each for each in IDS if "149" in each and "-00" in each
    ]


async def check_a_hint_is_written(adapter: RegistryAdapter) -> None:
    """A row that only the query showed is written with the version of the whole device."""
    devices = need(adapter.devices)
    page = await devices.page(HUB, DeviceQuery(), Order(), PageRequest(backward=True, limit=1))
    last = page.rows[0]
    off = last.attributes.model_copy(update={"enabled": False})
    await devices.update(HUB, last.device_id, off, expected=last.version)
    assert not (await devices.get(HUB, last.device_id)).enabled


async def check_dry_runs(adapter: RegistryAdapter, folder: Path) -> None:
    """Each line is compared with the device that it names, listed at once or not."""
    jobs = need(adapter.jobs)
    again = await jobs.dry_run(import_of(folder))
    assert (again.lines, again.count("update"), again.refused) == (MANY, MANY, ())
    refused = await jobs.dry_run(import_of(folder, default_mode=ImportMode.CREATE))
    assert (refused.lines, refused.count("refuse")) == (MANY, MANY)
    real = await run_job(jobs, import_of(folder))
    assert (real.counts.created, real.counts.updated) == (0, MANY)


async def check_export_without_keys(adapter: RegistryAdapter, folder: Path) -> None:
    """The same lines, from as many requests as there are thousands."""
    folder.mkdir()
    spec = JobSpec(type=JobType.EXPORT, tenant_id=HUB, folder=str(folder), exclude_keys=True)
    assert (await run_job(need(adapter.jobs), spec)).counts.lines == MANY
    lines = [json.loads(each) for each in (folder / "devices.txt").read_text("utf-8").splitlines()]
    assert sorted(each["id"] for each in lines) == IDS
    nothing = {"primaryKey": None, "secondaryKey": None}
    for each in lines:
        assert each["authentication"]["symmetricKey"] == nothing
        assert each["authentication"]["type"] == "sas"
        assert each["eTag"] == ("Mg==" if each["id"] == IDS[-1] else "MQ==")


async def check_export(adapter: RegistryAdapter, folder: Path) -> None:
    """Every device is one line, with its keys."""
    folder.mkdir()
    spec = JobSpec(type=JobType.EXPORT, tenant_id=HUB, folder=str(folder), exclude_keys=False)
    jobs = need(adapter.jobs)
    job = await finished(jobs, (await jobs.create(spec)).job_id)
    assert (job.status, job.counts.lines) == (JobStatus.COMPLETED, MANY)
    lines = [json.loads(each) for each in (folder / "devices.txt").read_text("utf-8").splitlines()]
    assert sorted(each["id"] for each in lines) == IDS
    assert all(each["authentication"]["symmetricKey"]["primaryKey"] for each in lines)


async def test_a_fleet_longer_than_a_list_is_worked_with_whole(tmp_path: Path) -> None:
    """Imported, listed, filtered, written, tried again and exported, all of it."""
    told: list[str] = []
    async with serving_hub(tmp_path) as hub, on_hub(hub) as adapter:
        adapter.on_notice = told.append
        await filled(adapter, tmp_path / "in")
        await check_lists(adapter)
        await check_a_hint_is_written(adapter)
        await check_dry_runs(adapter, tmp_path / "in")
        await check_export_without_keys(adapter, tmp_path / "plain")
        assert told == []
        await check_export(adapter, tmp_path / "out")
        assert any("container" in each for each in told)
