"""Which stored secrets go on in a new set: merging by secret id (hono 3.6). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.domain.credentials import (
    HASHED_PASSWORD,
    PSK,
    RPK,
    Credential,
    CredentialSet,
    Secret,
)
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.identifiers import generate_id

_CARRIED = {
    HASHED_PASSWORD: ("hash_function", "pwd_hash", "salt"),
    PSK: ("key",),
    RPK: ("key", "algorithm"),
}
"""What a secret named by its id keeps when no other is given, by type."""
_PROOF = {HASHED_PASSWORD: "pwd_hash", PSK: "key", RPK: "key"}
"""The member whose absence asks for the stored one."""


def merge_credentials(
    drafts: Sequence[Credential], stored: CredentialSet
) -> tuple[Credential, ...]:
    """The set to store: what is not in `drafts` goes, secrets named by id keep their material.

    Everything else of a secret is replaced, not merged.

    Raises:
        Invalid: for each secret id that the stored credential of that type and auth-id lacks.
    """
    problems: list[FieldProblem] = []
    merged = []
    for index, draft in enumerate(drafts):
        counterpart = stored.find(draft.type, draft.auth_id)
        known = {secret.id: secret for secret in counterpart.secrets} if counterpart else {}
        for place, secret in enumerate(draft.secrets):
            if secret.id and secret.id not in known:
                text = _why_unknown(secret.id, stored)
                problems.append(FieldProblem(f"[{index}].secrets[{place}].id", text))
        secrets = tuple(_merged(draft.type, secret, known) for secret in draft.secrets)
        merged.append(draft.model_copy(update={"secrets": secrets}))
    if problems:
        hint = "Leave the id out to add a new secret; a renamed auth-id needs its secrets anew."
        raise Invalid(problems=problems, hint=hint)
    return tuple(merged)


def _merged(kind: str, secret: Secret, known: dict[str | None, Secret]) -> Secret:
    if not secret.id:
        return secret.model_copy(update={"id": generate_id()})
    stored = known.get(secret.id)
    proof = _PROOF.get(kind)
    if stored is None or proof is None or getattr(secret, proof) is not None:
        return secret
    carried = {name: getattr(stored, name) for name in _CARRIED[kind]}
    return secret.model_copy(
        update={name: value for name, value in carried.items() if value is not None}
    )


def _why_unknown(secret_id: str, stored: CredentialSet) -> str:
    if not stored.credentials:
        return "no credentials on record for device"
    return f"other credential has no secret with id: {secret_id}"
