"""Jobs as the resource provider names them: accepted first, asked after later (iothub 3.3).

The hub is named by the path; a token for the host of the request opens it like the others.
"""

from __future__ import annotations

from urllib.parse import quote

from registry_backend.api.answers import Answer
from registry_backend.api.iothub.bodies import read_json
from registry_backend.api.iothub.jobs import job_of, start
from registry_backend.api.iothub.service import Call, json_answer
from registry_backend.domain.jobs import Job, JobStatus, JobType
from registry_backend.wire.iothub_device import object_of
from registry_backend.wire.iothub_device_job import read_job, write_job

RETRY_SECONDS = 2
"""How long a client waits before it asks again."""
_STATES = {
    JobStatus.COMPLETED: "Succeeded",
    JobStatus.FAILED: "Failed",
    JobStatus.CANCELLED: "Canceled",
}


async def export_devices(call: Call) -> Answer:
    """POST: the job at once for the older form of the body, else 202 and where to ask."""
    body = read_json(call)
    spec = read_job(body, call.version, tenant_id=call.hub.tenant_id, kind=JobType.EXPORT)
    job = await start(call, spec)
    if "exportBlobContainerUri" in object_of(body, "The body"):
        return json_answer(write_job(job, call.version))
    return _accepted(call, job)


async def import_devices(call: Call) -> Answer:
    """POST: 202 and where to ask."""
    body = read_json(call)
    spec = read_job(body, call.version, tenant_id=call.hub.tenant_id, kind=JobType.IMPORT)
    return _accepted(call, await start(call, spec))


async def result(call: Call) -> Answer:
    """GET: 202 until the job is finished, then the job."""
    job = await job_of(call, call.ids[3])
    return (
        json_answer(write_job(job, call.version)) if job.status.finished else _accepted(call, job)
    )


async def operation(call: Call) -> Answer:
    """GET how far it is, in the words of resource providers."""
    job = await job_of(call, call.ids[3])
    members: dict[str, object] = {
        "id": _address(call, "operations", job).removeprefix(call.base).partition("?")[0],
        "name": job.job_id,
        "status": _STATES.get(job.status, "InProgress"),
        "percentComplete": write_job(job, call.version)["progress"],
    }
    if job.status is JobStatus.FAILED:
        members["error"] = {"code": "JobFailed", "message": job.failure_reason or ""}
    headers = {} if job.status.finished else {"Retry-After": str(RETRY_SECONDS)}
    return json_answer(members, headers=headers)


def _accepted(call: Call, job: Job) -> Answer:
    headers = {
        "Location": _address(call, "operationResults", job),
        "Azure-AsyncOperation": _address(call, "operations", job),
        "Retry-After": str(RETRY_SECONDS),
    }
    return Answer(202, headers=headers)


def _address(call: Call, what: str, job: Job) -> str:
    subscription, group, hub = (quote(each, safe="") for each in call.ids[:3])
    return (
        f"{call.base}/subscriptions/{subscription}/resourceGroups/{group}/providers/"
        f"Microsoft.Devices/IotHubs/{hub}/{what}/{job.job_id}?api-version={call.version.text}"
    )
