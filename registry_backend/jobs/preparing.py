"""Giving entries their final form before any transaction: certificates read, secrets named."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from registry_backend.domain.credentials import Credential
from registry_backend.domain.errors import Invalid
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.jobs.drafts import Entry
from registry_backend.wire.import_errors import ARGUMENT_INVALID, LineFault
from registry_backend.wire.ndjson import TenantDraft, WholeDevice


def _same_tenant(attributes: TenantAttributes) -> TenantAttributes:
    return attributes


def _same_credentials(credentials: Sequence[Credential]) -> tuple[Credential, ...]:
    return tuple(credentials)


@dataclass(frozen=True, slots=True)
class Preparation:
    """The registry's rules for what clients write, handed in by who runs the jobs.

    Each raises Invalid for what it refuses.

    Args:
        tenant: Completes trust anchors.
        credentials: Checks credentials and derives what certificates say.
    """

    tenant: Callable[[TenantAttributes], TenantAttributes] = _same_tenant
    credentials: Callable[[Sequence[Credential]], tuple[Credential, ...]] = _same_credentials


def prepare(entries: Iterable[Entry], preparation: Preparation) -> Iterator[Entry]:
    """The entries in final form; what is refused becomes a fault, the rest of its entry stays."""
    for line, draft in entries:
        if isinstance(draft, TenantDraft):
            yield from ((line, entry) for entry in _tenant(draft, preparation))
        elif isinstance(draft, WholeDevice) and draft.credentials:
            yield from ((line, entry) for entry in _device(draft, preparation))
        else:
            yield line, draft


def _tenant(draft: TenantDraft, preparation: Preparation) -> Iterator[TenantDraft | LineFault]:
    attributes = draft.attributes
    try:
        attributes = preparation.tenant(attributes)
    except Invalid as error:
        name = draft.tenant_id or "of the file"
        yield LineFault(ARGUMENT_INVALID, f"tenant {name}, without trusted-ca: {error.message}")
        members = attributes.to_json()
        members.pop("trusted-ca", None)
        attributes = TenantAttributes.parse(members)
    yield draft._replace(attributes=attributes)


def _device(draft: WholeDevice, preparation: Preparation) -> Iterator[WholeDevice | LineFault]:
    usable: list[Credential] = []
    for credential in draft.credentials or ():
        try:
            usable.extend(map(_with_ids, preparation.credentials([credential])))
        except Invalid as error:
            named = f"credential {credential.auth_id!r} of type {credential.type}"
            message = f"{named} of device {draft.device_id!r} was left out: {error.message}"
            yield LineFault(ARGUMENT_INVALID, message, draft.device_id)
    yield draft._replace(credentials=tuple(usable))


def _with_ids(credential: Credential) -> Credential:
    """Every secret with an id, so that later writes can name it (hono 3.6)."""
    if all(secret.id for secret in credential.secrets):
        return credential
    secrets = tuple(
        secret if secret.id else secret.model_copy(update={"id": generate_id()})
        for secret in credential.secrets
    )
    return credential.model_copy(update={"secrets": secrets})
