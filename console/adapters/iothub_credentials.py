"""Credentials of a hub's devices as the hub has them: two keys, two thumbprints, or an authority.

Keys are one `psk` credential under the device's id, thumbprints one `x509-thumbprint`; the first
secret is the primary, the second the secondary (iothub 3.1, 4.2, design 3). A device that an
authority vouches for has none; its attributes say so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from console.adapters.iothub_bodies import AUTHORITY, device_of, etag_of, revision_of
from console.adapters.iothub_devices import read_device
from console.adapters.iothub_session import HubSession
from console.adapters.unlisted_credentials import UnlistedCredentials
from registry_backend.domain.credentials import (
    PSK,
    X509_THUMBPRINT,
    Credential,
    CredentialSet,
    Secret,
)
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import FieldProblem, Invalid, VersionMismatch
from registry_backend.domain.secrets import generate_key
from registry_backend.wire.iothub_keys import key_fault, thumbprint_fault

TYPES = (PSK, X509_THUMBPRINT)
"""Types of credentials that a hub holds."""
PRIMARY, SECONDARY = _IDS = ("primary", "secondary")
"""What the two secrets are named, there being no ids."""
_SECRET_MEMBERS = {PSK: {"id", "key"}, X509_THUMBPRINT: {"id", "thumbprint"}}
_MATERIAL = {PSK: "key", X509_THUMBPRINT: "thumbprint"}


class HubCredentials(UnlistedCredentials):
    """Credentials of a remote hub's devices."""

    why = "A hub cannot list the credentials of all devices, only those of one."

    def __init__(self, session: HubSession) -> None:
        self._session = session

    async def get(self, tenant_id: str, device_id: str) -> CredentialSet:
        """As CredentialsPort."""
        self._session.check_tenant(tenant_id)
        return credentials_of(tenant_id, await read_device(self._session, device_id))

    async def replace(
        self,
        tenant_id: str,
        device_id: str,
        credentials: Sequence[Credential],
        *,
        expected: str | None,
    ) -> CredentialSet:
        """As CredentialsPort; refuses what a hub cannot hold."""
        session = self._session
        session.check_tenant(tenant_id)
        latest = None if expected is None else session.latest("credentials", device_id, expected)
        held = None if latest is None else session.remembered(device_id, latest)
        shown = held or await read_device(session, device_id)
        stored = credentials_of(tenant_id, shown)
        if latest is not None and latest != stored.version:
            raise VersionMismatch(
                f"The credentials of device {device_id} were changed since they were read.",
                current=stored,
            )
        if not credentials and not stored.credentials:
            return stored
        body = {**shown, "authentication": authentication_of(device_id, credentials, stored)}
        if not session.version.types:
            body["authentication"].pop("type")
        what = f"credentials of device {device_id}"
        try:
            answer = await session.send(
                "PUT", ("devices", device_id), what=what, body=body, expected=etag_of(shown)
            )
        except VersionMismatch as error:
            current = await self.get(tenant_id, device_id)
            raise VersionMismatch(error.message, current=current) from None
        saved = answer.json(what)
        session.remember(saved)
        after = credentials_of(tenant_id, saved)
        session.moved("device", device_id, stored.version, after.version)
        return after


def credentials_of(tenant_id: str, shown: JsonObject) -> CredentialSet:
    """A device's credentials as the hub shows them."""
    device = device_of(tenant_id, shown)
    authentication = shown.get("authentication")
    members: JsonObject = authentication if isinstance(authentication, dict) else {}
    keys = _pair(members.get("symmetricKey"), "primaryKey", "secondaryKey")
    prints = _pair(members.get("x509Thumbprint"), "primaryThumbprint", "secondaryThumbprint")
    found = []
    for kind, pair in ((PSK, keys), (X509_THUMBPRINT, prints)):
        if any(pair):
            secrets = [
                {"id": name, _MATERIAL[kind]: material}
                for name, material in zip(_IDS, pair, strict=True)
                if material
            ]
            found.append(
                Credential.parse({"type": kind, "auth-id": device.device_id, "secrets": secrets})
            )
    return CredentialSet(
        tenant_id=tenant_id,
        device_id=device.device_id,
        credentials=tuple(found),
        version=device.version,
        revision=revision_of(device.version),
    )


