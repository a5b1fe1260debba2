"""The three files of Hono's 1.1 file registry (hono 4.1): read with tolerance, written strictly.

The 1.1 loader drops a whole file over one member it does not know, so writing leaves out what 1.1
has no word for: ids of secrets and trust anchors, groups, mappers, IoT Hub's members.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject, parse_json
from registry_backend.domain.errors import Invalid
from registry_backend.domain.identifiers import HONO_TENANT_ID, HUB_DEVICE_ID, check_id
from registry_backend.domain.jobs import ImportMode
from registry_backend.domain.secrets import hash_password
from registry_backend.domain.tenants import Tenant, TenantAttributes, TrustAnchor
from registry_backend.wire.import_errors import ARGUMENT_INVALID, LineFault
from registry_backend.wire.ndjson import TenantDraft, WholeDevice

TENANTS_FILE = "tenants.json"
DEVICES_FILE = "device-identities.json"
CREDENTIALS_FILE = "credentials.json"
FILE_NAMES = (TENANTS_FILE, DEVICES_FILE, CREDENTIALS_FILE)

FileEntry = TenantDraft | WholeDevice | LineFault

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
_DEVICE_MEMBERS = ("enabled", "ext", "defaults", "via")
_LIMIT_MEMBERS = ("max-connections", "max-ttl", "data-volume", "connection-duration")
_ANCHOR_MEMBERS = (
    "subject-dn",
    "public-key",
    "algorithm",
    "not-before",
    "not-after",
    "auto-provisioning-enabled",
)
_TENANT_MEMBERS = (
    "enabled",
    "ext",
    "defaults",
    "adapters",
    "minimum-message-size",
    "resource-limits",
    "tracing",
    "trusted-ca",
)


_Lists = Mapping[str, list[Any]]
"""The files decoded; a file that is not there is left out."""


class _Key(NamedTuple):
    tenant_id: str
    device_id: str


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
    entries: list[FileEntry] = []
    credentials: dict[_Key, list[Credential]] = {}
    faults = list(_read_credentials(loaded, credentials))
    entries.extend(_read_tenants(loaded))
    known: set[_Key] = set()
    for entry in _read_devices(loaded):
        if isinstance(entry, LineFault):
            entries.append(entry)
            continue
        key = _Key(entry.tenant_id or "", entry.device_id)
        known.add(key)
        theirs = tuple(credentials.get(key, ())) if CREDENTIALS_FILE in files else None
        entries.append(entry._replace(credentials=theirs))
    entries.extend(
        WholeDevice(key.tenant_id, key.device_id, None, tuple(theirs), mode=ImportMode.UPDATE)
        for key, theirs in credentials.items()
        if key not in known
    )
    return entries + faults


def tenant_entry(tenant: Tenant) -> JsonObject:
    """A tenant as `tenants.json` holds it."""
    members = _only(tenant.attributes.to_json(), _TENANT_MEMBERS)
    if members.get("resource-limits"):
        members["resource-limits"] = _only(members["resource-limits"], _LIMIT_MEMBERS)
    if members.get("trusted-ca"):
        members["trusted-ca"] = [_only(item, _ANCHOR_MEMBERS) for item in members["trusted-ca"]]
    return {"tenant-id": tenant.tenant_id, **members}


def device_entry(device: Device) -> JsonObject:
    """A device as `device-identities.json` holds it."""
    data = _only(device.attributes.to_json(), _DEVICE_MEMBERS)
    return {"device-id": device.device_id, "data": data}


def credential_entries(device_id: str, credentials: Sequence[Credential]) -> list[JsonObject]:
    """A device's credentials as `credentials.json` holds them."""
    entries = []
    for credential in credentials:
        members = credential.to_json()
        members["secrets"] = [
            {name: value for name, value in secret.items() if name != "id" and value is not None}
            for secret in members.get("secrets", ())
        ]
        members.pop("comment", None)
        entries.append({"device-id": device_id, **members})
    return entries


def _only(members: JsonObject, names: Sequence[str]) -> JsonObject:
    return {name: members[name] for name in names if members.get(name) is not None}


