"""Finding out what an import would do by doing it to a registry that is only thought (iothub 6.6).

The very code of the import applies the lines, so both come to the same result. The file is read
twice: first to learn which devices more than one line names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from registry_backend.domain.credentials import PSK, X509_THUMBPRINT
from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.imports import DELETES, DryRunCounter, Refusal, judge
from registry_backend.domain.jobs import ImportMode, JobSpec
from registry_backend.domain.journal import Actor
from registry_backend.jobs.applying import fault_of
from registry_backend.jobs.drafts import Chunk, DeviceDraft
from registry_backend.jobs.entries import apply_entries
from registry_backend.jobs.outcome import UNLIMITED, ApplyRules, Outcome
from registry_backend.jobs.preparing import Preparation
from registry_backend.jobs.sources import Source, open_source
from registry_backend.jobs.trial import Again, Key, Left, Trial, claim_key, device_key
from registry_backend.storage.base import Snapshot, Store
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.iothub import HubLine, etag_matches
from registry_backend.wire.iothub_later import takes_away
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
            if not self._judge_quickly(trial, chunk):
                self._judge(trial, chunk)
            self._name(chunk)

        return work

    def _judge_quickly(self, trial: Trial, chunk: Chunk) -> bool:
        """Judge a stretch by the table alone, where nothing else can have a say; whether it did."""
        tenant_id, tenant = self._spec.tenant_id, trial.get_tenant(self._spec.tenant_id)
        drafts = [entry for _, entry in chunk.entries if isinstance(entry, HubLine)]
        faults = sum(isinstance(entry, LineFault) for _, entry in chunk.entries)
        if tenant is None or len(drafts) + faults != len(chunk.entries):
            return False
        max_devices, max_credentials = self._rules.limits_of(tenant)
        most = trial.statistics(tenant_id).total + len(drafts)
        if (max_devices != UNLIMITED and most > max_devices) or max_credentials != UNLIMITED:
            return False
        # What a device that goes was known by is free for others, so its credentials are read.
        if any(
            draft.hub is not None or (draft.mode or self._rules.default_mode) in DELETES
            for draft in drafts
        ):
            return False
        ids = [draft.device_id for draft in drafts]
        if not trial.named_once(tenant_id, ids):
            return False
        if any(_is_taken(trial, tenant_id, draft) for draft in drafts):
            return False
        revisions = trial.revisions(tenant_id, ids)
        losing = _losing(trial, tenant_id, [each for each in drafts if each.device_id in revisions])
        created = 0
        for line, entry in chunk.entries:
            if isinstance(entry, LineFault):
                self.counter.refuse(entry.at(line))
            elif isinstance(entry, HubLine):
                revision = revisions.get(entry.device_id)
                loses = entry.device_id in losing
                created += self._judge_line(line, entry, revision, takes_away=loses)
        trial.add(tenant_id, created)
        self.counter.skip(chunk.lines - len(chunk.entries))
        return True

    def _judge_line(
        self, line: int | None, draft: HubLine, revision: int | None, *, takes_away: bool
    ) -> bool:
        """Judge a line by the revision of its device; whether it creates one."""
        verdict = judge(
            draft.mode or self._rules.default_mode,
            exists=revision is not None,
            etag_matches=revision is not None and etag_matches(draft.etag, revision),
        )
        if isinstance(verdict, Refusal):
            self.counter.refuse(fault_of(verdict, draft, revision=revision).at(line), draft.mode)
            return False
        self.counter.note(draft.mode, verdict, lacks_keys=draft.lacks_keys, takes_away=takes_away)
        return verdict == "create"

    def _judge(self, trial: Trial, chunk: Chunk) -> None:
        outcome = Outcome(noted=[])
        drafts = [entry for _, entry in chunk.entries if isinstance(entry, HubLine)]
        losing = _losing(trial, self._spec.tenant_id, drafts)
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
        lacking = {draft.device_id for draft in drafts if draft.lacks_keys}
        for device_id, mode, effect in noted:
            self.counter.note(
                mode,
                effect,
                lacks_keys=device_id in lacking,
                takes_away=device_id in losing,
            )
        self.counter.skip(chunk.lines - len(outcome.errors) - len(noted))

    def _name(self, chunk: Chunk) -> None:
        again = self._left.again.devices
        if again:
            for _, entry in chunk.entries:
                if not isinstance(entry, LineFault | TenantDraft):
                    tenant_id = entry.tenant_id or self._spec.tenant_id
                    if device_key(tenant_id, entry.device_id) in again:
                        self.counter.name(entry.device_id)


def _losing(trial: Trial, tenant_id: str, drafts: Sequence[HubLine]) -> set[str]:
    """The devices, as they are before these lines, that would lose what such a line leaves out."""
    there = trial.get_many_devices(tenant_id, [draft.device_id for draft in drafts])
    losing = set()
    for draft in drafts:
        device = there.get(draft.device_id)
        if device is None or (
            device.attributes.hub is None and not device.attributes.status_reason
        ):
            continue
        hub = device.attributes.hub.to_json() if device.attributes.hub else {}
        held = {**hub, "statusReason": device.attributes.status_reason}
        if takes_away(held, {**(draft.hub or {}), "statusReason": draft.status_reason}):
            losing.add(draft.device_id)
    return losing


def _is_taken(trial: Trial, tenant_id: str, draft: HubLine) -> bool:
    """Whether another device is known by what this one would be."""
    kinds = (PSK if draft.keys else "", X509_THUMBPRINT if draft.thumbprints else "")
    return any(
        trial.owner_of(tenant_id, kind, draft.device_id) not in (None, draft.device_id)
        for kind in kinds
        if kind
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