def authentication_of(
    device_id: str, credentials: Sequence[Credential], stored: CredentialSet
) -> JsonObject:
    """What a hub is told of these credentials; a key that is missing beside another is made.

    Raises:
        Invalid: at each member that a hub cannot hold.
    """
    problems = list(_problems(device_id, credentials))
    if problems:
        raise Invalid(problems=problems)
    if not credentials:
        raise Invalid(
            "A device of a hub cannot be left without credentials.",
            hint=f"Give it keys or thumbprints, or set iothub.authenticationType to {AUTHORITY} "
            "in its JSON.",
        )
    credential = credentials[0]
    pair = _materials(credential, stored)
    if credential.type == PSK:
        keys = [each or generate_key() for each in pair]
        members: JsonObject = {"primaryKey": keys[0], "secondaryKey": keys[1]}
        return {"symmetricKey": members, "type": "sas"}
    if not any(pair):
        raise Invalid.at("[0].secrets[0].thumbprint", "must be given")
    prints = {"primaryThumbprint": pair[0], "secondaryThumbprint": pair[1]}
    return {"x509Thumbprint": prints, "type": "selfSigned"}


def _problems(device_id: str, credentials: Sequence[Credential]) -> Iterator[FieldProblem]:
    """What a hub has no place for."""
    for index, credential in enumerate(credentials):
        at = f"[{index}]"
        if credential.type not in TYPES:
            yield FieldProblem(f"{at}.type", f"a hub knows {' and '.join(TYPES)} only")
            continue
        if index and not any(each.type not in TYPES for each in credentials[:index]):
            yield FieldProblem(at, "a hub's device has keys or thumbprints, and one set of them")
        if credential.auth_id != device_id:
            yield FieldProblem(f"{at}.auth-id", "must be the device's id in a hub")
        for name in sorted(credential.given() - {"type", "auth-id", "secrets", "enabled"}):
            if credential.to_json().get(name) not in (None, "", {}):
                yield FieldProblem(f"{at}.{name}", "is not kept by a hub")
        if not credential.enabled:
            yield FieldProblem(f"{at}.enabled", "a hub disables the whole device, not one of these")
        if not 1 <= len(credential.secrets) <= 2:
            yield FieldProblem(f"{at}.secrets", "must be one or two: the primary, the secondary")
        for place, secret in enumerate(credential.secrets):
            yield from _secret_problems(credential.type, secret, f"{at}.secrets[{place}]")


def _secret_problems(kind: str, secret: Secret, at: str) -> Iterator[FieldProblem]:
    for name, value in sorted(secret.to_json().items()):
        if name == "enabled":
            if value is False:
                yield FieldProblem(f"{at}.enabled", "a hub cannot disable one of the two")
        elif name not in _SECRET_MEMBERS[kind] and value not in (None, ""):
            yield FieldProblem(f"{at}.{name}", "is not kept by a hub")
    material = _material(kind, secret)
    if material:
        fault = key_fault(material) if kind == PSK else thumbprint_fault(material)
        if fault:
            yield FieldProblem(f"{at}.{_MATERIAL[kind]}", fault)


def _materials(credential: Credential, stored: CredentialSet) -> list[str | None]:
    """Primary and secondary; a secret that only names itself keeps what is stored."""
    before = stored.find(credential.type, credential.auth_id)
    held = {each.id: _material(credential.type, each) for each in before.secrets} if before else {}
    pair = [_material(credential.type, each) or held.get(each.id) for each in credential.secrets]
    return [*pair, None][:2]


def _material(kind: str, secret: Secret) -> str | None:
    value = secret.to_json().get(_MATERIAL[kind])
    return value if isinstance(value, str) and value else None


def _pair(value: Any, primary: str, secondary: str) -> tuple[str | None, str | None]:
    members = value if isinstance(value, dict) else {}
    found = [members.get(name) for name in (primary, secondary)]
    first, second = (each if isinstance(each, str) and each else None for each in found)
    return first, second
