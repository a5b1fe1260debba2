"""Imports and exports that this side runs, between files of this machine and a hub (iothub 5.7).

A hub's own jobs move files between blob containers only. An import here sends bulk calls of a
hundred; an export writes what list and query give.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from console.adapters.iothub_bodies import device_of, keyless_of
from console.adapters.iothub_bulk import MOST, BulkFailure, send_bulk
from console.adapters.iothub_credentials import credentials_of
from console.adapters.iothub_devices import read_device
from console.adapters.iothub_known import KnownDevices
from console.adapters.iothub_lines import DeviceLine, entries, file_of, folder_path
from console.adapters.iothub_lists import AT_MOST, list_members, query_devices, total_devices
from console.adapters.iothub_session import AT_ONCE, HubSession
from console.adapters.iothub_together import all_or_none
from registry_backend.domain.credentials import PSK
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.errors import NotFound, RegistryError
from registry_backend.domain.imports import DELETES
from registry_backend.domain.jobs import (
    ImportMode,
    Job,
    JobCheckpoint,
    JobError,
    JobStatus,
    JobType,
)
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import NOT_TOLD
from registry_backend.wire import ndjson
from registry_backend.wire.import_errors import LineFault, format_error_line
from registry_backend.wire.iothub_device_errors import CODES, SERVER_ERROR
from registry_backend.wire.iothub_later import LATER

ERRORS_FILE = "importErrors.log"
NOT_ASKED = (
    "The hub was not asked for every device of the import, so that some of those counted as "
    "created may have been there before."
)
GRACE_SECONDS = 20.0
"""How long a cancelled import waits for the answer to its last call; an answer may take 15."""
UNANSWERED = (
    "The job was cancelled before the hub had answered the call with this line, which may have "
    "been done."
)
FAULT = "The console failed at it. What was applied until then stays."


@dataclass(slots=True)
class Run:
    """One import or export under way on this side, or over.

    Args:
        session: The hub.
        job: As it began.
    """

    session: HubSession
    job: Job
    errors: list[JobError] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None
    _stopping: bool = False
    _sending: bool = False
    """Whether a call with lines is under way, so that the hub may do them."""

    def start(self) -> None:
        """Begin; `job` follows what becomes of it."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End it after the call under way; what was applied stays.

        What the hub did of a call is known by its answer only: where that does not come, its
        lines are told as perhaps done.
        """
        if self._task is not None and not self._task.done():
            self._stopping = True
            self._change(stopping=True)
            if self._sending:
                await asyncio.wait({self._task}, timeout=GRACE_SECONDS)
            self._task.cancel()
            await asyncio.wait({self._task})
        if not self.job.status.finished:  # it was ended before it could begin
            self._end(JobStatus.CANCELLED)

    @property
    def failed(self) -> list[JobError]:
        """The lines that failed, in order of the file."""
        return sorted(self.errors, key=lambda error: error.line or 0)

    async def _run(self) -> None:
        self._change(status=JobStatus.RUNNING, started_at=datetime.now(UTC))
        try:
            if self.job.spec.type is JobType.IMPORT:
                await self._import()
            else:
                await self._export()
        except RegistryError as error:
            self._end(JobStatus.FAILED, str(error))
        except OSError as error:
            # the system does not say which file it is when writing to an open one fails
            path = error.filename or file_of(self.job.spec)
            self._end(JobStatus.FAILED, f"{path}: {error.strerror}.")
        except asyncio.CancelledError:
            self._end(JobStatus.CANCELLED)
            raise
        else:
            self._end(JobStatus.CANCELLED if self._stopping else JobStatus.COMPLETED)
        finally:
            if not self.job.status.finished:  # a fault of the console's own, which surfaces
                self._end(JobStatus.FAILED, FAULT)

    def _end(self, status: JobStatus, reason: str | None = None) -> None:
        if self.job.spec.type is JobType.IMPORT:
            reason = self._write_log() or reason
        self._change(
            status=status, ended_at=datetime.now(UTC), failure_reason=reason, stopping=False
        )

    def _change(self, **members: object) -> None:
        self.job = self.job.model_copy(update=members)

    def _count(self, **more: int) -> None:
        counts = self.job.counts
        changed = {name: getattr(counts, name) + number for name, number in more.items()}
        self._change(counts=counts.model_copy(update=changed))

    # import

    async def _import(self) -> None:
        known = KnownDevices(self.session)
        await known.begin()
        batch: dict[str, tuple[int, DeviceLine]] = {}
        async for number, size, content in entries(self.job.spec):
            if isinstance(content, DeviceLine):
                if content.device_id in batch or len(batch) == MOST:
                    await self._send(batch, known)
                    batch = {}
                    if self._stopping:
                        return
                batch[content.device_id] = (number, content)
            else:
                self._count(lines=1)  # those in hand are counted with what becomes of them
                if isinstance(content, LineFault):
                    self._fail(content.at(number))
            offset = self.job.checkpoint.offset + size
            self._change(checkpoint=JobCheckpoint(offset=offset))
        await self._send(batch, known)

    async def _send(self, batch: dict[str, tuple[int, DeviceLine]], known: KnownDevices) -> None:
        if not batch:
            return
        await known.look(batch)
        if not known.exact:
            self.session.tell(NOT_ASKED)
        self._sending = True
        try:
            failures = await send_bulk(self.session, [line.element for _, line in batch.values()])
        except RegistryError as error:
            self._fail_all(
                batch, f"The call with this line failed, and may have been done: {error.message}"
            )
            raise
        except asyncio.CancelledError:
            self._fail_all(batch, UNANSWERED)
            raise
        finally:
            self._sending = False
        self._count(lines=len(batch))
        failed = {failure.device_id for failure in failures}
        for failure in failures:
            number = batch[failure.device_id][0] if failure.device_id in batch else None
            self._fail(_line_error(failure, number))
        if "" in failed:  # a hub of 2016 does not say which
            self._count(applied_untold=max(0, len(batch) - len(failures)))
            return
        for device_id, (_, line) in batch.items():
            if device_id not in failed:
                self._count(**{_effect(line.mode, known.etag(device_id)): 1})
                known.note(device_id, there=line.mode not in DELETES)

    def _fail_all(self, batch: dict[str, tuple[int, DeviceLine]], text: str) -> None:
        """Tell of lines that nobody knows what became of."""
        self._count(lines=len(batch))
        for place, line in batch.values():
            self._fail(
                JobError(line=place, device_id=line.device_id, code=SERVER_ERROR, message=text)
            )

    def _fail(self, error: JobError) -> None:
        self.errors.append(error)
        self._count(failed=1)

    def _write_log(self) -> str | None:
        """The lines that failed, as a hub would write them; why that could not be done."""
        path = folder_path(self.job.spec.written_folder) / ERRORS_FILE
        text = "".join(f"{format_error_line(each)}\n" for each in self.failed)
        try:
            path.write_text(text, "utf-8")
        except OSError as error:
            return f"{path} was not written: {error.strerror}."
        return None

    # export

    async def _export(self) -> None:
        spec = self.job.spec
        path = file_of(spec)
        listed = await list_members(self.session)
        total = len(listed)
        if total >= AT_MOST:
            total = max(total, await total_devices(self.session))
        self._change(total_lines=total)
        if total > AT_MOST and not spec.exclude_keys:
            self.session.tell(
                "The keys of more than a thousand devices are read one by one. An export into a "
                "container is the hub's own work and quicker."
            )
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".export-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                if spec.format == "ndjson":
                    file.write(f"{ndjson.format_tenant(_tenant(spec.tenant_id))}\n")
                async for members in self._everything(listed):
                    file.write(f"{self._line(members)}\n")
                    self._count(lines=1)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)

    async def _everything(self, listed: Sequence[JsonObject]) -> AsyncIterator[JsonObject]:
        for members in listed:
            yield members
        if len(listed) < AT_MOST:
            return
        seen = {members.get("deviceId") for members in listed}
        token: str | None = None
        while True:
            rows, token = await query_devices(self.session, "", token)
            told = {
                row["deviceId"]: self._without_reading(row)
                for row in rows
                if isinstance(row, dict) and isinstance(row.get("deviceId"), str)
            }
            fresh = [each for each in told if each not in seen]
            seen.update(fresh)
            for whole in (told[each] for each in fresh):
                if whole is not None:
                    yield whole
            wanted = [each for each in fresh if told[each] is None]
            for start in range(0, len(wanted), AT_ONCE):
                some = wanted[start : start + AT_ONCE]
                for shown in await all_or_none(self._read(each) for each in some):
                    if shown is not None:
                        yield shown
            if token is None:
                return

    def _without_reading(self, row: JsonObject) -> JsonObject | None:
        """What the query says, where the line needs no more: a hub is asked little (iothub 8)."""
        spec = self.job.spec
        return keyless_of(row) if spec.exclude_keys and spec.format == "devices.txt" else None

    async def _read(self, device_id: str) -> JsonObject | None:
        try:
            return await read_device(self.session, device_id)
        except NotFound:  # a query shows it although it is gone (iothub 5.6)
            return None

    def _line(self, members: JsonObject) -> str:
        spec = self.job.spec
        if spec.format == "ndjson":
            device = device_of(spec.tenant_id, members)
            credentials = credentials_of(spec.tenant_id, members).credentials
            if spec.exclude_keys:
                credentials = tuple(each for each in credentials if each.type != PSK)
            return ndjson.format_device(device, credentials)
        return export_line(members, exclude_keys=spec.exclude_keys)


def export_line(members: JsonObject, *, exclude_keys: bool) -> str:
    """A device as an export's line has it (iothub 4.3)."""
    line: JsonObject = {
        "id": members["deviceId"],
        "eTag": members.get("etag"),
        "status": members.get("status", "enabled"),
    }
    if members.get("statusReason"):
        line["statusReason"] = members["statusReason"]
    authentication = dict(members.get("authentication") or {})
    if exclude_keys and authentication.get("symmetricKey"):
        authentication["symmetricKey"] = {"primaryKey": None, "secondaryKey": None}
    line["authentication"] = authentication
    line |= {name: members[name] for name in LATER if members.get(name)}
    return compact_json(line)


def _tenant(tenant_id: str) -> Tenant:
    return Tenant(
        tenant_id=tenant_id, attributes=TenantAttributes(), version="", created_at=NOT_TOLD
    )


def _line_error(failure: BulkFailure, number: int | None) -> JobError:
    code = failure.code or CODES.get(failure.name.lower(), 0)
    text = failure.message or failure.name or "the hub gave no reason"
    return JobError(line=number, device_id=failure.device_id or None, code=code, message=text)


def _effect(mode: ImportMode, etag: str | None) -> str:
    if mode in DELETES:
        return "deleted"
    if mode is ImportMode.CREATE or (etag is None and mode not in _UPDATES):
        return "created"
    return "updated"


_UPDATES = frozenset({ImportMode.UPDATE, ImportMode.UPDATE_IF_MATCH_ETAG})
