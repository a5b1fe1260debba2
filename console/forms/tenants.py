"""The forms of a tenant and of its trust anchors (hono 2.2, 2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from console.forms.fields import (
    Field,
    Values,
    flag_of,
    number_of,
    object_of,
    object_text,
    put,
    read_changed,
    text_of,
)
from console.forms.names import first_name_of, first_name_text, quoted
from registry_backend.domain.document import JsonObject, compact_json, parse_json
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.tenants import Adapter, TenantAttributes, TrustAnchor

_SAMPLING = (
    ("", "as the adapters are set"),
    ("default", "default"),
    ("all", "all messages"),
    ("none", "no message"),
)
_PER_AUTH_ID = "sampling-mode-per-auth-id"
_TRACING = {"tracing": "sampling-mode", _PER_AUTH_ID: _PER_AUTH_ID}
"""Members of `tracing`, by their fields."""
_TEXTS = ("alias", "tracing", "trust-anchor-group")
_LIMITS = ("registration-limits", "resource-limits")


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
            _PER_AUTH_ID,
            "Tracing of single devices",
            "One in each line: an auth-id, a blank, and default, all or none. "
            "An auth-id with blanks stands in double quotes.",
            "lines",
            members_text(tracing.get(_PER_AUTH_ID)),
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
    """The document after the form; members whose fields were not changed stay as they were.

    Raises:
        Invalid: with every field that cannot be read.
    """
    read = read_changed(
        tenant_fields(TenantAttributes.parse(base)),
        values,
        {
            "enabled": lambda: flag_of(values, "enabled"),
            **{name: partial(text_of, values, name) for name in _TEXTS},
            "adapters": lambda: adapters_of(values, "adapters", base.get("adapters") or ()),
            **{name: partial(members_of, values, name) for name in (*_LIMITS, _PER_AUTH_ID)},
            "minimum-message-size": lambda: number_of(values, "minimum-message-size"),
            **{name: partial(object_of, values, name) for name in ("defaults", "ext")},
        },
    )
    document, tracing = dict(base), dict(base.get("tracing") or {})
    for name, value in read.items():
        if name in _TRACING:
            put(tracing, _TRACING[name], value)
            put(document, "tracing", tracing)
        else:
            put(document, name, value)
    return document


# adapters, one in each line


def adapters_text(adapters: Sequence[Adapter] | None) -> str:
    """`hono-mqtt enabled auth`, a line for each."""
    return "\n".join(
        f"{first_name_text(adapter.type)} {'enabled' if adapter.enabled else 'disabled'} "
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
        kind, words = _first_name(line, name, number)
        adapter: JsonObject = {"type": kind, "enabled": True, **known.get(kind, {})}
        for word in words.split():
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
        f"{first_name_text(name)} {_value_text(value)}" for name, value in (members or {}).items()
    )


def _value_text(value: Any) -> str:
    """A value as it is read back: a text that could be taken for JSON is written as JSON."""
    if not isinstance(value, str):
        return compact_json(value)
    if value[:1] in '{["=' or value.strip() != value or not value.isprintable():
        return quoted(value)
    try:
        parse_json(value)
    except Invalid:
        return value
    return quoted(value)


def members_of(values: Values, name: str) -> JsonObject:
    """Members from their lines; a value that is no JSON is taken as text.

    Raises:
        Invalid: naming the field and the line.
    """
    members: JsonObject = {}
    problems: list[FieldProblem] = []
    for number, line in _lines(values, name):
        try:
            member, text = _first_name(line, name, number)
        except Invalid as error:
            problems += error.problems
            continue
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


def _first_name(line: str, name: str, number: int) -> tuple[str, str]:
    try:
        return first_name_of(line, name)
    except Invalid as error:
        raise Invalid.at(name, f"line {number}: {error.problems[0].problem}") from None


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