class _Refused(Exception):
    def __init__(self, fault: LineFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def _refuse(path: str, problem: str, device_id: object = None) -> _Refused:
    named = device_id if isinstance(device_id, str) else None
    return _Refused(LineFault(ARGUMENT_INVALID, f"{path}: {problem}", named))


def _read_tenants(files: _Lists) -> Iterator[FileEntry]:
    for index, members in enumerate(files.get(TENANTS_FILE, ())):
        path = f"{TENANTS_FILE} [{index}]"
        if not isinstance(members, dict):
            yield _refuse(path, "is not an object").fault
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
            _check_filled_in(given, path, None)
            if anchors:
                given["trusted-ca"] = anchors
            yield TenantDraft(tenant_id, TenantAttributes.parse(given))
        except _Refused as refused:
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
            _check_filled_in(members, where, None)
            TrustAnchor.parse(members)
            usable.append(members)
        except _Refused as refused:
            faults.append(refused.fault)
        except Invalid as error:
            faults.append(LineFault(ARGUMENT_INVALID, f"{where}: {error.message}"))
    return usable, faults


def _read_devices(files: _Lists) -> Iterator[WholeDevice | LineFault]:
    for tenant_id, members, path in _grouped(files, DEVICES_FILE, "devices"):
        if isinstance(members, LineFault):
            yield members
            continue
        try:
            device_id = _id_of(members, "device-id", path)
            data = members.get("data", {})
            _check_filled_in(data, f"{path}.data", device_id)
            if isinstance(data, dict):
                data = {name: value for name, value in data.items() if name != "comment"}
            attributes = DeviceAttributes.parse(data, prefix="data")
            yield WholeDevice(tenant_id, device_id, attributes, None)
        except _Refused as refused:
            yield refused.fault
        except Invalid as error:
            yield _refuse(path, error.message, members.get("device-id")).fault


def _read_credentials(files: _Lists, found: dict[_Key, list[Credential]]) -> Iterator[LineFault]:
    for tenant_id, members, path in _grouped(files, CREDENTIALS_FILE, "credentials"):
        if isinstance(members, LineFault):
            yield members
            continue
        try:
            device_id = _id_of(members, "device-id", path)
            credential = _read_credential(members, path, device_id)
            theirs = found.setdefault(_Key(tenant_id, device_id), [])
            same = (credential.type, credential.auth_id)
            if any((other.type, other.auth_id) == same for other in theirs):
                raise _refuse(path, "the same type and auth-id stand there before", device_id)
            theirs.append(credential)
        except _Refused as refused:
            yield refused.fault
        except Invalid as error:
            yield _refuse(path, error.message, members.get("device-id")).fault


def _read_credential(members: JsonObject, path: str, device_id: str) -> Credential:
    _check_filled_in(members, path, device_id)
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
    """The entries of a file that lists them by tenant, each with its path."""
    for number, group in enumerate(files.get(name, ())):
        path = f"{name} [{number}]"
        try:
            if not isinstance(group, dict):
                raise _refuse(path, "is not an object")
            tenant_id = _id_of(group, "tenant", path)
            listed = group.get(member)
            if not isinstance(listed, list):
                raise _refuse(f"{path}.{member}", "is not a list")
        except _Refused as refused:
            yield "", refused.fault, path
            continue
        for index, members in enumerate(listed):
            where = f"{path}.{member}[{index}]"
            if isinstance(members, dict):
                yield tenant_id, members, where
            else:
                yield tenant_id, _refuse(where, "is not an object").fault, where


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
        raise _refuse(f"{path}.{name}", "is missing" if value is None else "is not a text")
    _check_filled_in(value, f"{path}.{name}", None)
    pattern = HUB_DEVICE_ID if name == "device-id" else HONO_TENANT_ID
    return check_id(value, pattern, field=name)


def _check_filled_in(value: Any, path: str, device_id: str | None) -> None:
    """Refuse what still holds a `${…}` that a build should have replaced (hono 4.1)."""
    if isinstance(value, str):
        match = _PLACEHOLDER.search(value)
        if match:
            raise _refuse(path, f"the placeholder {match.group()} was never filled in", device_id)
    elif isinstance(value, dict):
        for name, content in value.items():
            _check_filled_in(content, f"{path}.{name}", device_id)
    elif isinstance(value, list):
        for index, content in enumerate(value):
            _check_filled_in(content, f"{path}[{index}]", device_id)
