"""The entries of a stretch in their order: tenants one by one, devices by runs of one tenant."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid4

from registry_backend.domain.errors import NotFound
from registry_backend.domain.imports import CREATES, DELETES
from registry_backend.domain.jobs import ImportMode, JobSpec
from registry_backend.domain.journal import Action, JournalEntry
from registry_backend.domain.secrets import redact
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.jobs.applying import TenantBatch
from registry_backend.jobs.drafts import DeviceDraft, Entry
from registry_backend.jobs.ground import Ground
from registry_backend.jobs.outcome import ApplyRules, Outcome
from registry_backend.wire.import_errors import CONFLICT, DEVICE_NOT_FOUND, LineFault
from registry_backend.wire.ndjson import TenantDraft


def apply_entries(
    transaction: Ground,
    spec: JobSpec,
    entries: Sequence[Entry],
    rules: ApplyRules,
    *,
    check_owners: bool,
    outcome: Outcome | None = None,
) -> Outcome:
    """Apply a stretch and say what it did; the journal lines are left to the caller.

    Raises:
        NotFound: when the job's own tenant is gone.
        AlreadyExists: as `TenantBatch` without `check_owners`.
    """
    outcome = outcome or Outcome()
    stretch = _Stretch(transaction, rules, outcome, check_owners=check_owners)
    for line, entry in entries:
        if isinstance(entry, LineFault):
            stretch.add_fault(line, entry)
        elif isinstance(entry, TenantDraft):
            stretch.flush()
            tenant_id = entry.tenant_id or spec.tenant_id
            _apply_tenant(transaction, tenant_id, line, entry, rules, outcome)
        else:
            stretch.add(line, entry.tenant_id or spec.tenant_id, entry)
    stretch.flush()
    return outcome


class _Stretch:
    """Consecutive devices of one tenant, and the faults between them, so that order is kept."""

    def __init__(
        self, transaction: Ground, rules: ApplyRules, outcome: Outcome, *, check_owners: bool
    ) -> None:
        self._transaction = transaction
        self._rules = rules
        self._outcome = outcome
        self._check_owners = check_owners
        self._tenant_id = ""
        self._devices: list[str] = []
        self._entries: list[tuple[int | None, DeviceDraft | LineFault]] = []

    def add_fault(self, line: int | None, fault: LineFault) -> None:
        """A line that cannot be used."""
        self._entries.append((line, fault))

    def add(self, line: int | None, tenant_id: str, draft: DeviceDraft) -> None:
        """A device; another tenant's ends the run before it."""
        if self._devices and tenant_id != self._tenant_id:
            self.flush()
        self._tenant_id = tenant_id
        self._devices.append(draft.device_id)
        self._entries.append((line, draft))

    def flush(self) -> None:
        """Apply what was collected."""
        batch = self._batch() if self._devices else None
        for line, entry in self._entries:
            if isinstance(entry, LineFault):
                self._outcome.refuse(line, entry)
            elif batch is not None:
                batch.apply(line, entry, self._outcome)
            else:
                message = f"There is no tenant {self._tenant_id!r}."
                fault = LineFault(DEVICE_NOT_FOUND, message, entry.device_id)
                self._outcome.refuse(line, fault)
        if batch is not None:
            batch.write()
        self._entries, self._devices = [], []

    def _batch(self) -> TenantBatch | None:
        """Where the devices go; None when they name a tenant that is not there."""
        drafts = (entry for _, entry in self._entries if not isinstance(entry, LineFault))
        if self._transaction.get_tenant(self._tenant_id) is None:
            if next(drafts).tenant_id is None:
                raise NotFound(
                    f"There is no tenant {self._tenant_id!r} to import into.{self._why()}",
                    hint="Create it, then start the import again.",
                )
            return None
        return TenantBatch(
            self._transaction,
            self._tenant_id,
            self._rules,
            self._devices,
            check_owners=self._check_owners,
        )

    def _why(self) -> str:
        """What was refused that names no device, such as the line with the tenant."""
        faults = [entry.at(line) for line, entry in self._entries if isinstance(entry, LineFault)]
        for error in (*self._outcome.errors, *faults):
            if error.device_id is None:
                return f" Refused before: {error.message.rstrip('.')}."
        return ""


def _apply_tenant(
    transaction: Ground,
    tenant_id: str,
    line: int | None,
    draft: TenantDraft,
    rules: ApplyRules,
    outcome: Outcome,
) -> None:
    mode = rules.default_mode
    current = transaction.get_tenant(tenant_id)
    if mode in DELETES:
        return
    if draft.only_if_missing and (current is not None or mode not in CREATES):
        return
    attributes = draft.attributes_over(current.attributes if current else None)
    fault = _tenant_fault(transaction, tenant_id, current, draft, attributes, mode)
    if fault is not None:
        outcome.refuse(line, fault)
    elif current is None:
        _insert_tenant(transaction, tenant_id, attributes, rules, outcome)
    elif mode is not ImportMode.CREATE and attributes != current.attributes:
        changed = current.model_copy(
            update={
                "attributes": attributes,
                "version": str(uuid4()),
                "updated_at": rules.at,
            }
        )
        transaction.update_tenant(changed, expected=current.version)
        outcome.count(None, None, "update")
        _record(outcome, rules, "updated", current)


def _tenant_fault(
    snapshot: Ground,
    tenant_id: str,
    current: Tenant | None,
    draft: TenantDraft,
    attributes: TenantAttributes,
    mode: ImportMode,
) -> LineFault | None:
    if current is None and mode in (ImportMode.UPDATE, ImportMode.UPDATE_IF_MATCH_ETAG):
        return LineFault(DEVICE_NOT_FOUND, f"There is no tenant {tenant_id!r} to update.")
    if current is not None and mode is ImportMode.CREATE and draft.tenant_id is not None:
        return LineFault(CONFLICT, f"The tenant {tenant_id!r} exists already.")
    alias = attributes.alias
    other = snapshot.tenant_of_alias(alias, other_than=tenant_id) if alias else None
    if other is not None:
        held = f"alias {alias!r} belongs to tenant {other.tenant_id!r}"
        return LineFault(CONFLICT, f"The tenant {tenant_id!r} was not written: {held}.")
    for anchor in attributes.trusted_ca:
        subject = anchor.subject_dn
        other = snapshot.tenant_of_trust_anchor(subject, other_than=tenant_id) if subject else None
        if other is not None:
            held = f"the trust anchor {subject!r} belongs to tenant {other.tenant_id!r}"
            return LineFault(CONFLICT, f"The tenant {tenant_id!r} was not written: {held}.")
    return None


def _insert_tenant(
    transaction: Ground,
    tenant_id: str,
    attributes: TenantAttributes,
    rules: ApplyRules,
    outcome: Outcome,
) -> None:
    tenant = Tenant(
        tenant_id=tenant_id, attributes=attributes, version=str(uuid4()), created_at=rules.at
    )
    transaction.insert_tenant(tenant)
    outcome.count(None, None, "create")
    _record(outcome, rules, "created", tenant)


def _record(outcome: Outcome, rules: ApplyRules, action: Action, tenant: Tenant) -> None:
    before = None if action == "created" else redact(tenant.attributes.to_json())
    outcome.journal.append(
        JournalEntry(
            sequence=0,  # given by the store
            at=rules.at,
            actor=str(rules.actor),
            action=action,
            resource="tenant",
            tenant_id=tenant.tenant_id,
            resource_id=tenant.tenant_id,
            before=before,
        )
    )
