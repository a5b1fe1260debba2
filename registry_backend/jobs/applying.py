"""Applying drafts to devices inside one transaction, in the order of the file (iothub 6.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import AlreadyExists, Invalid
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import ImportMode, JobCounts, JobError
from registry_backend.domain.journal import Action, Actor, JournalEntry, Resource
from registry_backend.domain.secrets import fingerprint, redact
from registry_backend.domain.timestamps import to_micros
from registry_backend.jobs.drafts import DeviceDraft
from registry_backend.storage.base import Transaction
from registry_backend.wire.import_errors import (
    ARGUMENT_INVALID,
    CONFLICT,
    DEVICE_ALREADY_EXISTS,
    DEVICE_NOT_FOUND,
    PRECONDITION_FAILED,
    QUOTA_EXCEEDED,
    LineFault,
)
from registry_backend.wire.iothub import etag_matches, etag_of

UNLIMITED = -1
_TICKS_AT_1970 = 621_355_968_000_000_000

_CREATES = frozenset(
    {
        ImportMode.CREATE,
        ImportMode.CREATE_OR_UPDATE,
        ImportMode.CREATE_OR_UPDATE_IF_MATCH_ETAG,
    }
)
_COMPARES = frozenset(
    {
        ImportMode.UPDATE_IF_MATCH_ETAG,
        ImportMode.CREATE_OR_UPDATE_IF_MATCH_ETAG,
        ImportMode.DELETE_IF_MATCH_ETAG,
    }
)
_OPEN_MEMBERS = frozenset(
    {"id", "enabled", "not-before", "not-after", "comment", "hash-function", "algorithm"}
)
"""Members of a secret that the journal shows; any other may be what it is checked against."""
_DELETES = frozenset({ImportMode.DELETE, ImportMode.DELETE_IF_MATCH_ETAG})


@dataclass(frozen=True, slots=True)
class ApplyRules:
    """What holds for every line of a job."""

    default_mode: ImportMode
    actor: Actor
    at: datetime
    max_devices: int = UNLIMITED
    """For tenants without a limit of their own."""


@dataclass(slots=True)
class Outcome:
    """What a stretch of lines did."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    errors: list[JobError] = field(default_factory=list)
    journal: list[JournalEntry] = field(default_factory=list)

    def counted(self, counts: JobCounts, lines: int) -> JobCounts:
        """The job's counts with these added."""
        return JobCounts(
            lines=counts.lines + lines,
            created=counts.created + self.created,
            updated=counts.updated + self.updated,
            deleted=counts.deleted + self.deleted,
            failed=counts.failed + len(self.errors),
        )


@dataclass(slots=True)
class _Row:
    """A device as the lines so far leave it; None: it is not there."""

    stored: Device | None
    device: Device | None
    credentials: tuple[Credential, ...]
    changed: bool = False
    credentials_changed: bool = False


