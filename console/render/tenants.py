"""A tenant as table cells and as a detail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from console.render.detail import Line, Section, Tone, state
from console.render.expiry import expiry, window
from console.render.statistics import figures
from console.render.text import (
    absolute_time,
    day_text,
    is_registrys_own,
    relative_time,
    time_and_age,
)
from registry_backend.domain.document import Document, JsonObject, compact_json
from registry_backend.domain.journal import JournalEntry
from registry_backend.domain.statistics import Statistics
from registry_backend.domain.tenants import (
    Adapter,
    ConnectionDuration,
    DataVolume,
    Period,
    Tenant,
    TenantUsage,
    TrustAnchor,
)

UNLIMITED = -1


def id_cell(tenant: Tenant) -> str:
    """The id."""
    return tenant.tenant_id


def state_cell(tenant: Tenant) -> tuple[str, Tone]:
    """Enabled or disabled, by glyph and word."""
    return state(enabled=tenant.enabled)


def alias_cell(tenant: Tenant) -> tuple[str, Tone]:
    """The other name it goes by."""
    return (tenant.attributes.alias or "", "muted")


def devices_cell(statistics: Statistics | None, *, told: bool = True) -> tuple[str, Tone]:
    """How many devices; dots until it is known, a `~` where the figure lags.

    A dash where the registry does not tell.
    """
    if not told:
        return ("—", "muted")
    if statistics is None:
        return ("…", "muted")
    about = "" if statistics.exact else "~"
    return (f"{about}{statistics.total:,}", "" if statistics.total else "muted")


def trust_cell(tenant: Tenant, now: datetime) -> tuple[str, Tone]:
    """The trust anchor that needs attention first, else how many there are."""
    anchors = tenant.attributes.trusted_ca
    if not anchors:
        return ("", "")
    soonest = min((anchor.not_after for anchor in anchors if anchor.not_after), default=None)
    word, tone = expiry(soonest, now)
    if tone in ("bad", "warning"):
        return (word, tone)
    return (f"✓ {len(anchors)}", "muted")


def anchor_name(anchor: TrustAnchor) -> str:
    """What a person calls it: the common name, else the whole subject."""
    subject = anchor.subject_dn or anchor.id or "without a subject"
    for step in subject.split(","):
        if step.strip().upper().startswith("CN="):
            return step.strip()[3:]
    return subject


def detail(
    tenant: Tenant,
    now: datetime,
    *,
    usage: TenantUsage | None,
    statistics: Statistics | None,
    history: Sequence[JournalEntry],
) -> tuple[Section, ...]:
    """All there is to know about a tenant."""
    attributes = tenant.attributes
    sections = [Section(tenant.tenant_id, _head(tenant, usage, statistics))]
    for title, lines in (
        ("Limits", tuple(_limits(tenant))),
        ("Adapters", _adapters(attributes.adapters)),
    ):
        if lines:
            sections.append(Section(title, lines))
    sections += (
        Section(f"Trust anchor {anchor_name(anchor)}", _anchor(anchor, now))
        for anchor in attributes.trusted_ca
    )
    for title, members in (
        ("Extension", attributes.ext),
        ("Defaults", attributes.defaults),
        ("Tracing", _shown(attributes.tracing)),
        ("More", attributes.unknown()),
    ):
        if members:
            sections.append(Section(title, _members(members)))
    sections.append(Section("Record", tuple(_record(tenant, now))))
    if history:
        lines = tuple(
            Line(relative_time(entry.at, now), f"{entry.action} {entry.resource} by {entry.actor}")
            for entry in history
        )
        sections.append(Section("History", lines))
    return tuple(sections)


def _head(
    tenant: Tenant, usage: TenantUsage | None, statistics: Statistics | None
) -> tuple[Line, ...]:
    attributes = tenant.attributes
    word, tone = state(enabled=tenant.enabled)
    lines = [Line("state", word, tone)]
    if attributes.alias:
        lines.append(Line("alias", attributes.alias))
    if statistics is not None:
        lines += figures(statistics)
    elif usage is not None:
        lines.append(_figure("devices", usage.devices))
    if usage is not None:
        lines.append(_figure("credentials", usage.credentials, about="" if usage.exact else "~"))
    if attributes.trust_anchor_group:
        lines.append(Line("anchor group", attributes.trust_anchor_group))
    return tuple(lines)


def _figure(label: str, figure: int | None, *, about: str = "") -> Line:
    if figure is None:
        return Line(label, "not told by this registry", "muted")
    return Line(label, f"{about}{figure:,}")


def _limits(tenant: Tenant) -> Iterable[Line]:
    attributes = tenant.attributes
    if attributes.minimum_message_size:
        yield Line("message size", f"at least {attributes.minimum_message_size:,} bytes")
    registration, resources = attributes.registration_limits, attributes.resource_limits
    if registration is not None:
        yield Line("devices", _limit(registration.max_devices))
        yield Line("credentials", f"{_limit(registration.max_credentials_per_device)} per device")
    if resources is None:
        return
    for label, limit, unit in (
        ("connections", resources.max_connections, ""),
        ("time to live", resources.max_ttl, " s"),
        ("ttl qos 0", resources.max_ttl_telemetry_qos0, " s"),
        ("ttl qos 1", resources.max_ttl_telemetry_qos1, " s"),
        ("ttl command", resources.max_ttl_command_response, " s"),
    ):
        if limit != UNLIMITED:
            yield Line(label, f"{limit:,}{unit}")
    for label, volume in (
        ("data", resources.data_volume),
        ("online", resources.connection_duration),
    ):
        if volume is not None:
            yield Line(label, _volume(volume))


def _limit(limit: int) -> str:
    return "no limit" if limit == UNLIMITED else f"{limit:,}"


def _volume(limit: DataVolume | ConnectionDuration) -> str:
    if isinstance(limit, DataVolume):
        amount, unit = limit.max_bytes, "bytes"
    else:
        amount, unit = limit.max_minutes, "minutes"
    figure = "no limit" if amount == UNLIMITED else f"{amount:,} {unit}"
    return f"{figure} {_period(limit.period)}, since {day_text(limit.effective_since)}"


def _period(period: Period | None) -> str:
    if period is None or period.mode == "monthly":
        return "a month"
    return f"in {period.no_of_days} days" if period.mode == "days" else "in an unknown period"


def _adapters(adapters: Sequence[Adapter] | None) -> tuple[Line, ...]:
    if adapters is None:
        return ()
    lines = []
    for adapter in adapters:
        word, tone = state(enabled=adapter.enabled)
        open_to_all = "" if adapter.device_authentication_required else ", no authentication"
        lines.append(Line(adapter.type, word + open_to_all, tone))
    return tuple(lines)


def _anchor(anchor: TrustAnchor, now: datetime) -> tuple[Line, ...]:
    word, tone = window(anchor.not_before, anchor.not_after, now)
    lines = [Line("validity", word or "no end", tone)]
    if anchor.not_after is not None and tone in ("bad", "warning"):
        lines.append(Line("ends", absolute_time(anchor.not_after)))
    lines.append(Line("subject", anchor.subject_dn or "–"))
    lines.append(Line("key", anchor.algorithm))
    if anchor.auth_id_template:
        lines.append(Line("auth-id", anchor.auth_id_template))
    if anchor.auto_provisioning_enabled:
        kind = "gateways" if anchor.auto_provision_as_gateway else "devices"
        named = anchor.auto_provisioning_device_id_template
        lines.append(Line("provisions", f"{kind} as {named}" if named else kind))
    if anchor.id:
        lines.append(Line("id", anchor.id, "muted"))
    return tuple(lines)


def _record(tenant: Tenant, now: datetime) -> Iterable[Line]:
    yield Line("created", time_and_age(tenant.created_at, now))
    if tenant.updated_at:
        yield Line("updated", time_and_age(tenant.updated_at, now))
    if is_registrys_own(tenant.version):
        yield Line("version", tenant.version, "muted")


def _shown(document: Document | None) -> JsonObject:
    return {} if document is None else {n: v for n, v in document.to_json().items() if v != {}}


def _members(members: JsonObject) -> tuple[Line, ...]:
    return tuple(
        Line(name, value if isinstance(value, str) else compact_json(value))
        for name, value in members.items()
    )
