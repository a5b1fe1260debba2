"""Finding out what an import would do by doing it to a registry that is only thought (iothub 6.6).

The very code of the import applies the lines, so both come to the same result. The file is read
twice: first to learn which devices more than one line names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.imports import DryRunCounter
from registry_backend.domain.jobs import ImportMode, JobSpec
from registry_backend.domain.journal import Actor
from registry_backend.jobs.drafts import Chunk, DeviceDraft, PlainDevice
from registry_backend.jobs.entries import apply_entries
from registry_backend.jobs.outcome import UNLIMITED, ApplyRules, Outcome
from registry_backend.jobs.preparing import Preparation
from registry_backend.jobs.sources import Source, open_source
from registry_backend.jobs.trial import Again, Key, Left, Trial, claim_key, device_key
from registry_backend.storage.base import Snapshot, Store
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.ndjson import TenantDraft, WholeDevice

Progress = Callable[[int], object]
"""Told how many lines were judged so far."""


async def try_import(
    store: Store,
    spec: JobSpec,
    preparation: Preparation,
    *,
    max_devices: int,
    at: datetime,
    progress: Progress | None = None,
) -> DryRun:
    """Judge every line of an import between folders of this machine, and write nothing.

    Raises:
        Invalid, NotFound: why the import as a whole could not go on.
        OSError: when the input cannot be read.
    """
    source = await asyncio.to_thread(open_source, spec, preparation)
    again = await asyncio.to_thread(_named_again, source, spec)
    actor = Actor(via="import", name="dry run")
    rules = ApplyRules(spec.default_mode, actor, at, max_devices)
    judge = _Judge(spec, rules, Left(again))
    offset, lines, last = 0, 0, False
    while not last:
        chunk = await asyncio.to_thread(source.read, offset=offset, lines=lines)
        await store.read(judge.on(chunk))
        offset, lines, last = chunk.offset, lines + chunk.lines, chunk.last
        if progress is not None:
            progress(lines)
    return judge.counter.result()


class _Judge:
    """Judges stretch after stretch."""

    def __init__(self, spec: JobSpec, rules: ApplyRules, left: Left) -> None:
        self.counter = DryRunCounter(spec.default_mode)
        self._spec = spec
        self._rules = rules
        self._left = left

    def on(self, chunk: Chunk) -> Callable[[Snapshot], None]:
        """The work of a stretch."""

        def work(snapshot: Snapshot) -> None:
            trial = Trial(snapshot, self._left)
            if not self._judge_plain(trial, chunk):
                self._judge(trial, chunk)
            self._name(chunk)

        return work

    def _judge_plain(self, trial: Trial, chunk: Chunk) -> bool:
        """Count a stretch of which every usable line creates a device; whether it is one."""
        plain, tenant_id = chunk.plain, self._spec.tenant_id
        tenant = trial.get_tenant(tenant_id)
        if not plain or tenant is None:
            return False
        max_devices, max_credentials = self._rules.limits_of(tenant)
        total = trial.statistics(tenant_id).total + len(plain)
        if (max_devices != UNLIMITED and total > max_devices) or max_credentials != UNLIMITED:
            return False
        if not trial.are_new(tenant_id, [device.device_id for device in plain]):
            return False
        if any(_is_taken(trial, tenant_id, device) for device in plain):
            return False
        trial.add(tenant_id, len(plain))
        for line, entry in chunk.entries:
            if isinstance(entry, LineFault):
                self.counter.refuse(entry.at(line))
            elif not isinstance(entry, TenantDraft):
                self.counter.note(entry.mode, "create")
        self.counter.skip(chunk.lines - len(chunk.entries))
        return True

    def _judge(self, trial: Trial, chunk: Chunk) -> None:
        outcome = Outcome(noted=[])
        apply_entries(
            trial, self._spec, chunk.entries, self._rules, check_owners=True, outcome=outcome
        )
        modes: dict[int, ImportMode | None] = {
            line: entry.mode
            for line, entry in chunk.entries
            if line is not None and not isinstance(entry, LineFault | TenantDraft)
        }
        for error in outcome.errors:
            mode = None if error.line is None else modes.get(error.line)
            self.counter.refuse(error, mode)
        noted = outcome.noted or []
        for _, mode, effect in noted:
            self.counter.note(mode, effect)
        self.counter.skip(chunk.lines - len(outcome.errors) - len(noted))

    def _name(self, chunk: Chunk) -> None:
        again = self._left.again.devices
        if again:
            for _, entry in chunk.entries:
                if not isinstance(entry, LineFault | TenantDraft):
                    tenant_id = entry.tenant_id or self._spec.tenant_id
                    if device_key(tenant_id, entry.device_id) in again:
                        self.counter.name(entry.device_id)


def _is_taken(trial: Trial, tenant_id: str, device: PlainDevice) -> bool:
    """Whether another device is known by what this one would be."""
    return any(
        trial.owner_of(tenant_id, credential.type, credential.auth_id) is not None
        for credential in device.credentials
    )


def _named_again(source: Source, spec: JobSpec) -> Again:
    """What more than one line names; blocks."""
    again = Again()
    devices: set[Key] = set()
    claims: dict[Key, str] = {}
    offset, lines, last = 0, 0, False
    while not last:
        chunk = source.read(offset=offset, lines=lines)
        for _, entry in chunk.entries:
            if isinstance(entry, LineFault | TenantDraft):
                continue
            tenant_id = entry.tenant_id or spec.tenant_id
            key = device_key(tenant_id, entry.device_id)
            if key in devices:
                again.devices.add(key)
            devices.add(key)
            _note_claims(again, claims, tenant_id, entry)
        offset, lines, last = chunk.offset, lines + chunk.lines, chunk.last
    return again


def _note_claims(again: Again, claims: dict[Key, str], tenant_id: str, draft: DeviceDraft) -> None:
    """Lines of a hub name nothing but what bears the device's own id."""
    if not isinstance(draft, WholeDevice):
        return
    for credential in draft.credentials or ():
        key = claim_key(tenant_id, credential.type, credential.auth_id)
        if claims.setdefault(key, draft.device_id) != draft.device_id:
            again.claims.add(key)
