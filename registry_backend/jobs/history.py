"""Journal lines of an import: what was there before, never what is checked against."""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device
from registry_backend.domain.document import JsonObject
from registry_backend.domain.journal import Action, JournalEntry, Resource
from registry_backend.domain.secrets import redact
from registry_backend.jobs.outcome import ApplyRules
from registry_backend.registry.credentials import journal_form


def created(rules: ApplyRules, tenant_id: str, device_id: str) -> JournalEntry:
    """A device that was not there; it tells of itself."""
    return _entry(rules, "device", "created", (tenant_id, device_id), None)


def updated(rules: ApplyRules, before: Device) -> JournalEntry:
    """A device before its change."""
    place = (before.tenant_id, before.device_id)
    return _entry(rules, "device", "updated", place, before.attributes.to_json())


def deleted(rules: ApplyRules, before: Device) -> JournalEntry:
    """A device that is gone."""
    place = (before.tenant_id, before.device_id)
    return _entry(rules, "device", "deleted", place, before.attributes.to_json())


def credentials_updated(
    rules: ApplyRules, device: Device, before: Sequence[Credential]
) -> JournalEntry:
    """A set before its change."""
    place = (device.tenant_id, device.device_id)
    return _entry(rules, "credentials", "updated", place, journal_form(before))


def _entry(
    rules: ApplyRules,
    resource: Resource,
    action: Action,
    place: tuple[str, str],
    before: JsonObject | None,
) -> JournalEntry:
    return JournalEntry(
        sequence=0,  # given by the store
        at=rules.at,
        actor=str(rules.actor),
        action=action,
        resource=resource,
        tenant_id=place[0],
        resource_id=place[1],
        before=redact(before),
    )
