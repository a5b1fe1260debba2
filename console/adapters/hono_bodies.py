"""A remote Hono's JSON as models, and models as what may be PUT back. Pure.

Reading is lenient where the bundled server is strict: what a peer shows is kept, modelled or not,
so that a write never loses it (hono 10.5).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from console.adapters.rest_versions import seen_version
from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import AS_FOUND, Document, JsonObject
from registry_backend.domain.errors import Fault, Invalid
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import NOT_TOLD, parse_timestamp
from registry_backend.wire.hono import secret_shape
from registry_backend.wire.hono_binary import in_standard_form, standard_secret
from registry_backend.wire.hono_profiles import HONO_2X
from registry_backend.wire.hono_shape import Shape, Unknown, admit

DocumentT = TypeVar("DocumentT", bound=Document)

_READ_ONLY = ("id", "status", "tenant-id", "device-id")
"""Members that a peer shows and refuses (hono 2.2, 2.4)."""


def lenient(shape: Shape) -> Shape:
    """The shape for reading: unknown members stay, nulls and duplicates of Hono's go."""
    inner = {name: each and lenient(each) for name, each in shape.members.items()}
    return replace(shape, members=inner, unknown=Unknown.KEEP, null_matters=frozenset())


_TENANT, _DEVICE = lenient(HONO_2X.tenant), lenient(HONO_2X.device)
_CREDENTIAL = lenient(HONO_2X.credential)


def content_version(members: Mapping[str, Any]) -> str:
    """A version for what came without one; equal content has equal versions."""
    shown = {name: value for name, value in members.items() if value not in (None, [], {})}
    return seen_version(json.dumps(shown, sort_keys=True, separators=(",", ":")))


class NotWhole(Fault):
    """A record that holds what cannot be read, so that writing it back would lose that.

    Args:
        message: Which members, and why.
        rest: The record without them, under a version of its own.
        etag: The version that the peer gave, if it did.
    """

    def __init__(self, message: str, rest: Tenant | Device, etag: str) -> None:
        super().__init__(message, hint="Mend it where it was written; it can be deleted here.")
        self.rest = rest
        self.etag = etag


def tenant_of(tenant_id: str, members: Any, etag: str) -> Tenant:
    """A tenant as a peer shows it. Raises Fault when it is no tenant, NotWhole in parts."""
    what = f"Tenant {tenant_id}"
    attributes, problem = _attributes(TenantAttributes, _readable(members, _TENANT, what))
    seen = content_version(tenant_body(attributes))
    tenant = Tenant.model_construct(  # as found: making it anew would apply the rules of writing
        tenant_id=tenant_id,
        attributes=attributes,
        version=seen if problem else etag or seen,
        created_at=NOT_TOLD,
    )
    if problem:
        raise NotWhole(_unreadable(what, problem), tenant, etag)
    return tenant


def device_of(tenant_id: str, device_id: str, members: Any, etag: str) -> Device:
    """A device as a peer shows it. Raises Fault when it is no device, NotWhole in parts."""
    what = f"Device {device_id} of tenant {tenant_id}"
    attributes, problem = _attributes(DeviceAttributes, _readable(members, _DEVICE, what))
    seen = content_version(device_body(attributes))
    status = members.get("status")
    told = status if isinstance(status, dict) else {}
    device = Device.model_construct(  # as above
        tenant_id=tenant_id,
        device_id=device_id,
        attributes=attributes,
        version=seen if problem else etag or seen,
        revision=0,
        generation_id="",
        created_at=_moment(told.get("created")) or NOT_TOLD,
        updated_at=_moment(told.get("updated")),
    )
    if problem:
        raise NotWhole(_unreadable(what, problem), device, etag)
    return device


def credentials_of(tenant_id: str, device_id: str, members: Any, etag: str) -> CredentialSet:
    """A device's credentials as a peer shows them. Raises Fault when they are none."""
    what = f"The credentials of device {device_id}"
    if not isinstance(members, list):
        raise Fault(f"{what} came as something else than an array.")
    credentials = []
    for entry in members:
        read = _readable(entry, _CREDENTIAL, what, strip=())
        shape = lenient(secret_shape(read.get("type"), HONO_2X))
        if "secrets" in read:
            read["secrets"] = admit(read["secrets"], shape)
        try:
            credentials.append(Credential.parse(read, context=AS_FOUND))
        except Invalid as error:
            raise Fault(_unreadable(what, error)) from None
    return CredentialSet.model_construct(  # as above
        tenant_id=tenant_id,
        device_id=device_id,
        credentials=tuple(credentials),
        version=etag or content_version({"credentials": members}),
    )


def tenant_body(attributes: TenantAttributes) -> JsonObject:
    """What may be sent of a tenant: nothing read-only, no empty lists."""
    body = _sendable(attributes.to_json())
    if "trusted-ca" in body:
        names = ("public-key", "ocsp-responder-cert")
        body["trusted-ca"] = [in_standard_form(each, names) for each in body["trusted-ca"]]
    return body


def device_body(attributes: DeviceAttributes) -> JsonObject:
    """What may be sent of a device: nothing read-only, no empty lists (hono 2.4)."""
    return _sendable(attributes.to_json())


def credentials_body(credentials: Sequence[Credential], *, secret_ids: bool) -> list[JsonObject]:
    """What may be sent of a credential set; 1.1 refuses ids of secrets (hono 3.6)."""
    body = []
    for credential in credentials:
        members = _without_nothing(credential.to_json())
        members["secrets"] = [
            {
                name: value
                for name, value in standard_secret(credential.type, secret).items()
                if value is not None and (secret_ids or name != "id")
            }
            for secret in members.get("secrets", ())
        ]
        if members.get("cert"):  # auth-id and validity are taken from it (hono 2.5)
            del members["secrets"]
        body.append(members)
    return body


def _sendable(members: JsonObject) -> JsonObject:
    kept = _without_nothing(members)
    return {name: value for name, value in kept.items() if name not in _READ_ONLY}


def _without_nothing(members: JsonObject) -> JsonObject:
    return {name: value for name, value in members.items() if value is not None and value != []}


def _readable(
    members: Any, shape: Shape, what: str, *, strip: Sequence[str] = _READ_ONLY
) -> JsonObject:
    if not isinstance(members, dict):
        raise Fault(f"{what} came as something else than an object.")
    read: JsonObject = admit(members, shape)
    return {name: value for name, value in read.items() if name not in strip}


def _attributes(model: type[DocumentT], members: JsonObject) -> tuple[DocumentT, Invalid | None]:
    """What can be read of the members, and what is wrong with the others."""
    try:
        return model.parse(members, context=AS_FOUND), None
    except Invalid as error:
        broken = {re.split(r"[.\[]", each.field)[0] for each in error.problems}
        rest = {name: value for name, value in members.items() if name not in broken}
        try:
            return model.parse(rest, context=AS_FOUND), error
        except Invalid:
            return model(), error


def _unreadable(what: str, error: Invalid) -> str:
    return f"{what} cannot be read as the registry shows it: {error.message.rstrip('.')}."


def _moment(text: object) -> datetime | None:
    try:
        moment = parse_timestamp(text)
    except ValueError:
        return None
    return moment if isinstance(moment, datetime) else None
