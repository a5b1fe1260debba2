"""Import and export jobs over HTTP (iothub 2.1, 3.3, 6.1, 6.2)."""

from __future__ import annotations

from registry_backend.api.answers import Answer
from registry_backend.api.iothub.bodies import read_json
from registry_backend.api.iothub.service import Call, json_answer
from registry_backend.domain.errors import Denied, NotFound
from registry_backend.domain.jobs import Job, JobSpec, JobType
from registry_backend.wire.iothub_device_errors import NOT_IN_CURRENT_STATE, HubInvalid
from registry_backend.wire.iothub_device_job import read_job, write_job, write_unknown_job


async def create(call: Call) -> Answer:
    """POST: whichever type the body says."""
    return await _created(call, read_job(read_json(call), call.version, tenant_id=_tenant(call)))


async def create_import(call: Call) -> Answer:
    """GET or POST `importdevices`: an import by another name (iothub 1, row 3)."""
    body = read_json(call)
    spec = read_job(body, call.version, tenant_id=_tenant(call), kind=JobType.IMPORT)
    return await _created(call, spec)


async def get(call: Call) -> Answer:
    """GET one."""
    return json_answer(write_job(await job_of(call, call.ids[0]), call.version))


async def search(call: Call) -> Answer:
    """GET all that are remembered, newest first. Raises NotFound (hub)."""
    await call.service.registry.hub_devices.check(call.hub)
    jobs = await call.service.jobs.list(_tenant(call))
    return json_answer([write_job(job, call.version) for job in jobs])


async def cancel(call: Call) -> Answer:
    """DELETE: stops the job; what it applied stays."""
    job = await job_of(call, call.ids[0])
    if job.status.finished:
        raise HubInvalid(NOT_IN_CURRENT_STATE, f"The job is {job.status.value} already.")
    await call.service.jobs.cancel(job.job_id, actor=call.actor)
    return Answer(204)


async def scheduled(call: Call) -> Answer:
    """GET a scheduled job, of which there are none: clients then ask for the other kind.

    Raises NotFound (hub).
    """
    await call.service.registry.hub_devices.check(call.hub)
    return json_answer(write_unknown_job(call.ids[0]))


async def all_scheduled(call: Call) -> Answer:
    """GET all scheduled jobs: none. Raises NotFound (hub)."""
    await call.service.registry.hub_devices.check(call.hub)
    return json_answer([])


async def start(call: Call, spec: JobSpec) -> Job:
    """Begin a job. Raises what `JobRunner.create` does, and Denied in a registry for reading."""
    if call.service.read_only:
        raise Denied("This registry is open for reading only, so no job can begin.")
    await call.service.registry.hub_devices.ensure(call.hub, actor=call.actor)
    return await call.service.jobs.create(spec, actor=call.actor)


async def job_of(call: Call, job_id: str) -> Job:
    """A job of this hub. Raises NotFound."""
    job = await call.service.jobs.get(job_id)
    if job.spec.tenant_id != _tenant(call):
        raise NotFound(f"There is no job {job_id!r}.", hint="It may have been forgotten.")
    return job


async def _created(call: Call, spec: JobSpec) -> Answer:
    return json_answer(write_job(await start(call, spec), call.version))


def _tenant(call: Call) -> str:
    return call.hub.tenant_id