class TenantBatch:
    """The lines of one tenant in one transaction.

    Args:
        transaction: Where to read and write.
        tenant_id: Whose devices.
        rules: What holds for the job.
        device_ids: Every device the lines will name.
        check_owners: Look up who owns each (type, auth-id) before taking it. Without it a clash
            surfaces as AlreadyExists, at the latest from the store: then run again, with it.
    """

    def __init__(
        self,
        transaction: Transaction,
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
        self._claims: dict[tuple[str, str], str] = {}
        self._ticks = _TICKS_AT_1970 + to_micros(rules.at) * 10
        self._max_devices, self._max_credentials = self._limits()
        self._total = transaction.statistics(tenant_id).total

    def apply(self, line: int | None, draft: DeviceDraft, outcome: Outcome) -> None:
        """Let one line take effect on what the lines before it left."""
        row = self._rows[draft.device_id]
        try:
            fault = self._change(row, draft, outcome)
        except Invalid as error:
            fault = LineFault(ARGUMENT_INVALID, error.message, draft.device_id)
        if fault is not None:
            outcome.errors.append(fault.at(line))

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

    def _load(self, device_ids: Sequence[str]) -> dict[str, _Row]:
        wanted = list(dict.fromkeys(device_ids))
        sets = self._transaction.get_many_credentials(self._tenant_id, wanted)
        rows = {}
        for device_id in wanted:
            theirs = sets.get(device_id)
            if theirs is None:
                rows[device_id] = _Row(None, None, ())
                continue
            stored = self._transaction.get_device(self._tenant_id, device_id)
            rows[device_id] = _Row(stored, stored, theirs.credentials)
        return rows

    def _limits(self) -> tuple[int, int]:
        tenant = self._transaction.get_tenant(self._tenant_id)
        limits = tenant.attributes.registration_limits if tenant else None
        if limits is None:
            return self._rules.max_devices, UNLIMITED
        own = limits.max_devices
        devices = self._rules.max_devices if own == UNLIMITED else own
        return devices, limits.max_credentials_per_device

    def _change(self, row: _Row, draft: DeviceDraft, outcome: Outcome) -> LineFault | None:
        mode = draft.mode or self._rules.default_mode
        if row.device is None:
            if mode not in _CREATES:
                return _missing(draft.device_id)
            return self._create(row, draft, outcome)
        if mode is ImportMode.CREATE:
            return _exists(draft.device_id)
        if mode in _COMPARES and not etag_matches(draft.etag, row.device.revision):
            return _differs(row.device, draft.etag)
        if mode in _DELETES:
            self._delete(row, row.device, outcome)
            return None
        return self._update(row, row.device, draft, outcome)

    def _create(self, row: _Row, draft: DeviceDraft, outcome: Outcome) -> LineFault | None:
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
        self._ticks += 1
        row.device = Device(
            tenant_id=self._tenant_id,
            device_id=draft.device_id,
            attributes=draft.attributes_over(None),
            version=generate_id(),
            revision=0,
            generation_id=draft.generation_id or str(self._ticks),
            created_at=draft.created_at or self._rules.at,
        )
        row.credentials = credentials
        row.changed = row.credentials_changed = True
        self._total += 1
        outcome.created += 1
        self._record(outcome, "device", "created", draft.device_id)
        return None

    def _update(
        self, row: _Row, device: Device, draft: DeviceDraft, outcome: Outcome
    ) -> LineFault | None:
        attributes = draft.attributes_over(device.attributes)
        credentials = draft.credentials_over(row.credentials)
        fault = self._refuse_credentials(draft.device_id, row.credentials, credentials)
        if fault is not None:
            return fault
        before = device.attributes.to_json()
        self._record(outcome, "device", "updated", device.device_id, before)
        if credentials != row.credentials:
            listed = [credential.to_json() for credential in row.credentials]
            before = {"credentials": [_without_material(members) for members in listed]}
            self._record(outcome, "credentials", "updated", device.device_id, before)
            row.credentials_changed = True
        toggled = attributes.enabled != device.enabled
        at = self._rules.at
        row.device = device.model_copy(
            update={
                "attributes": attributes,
                "version": generate_id(),
                "revision": device.revision + 1,
                "generation_id": draft.generation_id or device.generation_id,
                "created_at": draft.created_at or device.created_at,
                "updated_at": at,
                "status_updated_at": at if toggled else device.status_updated_at,
            }
        )
        row.credentials = credentials
        row.changed = True
        outcome.updated += 1
        return None

    def _delete(self, row: _Row, device: Device, outcome: Outcome) -> None:
        if not self._check_owners:
            raise AlreadyExists("A device made in this batch goes again: owners must be followed.")
        before = device.attributes.to_json()
        self._record(outcome, "device", "deleted", device.device_id, before)
        row.device, row.credentials = None, ()
        row.changed = row.credentials_changed = True
        self._total -= 1
        outcome.deleted += 1

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
        held = {(credential.type, credential.auth_id) for credential in before}
        for credential in after:
            if (credential.type, credential.auth_id) in held:
                continue
            owner = self._owner_of(credential.type, credential.auth_id)
            if owner not in (None, device_id):
                return LineFault(
                    CONFLICT,
                    f"auth-id {credential.auth_id!r} of type {credential.type} belongs to device "
                    f"{owner!r}",
                    device_id,
                )
        for credential in after:
            self._claims[credential.type, credential.auth_id] = device_id
        return None

    def _owner_of(self, credential_type: str, auth_id: str) -> str | None:
        """Who holds it after the lines so far: the latest claim, if it still stands."""
        claimed = self._claims.get((credential_type, auth_id))
        stored = self._transaction.owner_of(self._tenant_id, credential_type, auth_id)
        for holder in (claimed, stored):
            if holder is None:
                continue
            row = self._rows.get(holder)
            if row is None or any(
                (credential.type, credential.auth_id) == (credential_type, auth_id)
                for credential in row.credentials
            ):
                return holder
        return None

    def _record(
        self,
        outcome: Outcome,
        resource: Resource,
        action: Action,
        device_id: str,
        before: JsonObject | None = None,
    ) -> None:
        entry = JournalEntry(
            sequence=0,  # given by the store
            at=self._rules.at,
            actor=str(self._rules.actor),
            action=action,
            resource=resource,
            tenant_id=self._tenant_id,
            resource_id=device_id,
            before=redact(before),
        )
        outcome.journal.append(entry)


def _without_material(credential: JsonObject) -> JsonObject:
    """A credential whose secrets show only what is open in every type, the rest as fingerprints."""
    secrets = [
        {
            name: value if name in _OPEN_MEMBERS else fingerprint(str(value))
            for name, value in secret.items()
        }
        for secret in credential.get("secrets", ())
    ]
    return {**credential, "secrets": secrets}


def _missing(device_id: str) -> LineFault:
    return LineFault(DEVICE_NOT_FOUND, f"Device {device_id!r} is not registered.", device_id)


def _exists(device_id: str) -> LineFault:
    message = f"A device with ID {device_id!r} is already registered."
    return LineFault(DEVICE_ALREADY_EXISTS, message, device_id)


def _differs(device: Device, etag: str | None) -> LineFault:
    current = etag_of(device.revision)
    given = f"the line says {etag}" if etag else "the line has no eTag"
    return LineFault(
        PRECONDITION_FAILED,
        f"Precondition failed: device version did not match, it is {current} and {given}.",
        device.device_id,
    )
