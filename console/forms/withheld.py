"""Keys that a registry neither shows nor keeps: it wants them again with every change (hono 3.6).

Found in its refusal, asked for in one form, and put where they are missing.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from console.forms.fields import Field, Values
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.secrets import decode_base64

INTRO = (
    "The registry neither shows these keys nor keeps them when the set changes. Nothing has been "
    "written yet: type each as the device has it, or take it out of the set."
)
_PLACE = re.compile(r"\[(\d+)\]\.secrets\[(\d+)\]\.key")
_BASE64, _TEXT, _DROP = "base64", "text", "drop"
_WAYS = (
    (_BASE64, "typed above as base64"),
    (_TEXT, "typed above as plain text (UTF-8)"),
    (_DROP, "taken out of the set"),
)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A secret of a set that lacks its key."""

    index: int
    """Of its credential in the set."""
    place: int
    """In its credential."""
    name: str
    """For people."""

    @property
    def key_field(self) -> str:
        """Where its key is typed."""
        return f"key-{self.index}-{self.place}"

    @property
    def way_field(self) -> str:
        """Where it is said what becomes of it."""
        return f"way-{self.index}-{self.place}"


def withheld(document: JsonObject, problems: Sequence[FieldProblem]) -> tuple[Withheld, ...]:
    """The secrets whose key is missing; none when anything else is amiss as well.

    Args:
        document: The set that was refused, `{"credentials": [...]}`.
        problems: Why.
    """
    found = []
    for problem in problems:
        match = _PLACE.fullmatch(problem.field)
        secret = _secret(document, int(match[1]), int(match[2])) if match else None
        if match is None or secret is None or not secret.get("id") or secret.get("key"):
            return ()
        credential = document["credentials"][int(match[1])]
        several = f", secret {int(match[2]) + 1}" if len(credential["secrets"]) > 1 else ""
        name = f"{credential.get('type')} {credential.get('auth-id')}{several}"
        found.append(Withheld(int(match[1]), int(match[2]), name))
    return tuple(found)


def withheld_fields(missing: Sequence[Withheld]) -> tuple[Field, ...]:
    """Two fields for each: the key, and what becomes of the secret."""
    fields: list[Field] = []
    for each in missing:
        fields += (
            Field(each.key_field, f"Key of {each.name}", kind="secret"),
            Field(
                each.way_field,
                "The key is",
                "What is taken out cannot be used by the device any more.",
                "choice",
                _BASE64,
                options=_WAYS,
            ),
        )
    return tuple(fields)


def completed(document: JsonObject, missing: Sequence[Withheld], values: Values) -> JsonObject:
    """The set with the keys that were typed, and without what was taken out.

    Raises:
        Invalid: with every field that cannot be read.
    """
    credentials = [dict(each) for each in document["credentials"]]
    dropped: set[tuple[int, int]] = set()
    problems: list[FieldProblem] = []
    for each in missing:
        if values.get(each.way_field) == _DROP:
            dropped.add((each.index, each.place))
            continue
        try:
            key = _key(values, each)
        except Invalid as error:
            problems += error.problems
            continue
        secrets = list(credentials[each.index]["secrets"])
        secrets[each.place] = {**secrets[each.place], "key": key}
        credentials[each.index]["secrets"] = secrets
    if problems:
        raise Invalid(problems=problems)
    for index, credential in enumerate(credentials):
        if any(at == index for at, _ in dropped):
            kept = [
                secret
                for place, secret in enumerate(credential["secrets"])
                if (index, place) not in dropped
            ]
            credential["secrets"] = kept
    gone = {index for index, _ in dropped if not credentials[index]["secrets"]}
    return {"credentials": [each for at, each in enumerate(credentials) if at not in gone]}


def _key(values: Values, missing: Withheld) -> str:
    typed = str(values.get(missing.key_field, ""))
    if not typed.strip():
        raise Invalid.at(missing.key_field, "type the key, or choose below to take it out")
    if values.get(missing.way_field) == _TEXT:
        return base64.b64encode(typed.encode("utf-8")).decode("ascii")
    try:
        if decode_base64(typed):
            return typed.strip()
    except ValueError:
        pass
    raise Invalid.at(missing.key_field, "is not base64; choose plain text below if it is that")


def _secret(document: JsonObject, index: int, place: int) -> JsonObject | None:
    """The secret at a path; None when nothing of that shape is there."""
    credential = _item(document.get("credentials"), index)
    secret = _item(credential.get("secrets"), place) if isinstance(credential, dict) else None
    return secret if isinstance(secret, dict) else None


def _item(listed: Any, index: int) -> Any:
    return listed[index] if isinstance(listed, list) and index < len(listed) else None
