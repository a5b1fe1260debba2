"""The form of a principal (identityd 4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from console.forms.fields import Field, Values, collect, flag_of, number_of, text_of
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.principals import IdType, Principal

UNTYPED = "untyped"
OWN_FILE = "own"


def principal_fields(principal: Principal | None, files: Sequence[Path] = ()) -> tuple[Field, ...]:
    """The fields of a principal that exists, or of a new one with the files it may go into."""
    types = principal.idtype if principal else (IdType.MODULE,)
    chosen = types or ()
    localid = ""
    if principal and principal.has_localid:
        localid = principal.localid_attributes or "default"
    fields = (
        Field(
            "name",
            "Name",
            "Of the module or local identity; unique over all files.",
            value=principal.name if principal else "",
        ),
        Field(
            "uid",
            "Uid",
            "The local user's number, as `id -u USER` prints it.",
            value=str(principal.uid) if principal else "",
        ),
        Field(
            UNTYPED,
            "Untyped: the daemon principal",
            "May call everything. Only the first one counts; it has none of the types below.",
            "switch",
            principal is not None and types is None,
        ),
        *(
            Field(kind.value, f"Type {kind.value}", help_text, "switch", kind in chosen)
            for kind, help_text in _TYPES
        ),
        Field(
            "localid",
            "Local identity certificate",
            "Of a principal with type local.",
            "choice",
            localid or "none",
            (
                ("none", "not set"),
                ("default", "x509, as the daemon defaults (client)"),
                ("client", "x509 client"),
                ("server", "x509 server"),
            ),
        ),
    )
    if principal is not None:
        return fields
    options = [(OWN_FILE, "a file of its own in the folder")]
    options += [(str(path), f"at the end of {path.name}") for path in files]
    return (*fields, Field("file", "Write to", "", "choice", OWN_FILE, options))


_TYPES = (
    (IdType.MODULE, "Has a module identity on the hub; made by the daemon."),
    (IdType.LOCAL, "Gets certificates of a local identity; needs a [localid] domain."),
    (IdType.DEVICE, "May use the device's own identity."),
)


def read_principal(values: Values, before: Principal | None = None) -> Principal:
    """The principal as entered; unknown keys stay as they were.

    Raises:
        Invalid: with every field that is wrong.
    """
    (uid,), problems = collect(lambda: number_of(values, "uid"))
    kept = before is not None and values.get("name") == before.name
    name = before.name if before is not None and kept else text_of(values, "name")
    if not name and not kept:
        problems.append(FieldProblem("name", "must not be empty"))
    if uid is None and not problems:
        problems.append(FieldProblem("uid", "must not be empty"))
    types = tuple(kind for kind, _ in _TYPES if flag_of(values, kind.value))
    untyped = flag_of(values, UNTYPED)
    if untyped and types:
        problems.append(FieldProblem(UNTYPED, "excludes the types below: clear one or the other"))
    if problems:
        raise Invalid(problems=problems)
    localid = text_of(values, "localid")
    return Principal.parse(
        {
            "uid": uid,
            "name": name,
            "idtype": None if untyped else _in_old_order(types, before),
            "has_localid": localid not in ("", "none"),
            "localid_attributes": localid if localid in ("client", "server") else None,
            "other": before.other if before else {},
        }
    )


def _in_old_order(types: tuple[IdType, ...], before: Principal | None) -> tuple[IdType, ...]:
    """The order the file has, so that an edit of something else leaves the line alone."""
    old = (before.idtype if before else None) or ()
    return (*(kind for kind in old if kind in types), *(kind for kind in types if kind not in old))
