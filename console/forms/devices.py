"""The form of a device (hono 2.4)."""

from __future__ import annotations

from console.forms.fields import (
    Field,
    Suggestions,
    Values,
    collect,
    flag_of,
    names_of,
    object_of,
    object_text,
    put,
    text_of,
)
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid


def device_fields(
    attributes: DeviceAttributes | None,
    *,
    gateways: Suggestions = (),
    kept: frozenset[str] | None = None,
) -> tuple[Field, ...]:
    """The fields of a device that exists, or of a new one.

    Args:
        attributes: Those it has; None for a new device.
        gateways: Known ones, to choose from.
        kept: Members that the registry keeps; None: any.
    """
    shown = attributes or DeviceAttributes()
    gateways_kept = kept is None or "via" in kept  # a Hono's, whose rule of ids is narrower
    marks = "- _ . : =" if gateways_kept else "- _ . : = @ , * ! ? % ( ) $ '"
    new = Field(
        "device-id", "Device id", f"Letters, digits and {marks}   Leave it empty to have one made."
    )
    fields = (
        Field("enabled", "Enabled", "A disabled device cannot connect.", "switch", shown.enabled),
        Field(
            "status-reason",
            "Reason for the status",
            "At most 128 characters; IoT Hub clients see it.",
            value=shown.status_reason or "",
        ),
        Field(
            "via",
            "Connects via",
            "Ids of gateways, with blanks between them.",
            value=" ".join(shown.via),
            suggestions=gateways,
        ),
        Field(
            "viaGroups", "Connects via groups", "Ids of groups.", value=" ".join(shown.via_groups)
        ),
        Field(
            "memberOf",
            "Member of groups",
            "For gateways: the groups they serve. Excludes the two above.",
            value=" ".join(shown.member_of),
        ),
        Field("defaults", "Defaults", "A JSON object.", "lines", object_text(shown.defaults)),
        Field("ext", "Extension", "A JSON object of your own.", "lines", object_text(shown.ext)),
    )
    offered = tuple(each for each in fields if kept is None or each.name in kept)
    return offered if attributes is not None else (new, *offered)


def device_document(base: JsonObject, values: Values) -> JsonObject:
    """The document after the form; members that the form does not show stay as they were.

    Raises:
        Invalid: with every field that cannot be read.
    """
    document = dict(base)
    (defaults, ext), problems = collect(
        lambda: object_of(values, "defaults"), lambda: object_of(values, "ext")
    )
    if problems:
        raise Invalid(problems=problems)
    if not flag_of(values, "enabled") or "enabled" in base:
        document["enabled"] = flag_of(values, "enabled")
    put(document, "status-reason", text_of(values, "status-reason"))
    for name in ("via", "viaGroups", "memberOf"):
        put(document, name, names_of(values, name))
    put(document, "defaults", defaults)
    put(document, "ext", ext)
    return document
