"""A device as table cells and as a detail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from console.render.detail import Line, Section, Tone, state
from console.render.text import is_registrys_own, relative_time, time_and_age
from registry_backend.domain.devices import Device
from registry_backend.domain.document import compact_json
from registry_backend.domain.journal import JournalEntry


def id_cell(device: Device) -> str:
    """The id."""
    return device.device_id


def state_cell(device: Device) -> tuple[str, Tone]:
    """Enabled or disabled, by glyph and word."""
    return state(enabled=device.enabled)


def via_cell(device: Device) -> tuple[str, Tone]:
    """The gateways or groups it connects through; how a gateway is told apart."""
    attributes = device.attributes
    if attributes.member_of:
        return (f"◆ {', '.join(attributes.member_of)}", "accent")
    return (", ".join((*attributes.via, *attributes.via_groups)), "muted")


def reason_cell(device: Device) -> tuple[str, Tone]:
    """Why it is enabled or disabled."""
    return (device.attributes.status_reason or "", "muted")


def changed_cell(device: Device, now: datetime) -> tuple[str, Tone]:
    """When it was last written."""
    return (relative_time(device.updated_at or device.created_at, now), "muted")


def detail(device: Device, now: datetime, history: Sequence[JournalEntry]) -> tuple[Section, ...]:
    """All there is to know about a device."""
    attributes = device.attributes
    word, tone = state(enabled=device.enabled)
    first = [Line("state", word, tone)]
    if attributes.status_reason:
        first.append(Line("reason", attributes.status_reason))
    for label, names in (
        ("via", attributes.via),
        ("via groups", attributes.via_groups),
        ("member of", attributes.member_of),
        ("authorities", attributes.authorities),
    ):
        if names:
            first.append(Line(label, ", ".join(names)))
    sections = [Section(device.device_id, tuple(first))]
    for title, members in (("Extension", attributes.ext), ("Defaults", attributes.defaults)):
        if members:
            sections.append(Section(title, _members(members)))
    rest = {
        name: value
        for name, value in attributes.to_json().items()
        if name not in _SHOWN and value is not None
    }
    if rest:
        sections.append(Section("More", _members(rest)))
    sections.append(Section("Record", _record(device, now)))
    if history:
        lines = tuple(
            Line(relative_time(entry.at, now), f"{entry.action} {entry.resource} by {entry.actor}")
            for entry in history
        )
        sections.append(Section("History", lines))
    return tuple(sections)


_SHOWN = {
    "enabled",
    "status-reason",
    "via",
    "viaGroups",
    "memberOf",
    "authorities",
    "ext",
    "defaults",
}


def _record(device: Device, now: datetime) -> tuple[Line, ...]:
    lines = [Line("created", time_and_age(device.created_at, now))]
    if device.updated_at:
        lines.append(Line("updated", time_and_age(device.updated_at, now)))
    if device.status_updated_at:
        lines.append(Line("state since", time_and_age(device.status_updated_at, now)))
    if is_registrys_own(device.version):
        lines.append(Line("version", device.version, "muted"))
    if device.generation_id:  # only registries that count revisions tell generations apart
        lines.append(Line("revision", str(device.revision), "muted"))
        lines.append(Line("generation", device.generation_id, "muted"))
    return tuple(lines)


def _members(members: dict[str, object]) -> tuple[Line, ...]:
    return tuple(
        Line(name, value if isinstance(value, str) else compact_json(value))
        for name, value in members.items()
    )
