"""Applying drafts to devices inside one transaction, in the order of the file (iothub 6.4)."""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device, changed_device, generation_at, new_device
from registry_backend.domain.errors import AlreadyExists, Invalid
from registry_backend.domain.imports import CREATE_HINT, Refusal, judge
from registry_backend.jobs import history
from registry_backend.jobs.claims import BatchRow, Claims
from registry_backend.jobs.drafts import DeviceDraft
from registry_backend.jobs.ground import Ground
from registry_backend.jobs.outcome import UNLIMITED, ApplyRules, Outcome
from registry_backend.wire.import_errors import (
    ARGUMENT_INVALID,
    DEVICE_ALREADY_EXISTS,
    DEVICE_NOT_FOUND,
    PRECONDITION_FAILED,
    QUOTA_EXCEEDED,
    LineFault,
)
from registry_backend.wire.iothub import etag_matches, etag_of
from registry_backend.wire.ndjson import WholeDevice


class TenantBatch:
    """The lines of one tenant in one transaction.

    Args:
        transaction: Where to read and write, or to try.
        tenant_id: Whose devices.
        rules: What holds for the job.
        device_ids: Every device the lines will name.
        check_owners: Look up who owns each (type, auth-id) before taking it. Without it a clash
            surfaces as AlreadyExists, at the latest from the store: then run again, with it.
    """

    def __init__(
        self,
        transaction: Ground,
        tenant_id: str,
        rules: ApplyRules,
        device_ids: Sequence[str],
        *,
        check_owners: bool,
    ) -> None:
        self._transaction = transaction
        self._tenant_id = tenant_id
        self._rules = rules
        self._rows = self._load(device_ids)
        # What stored devices let go of may be taken by a later line, but not by an earlier one:
        # only among new devices does the store's own check come to the same result.
        self._check_owners = check_owners or any(row.stored for row in self._rows.values())
        self._claims = Claims(transaction, tenant_id, self._rows)
        self._generation = generation_at(rules.at)
        limits = rules.limits_of(transaction.get_tenant(tenant_id))
        self._max_devices, self._max_credentials = limits
        self._total = transaction.statistics(tenant_id).total

    def apply(self, line: int | None, draft: DeviceDraft, outcome: Outcome) -> None:
        """Let one line take effect on what the lines before it left."""
        row = self._rows[draft.device_id]
        try:
            fault = self._change(row, draft, outcome)
        except Invalid as error:
            fault = LineFault(ARGUMENT_INVALID, error.message, draft.device_id)
        if fault is not None:
            outcome.refuse(line, fault)

    def write(self) -> None:
        """Hand the result to the store: removals first, since they free auth-ids."""
        puts: list[tuple[Device, tuple[Credential, ...] | None]] = []
        for row in self._rows.values():
            if row.device is None:
                if row.stored is not None:
                    self._transaction.delete_device(
                        self._tenant_id, row.stored.device_id, expected=row.stored.version
                    )
            elif row.changed:
                puts.append((row.device, row.credentials if row.credentials_changed else None))
        if puts:
            self._transaction.put_devices(puts)

    def _load(self, device_ids: Sequence[str]) -> dict[str, BatchRow]:
        wanted = list(dict.fromkeys(device_ids))
        sets = self._transaction.get_many_credentials(self._tenant_id, wanted)
        # One by one, each read would hand the interpreter to the thread that reads ahead.
        devices = self._transaction.get_many_devices(self._tenant_id, list(sets))
        rows = {}
        for device_id in wanted:
            stored, theirs = devices.get(device_id), sets.get(device_id)
            credentials = () if stored is None or theirs is None else theirs.credentials
            rows[device_id] = BatchRow(stored, stored, credentials)
        return rows

    def _change(self, row: BatchRow, draft: DeviceDraft, outcome: Outcome) -> LineFault | None:
        device = row.device
        verdict = judge(
            draft.mode or self._rules.default_mode,
            exists=device is not None,
            etag_matches=device is not None and etag_matches(draft.etag, device.revision),
        )
        if isinstance(verdict, Refusal):
            return fault_of(verdict, draft, revision=None if device is None else device.revision)
        if device is None:
            fault = self._create(row, draft, outcome)
        elif verdict == "delete":
            fault = self._delete(row, device, outcome)
        else:
            fault = self._update(row, device, draft, outcome)
        if fault is None:
            outcome.count(draft.device_id, draft.mode, verdict)
        return fault

    def _create(self, row: BatchRow, draft: DeviceDraft, outcome: Outcome) -> LineFault | None:
        if self._max_devices != UNLIMITED and self._total >= self._max_devices:
            return LineFault(
                QUOTA_EXCEEDED,
                f"Total number of devices exceeded the allocated quota: tenant {self._tenant_id} "
                f"may have {self._max_devices}.",
                draft.device_id,
            )
        credentials = draft.credentials_over(())
        fault = self._refuse_credentials(draft.device_id, (), credentials)
        if fault is not None:
            return fault
        self._generation += 1
        created = new_device(
            self._tenant_id,
            draft.device_id,
            draft.attributes_over(None),
            at=draft.created_at or self._rules.at,
            generation_id=draft.generation_id or str(self._generation),
        )
        row.device = draft.dated(created) if isinstance(draft, WholeDevice) else created
        row.credentials = credentials
        row.changed = row.credentials_changed = True
        self._total += 1
        outcome.journal.append(history.created(self._rules, self._tenant_id, draft.device_id))
        return None

    def _update(
        self, row: BatchRow, device: Device, draft: DeviceDraft, outcome: Outcome
    ) -> LineFault | None:
        attributes = draft.attributes_over(device.attributes)
        credentials = draft.credentials_over(row.credentials)
        fault = self._refuse_credentials(draft.device_id, row.credentials, credentials)
        if fault is not None:
            return fault
        if not self._check_owners and _names(row.credentials) - _names(credentials):
            raise AlreadyExists("What a device of this batch let go of may be another's.")
        outcome.journal.append(history.updated(self._rules, device))
        if credentials != row.credentials:
            before = row.credentials
            outcome.journal.append(history.credentials_updated(self._rules, device, before))
            row.credentials_changed = True
        changed = changed_device(device, attributes, at=self._rules.at)
        if draft.generation_id or draft.created_at:
            copied = {
                "generation_id": draft.generation_id or device.generation_id,
                "created_at": draft.created_at or device.created_at,
            }
            changed = changed.model_copy(update=copied)
        row.device = changed
        row.credentials = credentials
        row.changed = True
        return None

    def _delete(self, row: BatchRow, device: Device, outcome: Outcome) -> LineFault | None:
        if not self._check_owners:
            raise AlreadyExists("A device made in this batch goes again: owners must be followed.")
        outcome.journal.append(history.deleted(self._rules, device))
        row.device, row.credentials = None, ()
        row.changed = row.credentials_changed = True
        self._total -= 1
        return None

    def _refuse_credentials(
        self, device_id: str, before: Sequence[Credential], after: Sequence[Credential]
    ) -> LineFault | None:
        limit = self._max_credentials
        if limit != UNLIMITED and len(after) > max(limit, len(before)):
            return LineFault(
                QUOTA_EXCEEDED,
                f"configured credentials limit exceeded: tenant {self._tenant_id} allows {limit} "
                "for a device",
                device_id,
            )
        if not self._check_owners:
            return None
        return self._claims.take(device_id, before, after)


def _names(credentials: Sequence[Credential]) -> set[tuple[str, str]]:
    return {(credential.type, credential.auth_id) for credential in credentials}


def fault_of(refusal: Refusal, draft: DeviceDraft, *, revision: int | None) -> LineFault:
    """The table's refusal with what is known of the device; None: it is not there."""
    if revision is None:
        return _missing(draft.device_id)
    if refusal.code == PRECONDITION_FAILED:
        return _differs(draft, revision)
    return _exists(draft.device_id)


def _missing(device_id: str) -> LineFault:
    return LineFault(DEVICE_NOT_FOUND, f"Device {device_id!r} is not registered.", device_id)


def _exists(device_id: str) -> LineFault:
    message = f"A device with ID {device_id!r} is already registered. {CREATE_HINT}"
    return LineFault(DEVICE_ALREADY_EXISTS, message, device_id)


def _differs(draft: DeviceDraft, revision: int) -> LineFault:
    current = etag_of(revision)
    given = f"the line says {draft.etag}" if draft.etag else "the line has no eTag"
    return LineFault(
        PRECONDITION_FAILED,
        f"Precondition failed: device version did not match, it is {current} and {given}.",
        draft.device_id,
    )
