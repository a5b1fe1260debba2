"""Pages of an export as the bytes of its file, read in key order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial

from registry_backend.domain.errors import Fault
from registry_backend.domain.identifiers import HUB_DEVICE_ID
from registry_backend.domain.jobs import Job, JobError
from registry_backend.jobs.running import Run
from registry_backend.storage.base import DeviceTexts, Snapshot
from registry_backend.wire import iothub, ndjson
from registry_backend.wire.import_errors import ARGUMENT_INVALID
from registry_backend.wire.iothub_texts import line_text

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page as bytes of the file, and the last device in it."""

    text: bytes = field(repr=False)
    """Holds keys."""
    written: int
    errors: Sequence[JobError]
    after_id: str | None
    last: bool


def read_page(snapshot: Snapshot, run: Run, job: Job, after: str | None) -> Stretch | None:
    """The page after a device; None when the job is no longer this runner's to run.

    Raises:
        Fault: when a stored document cannot be read.
    """
    if not run.owns(snapshot, job.job_id):
        return None
    rows = snapshot.page_device_texts(job.spec.tenant_id, after=after, limit=PAGE)
    writable, errors = rows, []
    if job.spec.format != "ndjson":
        writable = [row for row in rows if HUB_DEVICE_ID.fullmatch(row.device_id)]
        errors = [_unwritable(row) for row in rows if not HUB_DEVICE_ID.fullmatch(row.device_id)]
    lines = _lines(snapshot, job, writable)
    return Stretch(
        "".join(f"{line}\n" for line in lines).encode("utf-8"),
        len(lines),
        errors,
        rows[-1].device_id if rows else after,
        len(rows) < PAGE,
    )


def _lines(snapshot: Snapshot, job: Job, rows: Sequence[DeviceTexts]) -> Sequence[str]:
    """Lines of the page; what cannot be written from its texts is read as models."""
    if job.spec.format == "ndjson":
        return list(_full_lines(snapshot, job, rows))
    texts = [line_text(*row, exclude_keys=job.spec.exclude_keys) for row in rows]
    unusual = [row for row, text in zip(rows, texts, strict=True) if text is None]
    full = iter(_full_lines(snapshot, job, unusual) if unusual else ())
    return [next(full) if text is None else text for text in texts]


def _full_lines(snapshot: Snapshot, job: Job, rows: Iterable[DeviceTexts]) -> Iterable[str]:
    tenant_id, ids = job.spec.tenant_id, [row.device_id for row in rows]
    sets = snapshot.get_many_credentials(tenant_id, ids)
    write = ndjson.format_device
    if job.spec.format != "ndjson":
        write = partial(iothub.format_line, exclude_keys=job.spec.exclude_keys)
    for device_id in ids:
        device = snapshot.get_device(tenant_id, device_id)
        if device is None:
            raise Fault(f"Device {device_id!r} vanished while it was read.")
        yield write(device, sets[device_id].credentials)


def _unwritable(row: DeviceTexts) -> JobError:
    """Why a device has no line: Hono allows longer ids than IoT Hub."""
    message = "the id is longer than 128 characters, or has some that IoT Hub does not know"
    return JobError(device_id=row.device_id, code=ARGUMENT_INVALID, message=message)
