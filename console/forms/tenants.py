"""The forms of a tenant and of its trust anchors (hono 2.2, 2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.forms.fields import (
    Field,
    Values,
    collect,
    flag_of,
    number_of,
    object_of,
    object_text,
    put,
    text_of,
)
from registry_backend.domain.document import JsonObject, compact_json, parse_json
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.tenants import Adapter, TenantAttributes, TrustAnchor

_SAMPLING = (
    ("", "as the adapters are set"),
    ("default", "default"),
    ("all", "all messages"),
    ("none", "no message"),
)


def tenant_fields(attributes: TenantAttributes | None) -> tuple[Field, ...]:
    """The fields of a tenant that exists, or of a new one."""
    shown = attributes or TenantAttributes()
    document = shown.to_json()
    tracing = document.get("tracing") or {}
    new = Field(
        "tenant-id", "Tenant id", "Letters, digits and - _ .   Leave it empty to have one made."
    )
    fields = (
        Field(
            "enabled", "Enabled", "Devices of a disabled tenant cannot connect.", "switch",
            shown.enabled,
        ),
        Field("alias", "Alias", "Another name: a-z, 0-9 and -", value=shown.alias or ""),
        Field(
            "adapters",
            "Adapters",
            "One in each line, such as: hono-mqtt enabled auth   Or disabled, no-auth. "
            "None: all may be used.",
            "lines",
            adapters_text(shown.adapters),
        ),
        Field(
            "registration-limits",
            "Registration limits",
            "One in each line: max-devices 2000, max-credentials-per-device 4.   -1: no limit.",
            "lines",
            members_text(document.get("registration-limits")),
        ),
        Field(
            "resource-limits",
            "Resource limits",
            "One in each line: max-connections 2000, max-ttl 3600, "
            'data-volume {"effective-since": …, "max-bytes": …}',
            "lines",
            members_text(document.get("resource-limits")),
        ),
        Field(
            "minimum-message-size",
            "Minimum message size",
            "Bytes each message counts for at least.",
            value=str(shown.minimum_message_size or ""),
        ),
        Field(
            "tracing",
            "Tracing",
            "Which messages are traced.",
            "choice",
            str(tracing.get("sampling-mode", "")),
            options=_SAMPLING,
        ),
        Field(
            "sampling-mode-per-auth-id",
            "Tracing of single devices",
            "One in each line: an auth-id, a blank, and default, all or none.",
            "lines",
            members_text(tracing.get("sampling-mode-per-auth-id")),
        ),
        Field(
            "trust-anchor-group",
            "Trust anchor group",
            "Tenants of one group may share trust anchors.",
            value=shown.trust_anchor_group or "",
        ),
        Field("defaults", "Defaults", "A JSON object.", "lines", object_text(shown.defaults)),
        Field("ext", "Extension", "A JSON object of your own.", "lines", object_text(shown.ext)),
    )  # fmt: skip
    return fields if attributes is not None else (new, *fields)


def tenant_document(base: JsonObject, values: Values) -> JsonObject:
    """The document after the form; members that the form does not show stay as they were.

    Raises:
        Invalid: with every field that cannot be read.
    """
    document = dict(base)
    read, problems = collect(
        lambda: adapters_of(values, "adapters", base.get("adapters") or ()),
        lambda: members_of(values, "registration-limits"),
        lambda: members_of(values, "resource-limits"),
        lambda: number_of(values, "minimum-message-size"),
        lambda: members_of(values, "sampling-mode-per-auth-id"),
        lambda: object_of(values, "defaults"),
        lambda: object_of(values, "ext"),
    )
    if problems:
        raise Invalid(problems=problems)
    adapters, registration, resources, size, per_auth_id, defaults, ext = read
    if not flag_of(values, "enabled") or "enabled" in base:
        document["enabled"] = flag_of(values, "enabled")
    put(document, "alias", text_of(values, "alias"))
    put(document, "adapters", adapters)
    put(document, "registration-limits", registration)
    put(document, "resource-limits", resources)
    put(document, "minimum-message-size", size)
    tracing = dict(base.get("tracing") or {})
    put(tracing, "sampling-mode", text_of(values, "tracing"))
    if per_auth_id or tracing.get("sampling-mode-per-auth-id"):
        tracing["sampling-mode-per-auth-id"] = per_auth_id
    put(document, "tracing", tracing)
    put(document, "trust-anchor-group", text_of(values, "trust-anchor-group"))
    put(document, "defaults", defaults)
    put(document, "ext", ext)
    return document


# adapters, one in each line


def adapters_text(adapters: Sequence[Adapter] | None) -> str:
    """`hono-mqtt enabled auth`, a line for each."""
    return "\n".join(
        f"{adapter.type} {'enabled' if adapter.enabled else 'disabled'} "
        f"{'auth' if adapter.device_authentication_required else 'no-auth'}"
        for adapter in adapters or ()
    )


_ADAPTER_WORDS = {
    "enabled": ("enabled", True),
    "disabled": ("enabled", False),
    "auth": ("device-authentication-required", True),
    "no-auth": ("device-authentication-required", False),
}


def adapters_of(values: Values, name: str, before: Sequence[Mapping[str, Any]]) -> list[JsonObject]:
    """Adapters from their lines, keeping what else the document says of each type.

    Raises:
        Invalid: naming the field and the line.
    """
    known = {str(adapter.get("type")): adapter for adapter in before}
    adapters = []
    for number, line in _lines(values, name):
        kind, *words = line.split()
        adapter: JsonObject = {"type": kind, "enabled": True, **known.get(kind, {})}
        for word in words:
            if word not in _ADAPTER_WORDS:
                expected = ", ".join(_ADAPTER_WORDS)
                raise Invalid.at(name, f"line {number}: {word!r} is none of {expected}")
            member, value = _ADAPTER_WORDS[word]
            adapter[member] = value
        adapters.append(adapter)
    return adapters


# members, one in each line: a name, a blank, a value


def members_text(members: Mapping[str, Any] | None) -> str:
    """`max-devices 2000`, a line for each member."""
    return "\n".join(
        f"{name} {value if isinstance(value, str) else compact_json(value)}"
        for name, value in (members or {}).items()
    )


def members_of(values: Values, name: str) -> JsonObject:
    """Members from their lines; a value that is no JSON is taken as text.

    Raises:
        Invalid: naming the field and the line.
    """
    members: JsonObject = {}
    problems = []
    for number, line in _lines(values, name):
        member, _, text = line.partition(" ")
        text = text.strip().removeprefix("=").strip()
        if not text:
            problems.append(FieldProblem(name, f"line {number}: {member} has no value"))
        elif member in members:
            problems.append(FieldProblem(name, f"line {number}: {member} stands there twice"))
        else:
            members[member] = _value(text, name, number, problems)
    if problems:
        raise Invalid(problems=problems)
    return members


def _value(text: str, name: str, number: int, problems: list[FieldProblem]) -> Any:
    try:
        return parse_json(text, what=f"line {number}")
    except Invalid as error:
        if text[0] in '{["':
            problems.append(FieldProblem(name, error.message))
        return text


def _lines(values: Values, name: str) -> list[tuple[int, str]]:
    lines = str(values.get(name, "")).splitlines()
    return [(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip()]


# trust anchors


def anchor_fields(anchor: TrustAnchor | None) -> tuple[Field, ...]:
    """The options of a trust anchor; of a new one also the file."""
    shown = anchor or TrustAnchor()
    file = Field(
        "cert", "Certificate file", "Path of a PEM or DER file with the authority's certificate."
    )
    fields = (
        Field(
            "auto-provisioning-enabled",
            "Provision devices by themselves",
            "A device that shows a certificate of this authority is registered.",
            "switch",
            shown.auto_provisioning_enabled,
        ),
        Field(
            "auto-provision-as-gateway",
            "… as gateways",
            "They may then speak for other devices.",
            "switch",
            shown.auto_provision_as_gateway,
        ),
        Field(
            "auto-provisioning-device-id-template",
            "… under the id",
            "Such as sensor-{{subject-cn}}; also subject-dn, subject-ou, subject-o.",
            value=shown.auto_provisioning_device_id_template or "",
        ),
        Field(
            "auth-id-template",
            "Auth-id",
            "Which part of the subject names the device: {{subject-cn}}. Empty: all of it.",
            value=shown.auth_id_template or "",
        ),
    )
    return fields if anchor is not None else (file, *fields)


def anchor_document(base: JsonObject, values: Values) -> JsonObject:
    """The anchor after the form."""
    document = dict(base)
    for name in ("auto-provisioning-enabled", "auto-provision-as-gateway"):
        if flag_of(values, name) or name in base:
            document[name] = flag_of(values, name)
    for name in ("auto-provisioning-device-id-template", "auth-id-template"):
        put(document, name, text_of(values, name))
    return document
