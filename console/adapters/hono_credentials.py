"""Credentials of a remote Hono's devices: read, changed, and written back without loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from console.adapters.hono_bodies import credentials_body, credentials_of
from console.adapters.hono_results import known_version
from console.adapters.hono_session import HonoSession
from console.adapters.unlisted_credentials import UnlistedCredentials
from registry_backend.domain.credentials import (
    HASHED_PASSWORD,
    PSK,
    RPK,
    Credential,
    CredentialSet,
    Secret,
)
from registry_backend.domain.document import compact_json
from registry_backend.domain.errors import (
    AlreadyExists,
    FieldProblem,
    Invalid,
    RegistryError,
    VersionMismatch,
)
from registry_backend.domain.secrets import check_password, decode_base64


class HonoCredentials(UnlistedCredentials):
    """Credentials of a remote Hono's devices."""

    why = "A Hono cannot list the credentials of a whole tenant, only those of one device."

    def __init__(self, session: HonoSession) -> None:
        self._session = session

    async def get(self, tenant_id: str, device_id: str) -> CredentialSet:
        """As CredentialsPort."""
        what = _named(tenant_id, device_id)
        answer = await self._session.send("GET", ("credentials", tenant_id, device_id), what=what)
        return credentials_of(tenant_id, device_id, answer.json(what), answer.etag)

    async def replace(
        self,
        tenant_id: str,
        device_id: str,
        credentials: Sequence[Credential],
        *,
        expected: str | None,
    ) -> CredentialSet:
        """As CredentialsPort; refuses what would lose a key that the peer does not show."""
        session = self._session
        stored = await self.get(tenant_id, device_id)
        if expected is not None and expected != stored.version:
            if session.latest("credentials", tenant_id, device_id, expected) != stored.version:
                raise VersionMismatch(
                    f"The {_named(tenant_id, device_id)} were changed since they were read.",
                    current=stored,
                )
            expected = stored.version
        if not session.peer.keeps_keys:
            credentials = _with_shown_keys(credentials, stored)
        problems = [
            *_broken(credentials),
            *_lost(credentials, stored, keys_are_kept=session.peer.keeps_keys),
        ]
        if problems:
            hint = "" if not any("again" in each.problem for each in problems) else _CHOICE
            raise Invalid(problems=problems, hint=hint)
        body = credentials_body(credentials, secret_ids=session.peer.profile.secret_ids)
        version = known_version(expected) if expected is not None else None
        try:
            answer = await session.send(
                "PUT",
                ("credentials", tenant_id, device_id),
                what=_with_size(tenant_id, device_id, body),
                body=body,
                expected=version,
            )
        except VersionMismatch as error:
            current = await self.get(tenant_id, device_id)
            raise VersionMismatch(error.message, current=current, hint=error.hint) from None
        except AlreadyExists as error:
            taken = ", ".join(f"{each.type} {each.auth_id}" for each in credentials)
            hint = f"One of these belongs to another device of the tenant: {taken}."
            raise AlreadyExists(error.message, hint=hint) from None
        session.moved("device", tenant_id, device_id, stored.version, answer.etag)
        return await self._saved(stored, credentials, answer.etag)

    async def _saved(
        self, before: CredentialSet, sent: Sequence[Credential], etag: str
    ) -> CredentialSet:
        """What is there after a write: the peer gives ids and reads certificates."""
        try:
            return await self.get(before.tenant_id, before.device_id)
        except RegistryError:  # it was written all the same
            shown = tuple(
                each.model_copy(
                    update={"secrets": tuple(s.without("pwd_plain") for s in each.secrets)}
                )
                for each in sent
            )
            return before.model_copy(update={"credentials": shown, "version": etag})


_CHOICE = (
    "This registry never shows such a key and cannot keep it by the id of its secret (hono 3.6): "
    "type the key again, or take that credential out of the set."
)


def _broken(credentials: Sequence[Credential]) -> Iterator[FieldProblem]:
    """What every Hono refuses, told by field, as most of them do not say which it was."""
    seen: set[tuple[str, str]] = set()
    for index, credential in enumerate(credentials):
        identity = (credential.type, credential.auth_id)
        if identity in seen:
            text = f"{credential.auth_id!r} of type {credential.type} is in the set twice"
            yield FieldProblem(f"[{index}].auth-id", text)
        seen.add(identity)
        if not credential.secrets and not credential.cert:
            yield FieldProblem(f"[{index}].secrets", "must hold at least one secret")
        for place, secret in enumerate(credential.secrets):
            path = f"[{index}].secrets[{place}]"
            if credential.type == PSK and secret.key is not None and not _is_base64(secret.key):
                yield FieldProblem(f"{path}.key", "must be base64 of at least one byte")
            if credential.type == HASHED_PASSWORD and secret.pwd_plain is not None:
                problem = check_password(secret.pwd_plain)
                if problem:
                    yield FieldProblem(f"{path}.pwd-plain", problem)


def _with_shown_keys(
    credentials: Sequence[Credential], stored: CredentialSet
) -> tuple[Credential, ...]:
    """The set with the keys that the peer shows of secrets named by their id only (hono 2.5)."""
    whole = []
    for credential in credentials:
        before = stored.find(credential.type, credential.auth_id)
        shown = {each.id: each for each in before.secrets if each.id} if before else {}
        secrets = tuple(_with_key(each, shown.get(each.id or "")) for each in credential.secrets)
        whole.append(credential.model_copy(update={"secrets": secrets}))
    return tuple(whole)


def _with_key(secret: Secret, shown: Secret | None) -> Secret:
    if shown is None or not shown.key or secret.key or secret.cert:
        return secret
    kept = {"key": shown.key, "algorithm": secret.algorithm or shown.algorithm}
    return secret.model_copy(update=kept)


def _lost(
    credentials: Sequence[Credential], stored: CredentialSet, *, keys_are_kept: bool
) -> Iterator[FieldProblem]:
    """Secrets that a write would destroy although nobody asked for that (hono 3.6)."""
    for index, credential in enumerate(credentials):
        before = stored.find(credential.type, credential.auth_id)
        ids = {secret.id for secret in before.secrets} if before is not None else set()
        for place, secret in enumerate(credential.secrets):
            path = f"[{index}].secrets[{place}]"
            if secret.id and secret.id not in ids:
                text = (
                    f"a secret keeps its id only under the same type and auth-id; "
                    f"leave the id out and give the secret of {credential.auth_id!r} again"
                )
                yield FieldProblem(f"{path}.id", text)
            elif not keys_are_kept and _lacks_key(credential.type, secret):
                yield FieldProblem(f"{path}.key", "is not shown by the registry: type it again")


def _lacks_key(kind: str, secret: Secret) -> bool:
    if kind == RPK:
        return not secret.key and not secret.cert
    return kind == PSK and not secret.key


def _is_base64(text: str) -> bool:
    try:
        return bool(decode_base64(text))
    except ValueError:
        return False


def _with_size(tenant_id: str, device_id: str, body: object) -> str:
    size = len(compact_json(body).encode("utf-8"))
    return f"{_named(tenant_id, device_id)}, {size:,} bytes"


def _named(tenant_id: str, device_id: str) -> str:
    return f"credentials of device {device_id} of tenant {tenant_id}"
