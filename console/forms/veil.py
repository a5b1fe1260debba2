"""A credential set as a document whose secrets are covered, and back again.

Each secret becomes dots and a number; the number finds it again, so that a document can be shown,
compared, merged and edited without its secrets. What is still covered when it is saved goes back
as it was; what was typed over a cover is new.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from registry_backend.domain.credentials import (
    HASHED_PASSWORD,
    PSK,
    RPK,
    Credential,
    CredentialSet,
)
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.secrets import MASK

OPEN_MEMBERS = frozenset(
    {
        "id",
        "enabled",
        "not-before",
        "not-after",
        "comment",
        "hash-function",
        "algorithm",
        "cert",
        "thumbprint",
    }
)
"""Members of a secret that may be read; any other may be what it is checked against."""
CARRIED = {
    HASHED_PASSWORD: ("pwd-hash", "salt", "hash-function"),
    PSK: ("key",),
    RPK: ("key", "algorithm"),
}
"""What the registry keeps of a secret that comes with its id and without these (hono 3.6)."""

_COVER = re.compile(rf"{MASK} (\d+)")


class Veil:
    """Covers secrets and remembers what is behind each cover, as long as one edit lasts."""

    def __init__(self) -> None:
        self._behind: list[Any] = []
        self._ids: set[str] = set()

    def __repr__(self) -> str:
        return f"Veil({len(self._behind)} secrets)"

    def document(self, stored: CredentialSet) -> JsonObject:
        """The set as a document that may be shown: `{"credentials": [...]}`."""
        self._ids |= {each.id for one in stored.credentials for each in one.secrets if each.id}
        return {"credentials": [self.credential(each.to_json()) for each in stored.credentials]}

    def credential(self, members: JsonObject) -> JsonObject:
        """A credential with the secrets among its members covered; what is covered stays so."""
        secrets = members.get("secrets")
        if not isinstance(secrets, list):
            return members
        covered = [self._secret(each) if isinstance(each, dict) else each for each in secrets]
        return {**members, "secrets": covered}

    def _secret(self, members: JsonObject) -> JsonObject:
        return {
            name: value if name in OPEN_MEMBERS or value is None else self._cover(value)
            for name, value in members.items()
        }

    def _cover(self, value: Any) -> str:
        if isinstance(value, str) and MASK in value:
            return value
        if value not in self._behind:
            self._behind.append(value)
        return f"{MASK} {self._behind.index(value) + 1}"

    def credentials(self, document: JsonObject, stored: CredentialSet) -> tuple[Credential, ...]:
        """What to send to a registry that holds `stored`.

        A secret that the registry holds already is left out where it is kept by its id. One that
        it no longer holds under that name goes without its id, as a new one.

        Raises:
            Invalid: with the path of each member that is not as it should be.
        """
        members = document.get("credentials")
        if not isinstance(members, list) or set(document) != {"credentials"}:
            raise Invalid('The document must be {"credentials": [...]}.')
        problems: list[FieldProblem] = []
        found = []
        for index, credential in enumerate(members):
            try:
                whole = self._uncovered(credential, stored, f"[{index}]")
                found.append(Credential.parse(whole, prefix=f"[{index}]"))
            except Invalid as error:
                problems += error.problems
        if problems:
            raise Invalid(problems=problems)
        return tuple(found)

    def _uncovered(self, credential: Any, stored: CredentialSet, path: str) -> Any:
        if not isinstance(credential, dict) or not isinstance(credential.get("secrets"), list):
            return credential
        kind = str(credential.get("type"))
        counterpart = stored.find(kind, str(credential.get("auth-id")))
        kept = (
            {secret.id: secret.to_json() for secret in counterpart.secrets} if counterpart else {}
        )
        secrets = []
        for index, secret in enumerate(credential["secrets"]):
            if isinstance(secret, dict):
                whole = self._reveal(secret, f"{path}.secrets[{index}]")
                given = whole.get("id")
                secret_id = given if isinstance(given, str) else ""
                held = kept.get(secret_id, {})
                if not held and secret_id in self._ids:
                    del whole["id"]
                secrets.append(_without_kept(whole, held, CARRIED.get(kind, ())))
            else:
                secrets.append(secret)
        return {**credential, "secrets": secrets}

    def _reveal(self, secret: JsonObject, path: str) -> JsonObject:
        whole: JsonObject = {}
        for name, value in secret.items():
            covered = isinstance(value, str) and MASK in value and name not in OPEN_MEMBERS
            match = _COVER.fullmatch(value) if covered else None
            if covered and (match is None or not 0 < int(match[1]) <= len(self._behind)):
                text = "covers a secret; leave it as it was, or put the new value in its place"
                raise Invalid.at(f"{path}.{name}", text)
            whole[name] = self._behind[int(match[1]) - 1] if match else value
        return whole


def _without_kept(secret: JsonObject, held: JsonObject, carried: Sequence[str]) -> JsonObject:
    """The secret without what the registry keeps by itself, or a new password stands in for."""
    same = bool(held) and all(secret.get(name) == held.get(name) for name in carried)
    if carried and (same or "pwd-plain" in secret):
        return {name: value for name, value in secret.items() if name not in carried}
    return secret
