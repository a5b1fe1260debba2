"""What the journal says of a sample device: how it came, and what was changed."""

from __future__ import annotations

from registry_backend.domain.devices import Device
from registry_backend.domain.document import JsonObject
from registry_backend.domain.journal import Actor, JournalEntry
from registry_backend.sample.fleets import Line

HistoryLine = tuple[Actor, JournalEntry]
"""A line as a store takes it."""

PEOPLE = ("mara", "tomasz", "ines", "odd")
"""Who works with the sample registry."""


def make_history(device: Device, line: Line) -> tuple[HistoryLine, ...]:
    """Creation by an import, then the one change that made the device what it is now."""
    after = device.attributes.to_json()
    if device.updated_at is None:
        return (_line(device, _IMPORT, before=None, after=after),)
    before = _as_it_was(after, line)
    person = PEOPLE[int(device.version[:8], 16) % len(PEOPLE)]
    return (
        _line(device, _IMPORT, before=None, after=before),
        _line(device, Actor(via="console", name=person), before=before, after=after),
    )


_IMPORT = Actor(via="import", name="commissioning")


def _as_it_was(after: JsonObject, line: Line) -> JsonObject:
    """The device before its change: enabled, or with the firmware before this one."""
    before = {name: value for name, value in after.items() if name != "status-reason"}
    if after.get("enabled") is False:
        return before | {"enabled": True}
    return before | {"ext": {**after["ext"], "firmware": line.firmware[-1] + "-rc1"}}


def _line(
    device: Device, actor: Actor, *, before: JsonObject | None, after: JsonObject
) -> HistoryLine:
    at = device.created_at if before is None else device.updated_at
    entry = JournalEntry(
        sequence=0,  # given by the store
        at=at or device.created_at,
        actor=str(actor),
        action="created" if before is None else "updated",
        resource="device",
        tenant_id=device.tenant_id,
        resource_id=device.device_id,
        before=before,
        after=after,
    )
    return actor, entry
