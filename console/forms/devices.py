"""The form of a device (hono 2.4)."""

from __future__ import annotations

from functools import partial

from console.forms.fields import (
    Field,
    Suggestions,
    Values,
    flag_of,
    object_of,
    object_text,
    put,
    read_changed,
    text_of,
)
from console.forms.names import names_of, names_text
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import JsonObject


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
            'Ids of gateways, with blanks between them; "gate 7" in quotes.',
            value=names_text(shown.via),
            suggestions=gateways,
        ),
        Field(
            "viaGroups", "Connects via groups", "Ids of groups.", value=names_text(shown.via_groups)
        ),
        Field(
            "memberOf",
            "Member of groups",
            "For gateways: the groups they serve. Excludes the two above.",
            value=names_text(shown.member_of),
        ),
        Field("defaults", "Defaults", "A JSON object.", "lines", object_text(shown.defaults)),
        Field("ext", "Extension", "A JSON object of your own.", "lines", object_text(shown.ext)),
    )
    offered = tuple(each for each in fields if kept is None or each.name in kept)
    return offered if attributes is not None else (new, *offered)


def device_document(base: JsonObject, values: Values) -> JsonObject:
    """The document after the form; members whose fields were not changed stay as they were.

    Raises:
        Invalid: with every field that cannot be read.
    """
    read = read_changed(
        device_fields(DeviceAttributes.parse(base)),
        values,
        {
            "enabled": lambda: flag_of(values, "enabled"),
            "status-reason": lambda: text_of(values, "status-reason"),
            **{name: partial(names_of, values, name) for name in ("via", "viaGroups", "memberOf")},
            **{name: partial(object_of, values, name) for name in ("defaults", "ext")},
        },
    )
    document = dict(base)
    for name, value in read.items():
        put(document, name, value)
    return document
