"""The three files of Hono's 1.1 file registry, read with tolerance (hono 4.1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import JsonObject, parse_json
from registry_backend.domain.errors import Invalid
from registry_backend.domain.identifiers import HONO_TENANT_ID, check_id
from registry_backend.domain.jobs import ImportMode
from registry_backend.domain.secrets import hash_password
from registry_backend.domain.tenants import TenantAttributes, TrustAnchor
from registry_backend.wire.hono_files_refused import Refused, check_filled_in, refuse
from registry_backend.wire.import_errors import ARGUMENT_INVALID, LineFault
from registry_backend.wire.ndjson import (
    KEPT_ANCHORS,
    KEPT_CREDENTIALS,
    TenantDraft,
    WholeDevice,
    check_device_id,
)

TENANTS_FILE = "tenants.json"
DEVICES_FILE = "device-identities.json"
CREDENTIALS_FILE = "credentials.json"
FILE_NAMES = (TENANTS_FILE, DEVICES_FILE, CREDENTIALS_FILE)

FileEntry = TenantDraft | WholeDevice | LineFault

_Lists = Mapping[str, list[Any]]
"""The files decoded; a file that is not there is left out."""


class _Key(NamedTuple):
    tenant_id: str
    """Empty: any."""
    device_id: str
    """Empty: any of the tenant."""


@dataclass(slots=True)
class _Sets:
    """The credentials of devices, and whose could not all be read."""

    found: dict[_Key, list[Credential]] = field(default_factory=dict)
    lacking: set[_Key] = field(default_factory=set)

    def lacks(self, key: _Key) -> bool:
        """Whether anything that was refused may be of this device."""
        return not self.lacking.isdisjoint((key, _Key(key.tenant_id, ""), _Key("", "")))


def parse_files(files: Mapping[str, bytes]) -> list[FileEntry]:
    """Everything the files hold, in the order to apply it: tenants, devices, credentials.

    Args:
        files: Contents by file name; a file that is not there is left out.

    Returns:
        Drafts and faults. A fault names file and path; it never stops the other entries. The
        same files give the same number of entries in the same order.

    Raises:
        Invalid: when a file as a whole is no JSON list; names each such file, with line and column.
    """
    loaded = _load(files)
    sets = _Sets()
    faults = list(_read_credentials(loaded, sets))
    entries: list[FileEntry] = list(_read_tenants(loaded))
    known: set[_Key] = set()
    for entry, path in _read_devices(loaded):
        if isinstance(entry, LineFault):
            entries.append(entry)
            continue
        key = _Key(entry.tenant_id or "", entry.device_id)
        if key in known:
            entries.append(refuse(path, "the same device stands there before", key.device_id).fault)
            continue
        known.add(key)
        if CREDENTIALS_FILE in files:
            theirs = tuple(sets.found.get(key, ()))
            whole = entry._replace(credentials=theirs, lacks_credentials=sets.lacks(key))
            entries.append(whole)
        else:
            entries.append(entry)
    entries.extend(
        WholeDevice(
            *(key.tenant_id, key.device_id, None, tuple(theirs)),
            mode=ImportMode.UPDATE,
            lacks_credentials=sets.lacks(key),
        )
        for key, theirs in sets.found.items()
        if key not in known
    )
    return entries + faults


def _read_tenants(files: _Lists) -> Iterator[FileEntry]:
    for index, members in enumerate(files.get(TENANTS_FILE, ())):
        path = f"{TENANTS_FILE} [{index}]"
        if not isinstance(members, dict):
            yield refuse(path, "is not an object").fault
            continue
        try:
            tenant_id = _id_of(members, "tenant-id", path)
            anchors, faults = _read_anchors(members.get("trusted-ca"), path)
            yield from faults
            given = {
                name: value
                for name, value in members.items()
                if name not in ("tenant-id", "trusted-ca")
            }
            check_filled_in(given, path, None)
            if anchors:
                given["trusted-ca"] = anchors
            attributes = TenantAttributes.parse(given)
            yield TenantDraft(tenant_id, attributes, lacks_anchors=bool(faults))
        except Refused as refused:
            yield from _refused_tenant(refused.fault, members)
        except Invalid as error:
            fault = LineFault(ARGUMENT_INVALID, f"{path}: {error.message}")
            yield from _refused_tenant(fault, members)


def _refused_tenant(fault: LineFault, members: JsonObject) -> Iterator[FileEntry]:
    """The fault, and a disabled tenant of that name so that its devices have a home."""
    tenant_id = members.get("tenant-id")
    if isinstance(tenant_id, str) and HONO_TENANT_ID.fullmatch(tenant_id):
        yield fault._replace(message=f"{fault.message}; a tenant that is not there yet is disabled")
        yield TenantDraft(tenant_id, TenantAttributes(enabled=False), only_if_missing=True)
    else:
        yield fault


def _read_anchors(value: Any, path: str) -> tuple[list[JsonObject], list[LineFault]]:
    """The usable trust anchors; one object stands for a list of one."""
    listed = value if isinstance(value, list) else [] if value is None else [value]
    usable: list[JsonObject] = []
    faults: list[LineFault] = []
    for index, members in enumerate(listed):
        where = f"{path}.trusted-ca[{index}]"
        try:
            check_filled_in(members, where, None)
            TrustAnchor.parse(members)
            usable.append(members)
        except Refused as refused:
            faults.append(
                refused.fault._replace(message=f"{refused.fault.message}; {KEPT_ANCHORS}")
            )
        except Invalid as error:
            message = f"{where}: {error.message}; {KEPT_ANCHORS}"
            faults.append(LineFault(ARGUMENT_INVALID, message))
    return usable, faults


def _read_devices(files: _Lists) -> Iterator[tuple[WholeDevice | LineFault, str]]:
    """Devices, each with its path."""
    for tenant_id, members, path in _grouped(files, DEVICES_FILE, "devices"):
        if isinstance(members, LineFault):
            yield members, path
            continue
        try:
            device_id = _id_of(members, "device-id", path)
            data = members.get("data", {})
            check_filled_in(data, f"{path}.data", device_id)
            if isinstance(data, dict):
                data = {name: value for name, value in data.items() if name != "comment"}
            attributes = DeviceAttributes.parse(data, prefix="data")
            yield WholeDevice(tenant_id, device_id, attributes, None), path
        except Refused as refused:
            yield refused.fault, path
        except Invalid as error:
            yield refuse(path, error.message, members.get("device-id")).fault, path


def _read_credentials(files: _Lists, sets: _Sets) -> Iterator[LineFault]:
    for tenant_id, members, path in _grouped(files, CREDENTIALS_FILE, "credentials"):
        if isinstance(members, LineFault):
            sets.lacking.add(_Key(tenant_id, ""))
            yield members
            continue
        device_id = ""
        try:
            device_id = _id_of(members, "device-id", path)
            credential = _read_credential(members, path, device_id)
            theirs = sets.found.setdefault(_Key(tenant_id, device_id), [])
            same = (credential.type, credential.auth_id)
            if any((other.type, other.auth_id) == same for other in theirs):
                raise refuse(path, "the same type and auth-id stand there before", device_id)
            theirs.append(credential)
        except (Refused, Invalid) as error:
            sets.lacking.add(_Key(tenant_id, device_id))
            yield _left_out(error, path, members)


def _left_out(error: Refused | Invalid, path: str, members: JsonObject) -> LineFault:
    if isinstance(error, Invalid):
        error = refuse(path, error.message, members.get("device-id"))
    return error.fault._replace(message=f"{error.fault.message}; {KEPT_CREDENTIALS}")


def _read_credential(members: JsonObject, path: str, device_id: str) -> Credential:
    check_filled_in(members, path, device_id)
    given = {name: value for name, value in members.items() if name != "device-id"}
    secrets = given.get("secrets")
    if isinstance(secrets, list):
        given["secrets"] = [
            _hashed(secret) if isinstance(secret, dict) else secret for secret in secrets
        ]
    return Credential.parse(given)


def _hashed(secret: JsonObject) -> JsonObject:
    """Without a password in clear, which a file edited by hand may hold."""
    password = secret.get("pwd-plain")
    if not isinstance(password, str) or not password:
        return secret
    kept = {name: secret[name] for name in secret if name not in ("pwd-plain", "salt")}
    return kept | {"hash-function": "bcrypt", "pwd-hash": hash_password(password)}


def _grouped(
    files: _Lists, name: str, member: str
) -> Iterator[tuple[str, JsonObject | LineFault, str]]:
    """The entries of a file that lists them by tenant, each with its path.

    A fault comes with the tenant it is of, empty where that cannot be told.
    """
    for number, group in enumerate(files.get(name, ())):
        path = f"{name} [{number}]"
        tenant_id = ""
        try:
            if not isinstance(group, dict):
                raise refuse(path, "is not an object")
            tenant_id = _id_of(group, "tenant", path)
            listed = group.get(member)
            if not isinstance(listed, list):
                raise refuse(f"{path}.{member}", "is not a list")
        except Refused as refused:
            yield tenant_id, refused.fault, path
            continue
        for index, members in enumerate(listed):
            where = f"{path}.{member}[{index}]"
            if isinstance(members, dict):
                yield tenant_id, members, where
            else:
                yield tenant_id, refuse(where, "is not an object").fault, where


def _load(files: Mapping[str, bytes]) -> _Lists:
    """Every file as a list, before any is looked into. Raises Invalid."""
    loaded: dict[str, list[Any]] = {}
    problems: list[str] = []
    for name in FILE_NAMES:
        if name not in files:
            continue
        try:
            value = parse_json(files[name], what=name)
        except Invalid as error:
            problems.append(error.message)
            continue
        if isinstance(value, list):
            loaded[name] = value
        else:
            problems.append(f"{name} is JSON, but no list of objects.")
    if problems:
        raise Invalid(" ".join(problems), hint="Nothing was imported: mend it, then import again.")
    return loaded


def _id_of(members: JsonObject, name: str, path: str) -> str:
    value = members.get(name)
    if not isinstance(value, str):
        raise refuse(f"{path}.{name}", "is missing" if value is None else "is not a text")
    check_filled_in(value, f"{path}.{name}", None)
    if name == "device-id":
        return check_device_id(value)
    return check_id(value, HONO_TENANT_ID, field=name)
