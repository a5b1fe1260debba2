"""A `[[principal]]` table as a typed principal, and back (identityd 4.2)."""

from __future__ import annotations

from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.principals import MAX_UID, IdType, Principal
from registry_backend.identityd.values import Table

_KNOWN = frozenset({"uid", "name", "idtype", "localid"})
_TYPES = {kind.value: kind for kind in IdType}
_KINDS = {
    bool: "a truth value",
    int: "a number",
    float: "a fraction",
    str: "a string",
    list: "an array",
    dict: "a table",
}


def read_principal(table: object) -> Principal:
    """The principal a parsed table describes; keys the daemon ignores go to `other`.

    Raises:
        Invalid: with every reason why the daemon would refuse the table.
    """
    if not isinstance(table, dict):
        raise Invalid.at("principal", f"must be a table, and is {kind_of(table)}")
    problems = [*_uid(table), *_name(table), *_idtype(table), *_localid(table)]
    if problems:
        raise Invalid(problems=problems)
    idtype = table.get("idtype")
    return Principal(
        uid=table["uid"],
        name=table["name"],
        idtype=None if idtype is None else tuple(_TYPES[kind] for kind in idtype),
        localid_attributes=table.get("localid", {}).get("attributes"),
        has_localid="localid" in table,
        other={key: value for key, value in table.items() if key not in _KNOWN},
    )


def write_principal(principal: Principal, before: Table | None = None) -> Table:
    """The table of a principal: keys in the order of `before`, new ones behind.

    Args:
        principal: What the table shall say.
        before: The table it replaces; what it holds under `localid` beyond the model is kept.

    Raises:
        Invalid: when `other` holds a key that has a field of its own.
    """
    if taken := sorted(_KNOWN & principal.other.keys()):
        raise Invalid(problems=[FieldProblem(f"other.{key}", "has its own field") for key in taken])
    wanted: Table = {"uid": principal.uid, "name": principal.name}
    if principal.idtype is not None:
        wanted["idtype"] = [kind.value for kind in principal.idtype]
    if principal.has_localid:
        wanted["localid"] = _localid_table(principal, (before or {}).get("localid"))
    wanted |= principal.other
    ordered = [key for key in before or {} if key in wanted]
    return {key: wanted[key] for key in [*ordered, *(key for key in wanted if key not in ordered)]}


def _localid_table(principal: Principal, before: object) -> Table:
    localid: Table = {**before} if isinstance(before, dict) else {}
    localid["type"] = "x509"
    if principal.localid_attributes:
        localid["attributes"] = principal.localid_attributes
    else:
        localid.pop("attributes", None)
    return localid


def _uid(table: Table) -> list[FieldProblem]:
    if "uid" not in table:
        return [FieldProblem("uid", "is missing")]
    uid = table["uid"]
    if not isinstance(uid, int) or isinstance(uid, bool):
        return [FieldProblem("uid", f"must be a number such as 1000, and is {kind_of(uid)}")]
    if not 0 <= uid <= MAX_UID:
        return [FieldProblem("uid", f"must be between 0 and {MAX_UID}")]
    return []


def _name(table: Table) -> list[FieldProblem]:
    if "name" not in table:
        return [FieldProblem("name", "is missing")]
    if not isinstance(table["name"], str):
        return [FieldProblem("name", f"must be a string, and is {kind_of(table['name'])}")]
    return []


def _idtype(table: Table) -> list[FieldProblem]:
    found = table.get("idtype", [])
    if not isinstance(found, list):
        text = f'must be an array such as ["module"], and is {kind_of(found)}'
        return [FieldProblem("idtype", text)]
    return [
        FieldProblem(f"idtype[{index}]", f"must be one of {', '.join(_TYPES)}, in lower case")
        for index, kind in enumerate(found)
        if not isinstance(kind, str) or kind not in _TYPES
    ]


def _localid(table: Table) -> list[FieldProblem]:
    if "localid" not in table:
        return []
    localid = table["localid"]
    if not isinstance(localid, dict):
        return [FieldProblem("localid", f"must be a table, and is {kind_of(localid)}")]
    problems = []
    if localid.get("type") != "x509":
        problems.append(FieldProblem("localid.type", 'must be "x509"'))
    if localid.get("attributes", "client") not in ("client", "server"):
        problems.append(FieldProblem("localid.attributes", 'must be "client" or "server"'))
    return problems


def kind_of(value: object) -> str:
    """What a value is, for a sentence: `a string`."""
    return _KINDS.get(type(value), "a date or time")
