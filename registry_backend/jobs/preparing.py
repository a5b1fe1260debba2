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
from registry_backend.wire.ndjson import (
    KEPT_ANCHORS,
    KEPT_CREDENTIALS,
    TenantDraft,
    WholeDevice,
)


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


def prepare_lines(entries: Iterable[Entry], preparation: Preparation) -> Iterator[Entry]:
    """The lines in final form: one of which anything is refused becomes a fault as a whole."""
    for line, draft in entries:
        if isinstance(draft, TenantDraft):
            yield line, _whole_tenant(draft, preparation)
        elif isinstance(draft, WholeDevice) and draft.credentials:
            yield line, _whole_device(draft, preparation)
        else:
            yield line, draft


def prepare_files(entries: Iterable[Entry], preparation: Preparation) -> Iterator[Entry]:
    """The entries of Hono's files in final form: what is refused becomes a fault of its own.

    Files name credentials apart from devices (hono 4.1), so the rest of a device stays, but a set
    of which a part was refused does not take the place of one that is stored.
    """
    for line, draft in entries:
        if isinstance(draft, TenantDraft):
            yield from ((line, entry) for entry in _tenant(draft, preparation))
        elif isinstance(draft, WholeDevice):
            yield from ((line, entry) for entry in _device(draft, preparation))
        else:
            yield line, draft


def _whole_tenant(draft: TenantDraft, preparation: Preparation) -> TenantDraft | LineFault:
    try:
        return draft._replace(attributes=preparation.tenant(draft.attributes))
    except Invalid as error:
        return LineFault(ARGUMENT_INVALID, f"the tenant was not written: {error.message}")


def _whole_device(draft: WholeDevice, preparation: Preparation) -> WholeDevice | LineFault:
    usable, refused = _credentials(draft, preparation)
    if refused:
        why = f"the device was not written: {'; '.join(refused)}"
        return LineFault(ARGUMENT_INVALID, why, draft.device_id)
    return draft._replace(credentials=usable)


def _tenant(draft: TenantDraft, preparation: Preparation) -> Iterator[TenantDraft | LineFault]:
    attributes = draft.attributes
    try:
        yield draft._replace(attributes=preparation.tenant(attributes))
    except Invalid as error:
        told = f"tenant {draft.tenant_id}, without its trusted-ca: {error.message}"
        yield LineFault(ARGUMENT_INVALID, f"{told}; {KEPT_ANCHORS}")
        yield draft._replace(attributes=attributes.without("trusted_ca"), lacks_anchors=True)


def _device(draft: WholeDevice, preparation: Preparation) -> Iterator[WholeDevice | LineFault]:
    if draft.credentials is not None:
        usable, refused = _credentials(draft, preparation)
        lacking = draft.lacks_credentials or bool(refused)
        for problem in refused:
            fault = f"{problem}; {KEPT_CREDENTIALS}"
            yield LineFault(ARGUMENT_INVALID, fault, draft.device_id)
        draft = draft._replace(credentials=usable, lacks_credentials=lacking)
    yield draft


def _credentials(
    draft: WholeDevice, preparation: Preparation
) -> tuple[tuple[Credential, ...], list[str]]:
    """What may be stored of a device's credentials, and why the rest may not."""
    usable: list[Credential] = []
    refused: list[str] = []
    for credential in draft.credentials or ():
        try:
            usable.extend(map(_with_ids, preparation.credentials([credential])))
        except Invalid as error:
            named = f"credential {credential.auth_id!r} of type {credential.type}"
            refused.append(f"{named}: {error.message}")
    return tuple(usable), refused


def _with_ids(credential: Credential) -> Credential:
    """Every secret with an id, so that later writes can name it (hono 3.6)."""
    if all(secret.id for secret in credential.secrets):
        return credential
    secrets = tuple(
        secret if secret.id else secret.model_copy(update={"id": generate_id()})
        for secret in credential.secrets
    )
    return credential.model_copy(update={"secrets": secrets})
