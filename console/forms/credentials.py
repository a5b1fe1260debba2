"""The forms of credentials and their secrets (hono 2.5, 3.6)."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from datetime import datetime

from console.forms.fields import Field, Values, collect, flag_of, put, text_of
from console.forms.moments import MOMENT_HELP, moment_of
from console.forms.thumbprints import thumbprint_field, thumbprint_fields, thumbprint_of
from registry_backend.domain.credentials import (
    HASHED_PASSWORD,
    PSK,
    RPK,
    X509,
    X509_THUMBPRINT,
    Credential,
    Secret,
)
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.secrets import check_password, decode_base64, generate_key
from registry_backend.domain.timestamps import format_timestamp

FILE_TYPES = frozenset({X509, RPK})
"""Types whose material is read from a file."""


# new credentials and new material


def new_fields(kind: str, device_id: str) -> tuple[Field, ...]:
    """The fields of a new credential of one of the types that a form knows."""
    hints = {
        HASHED_PASSWORD: "The user name. Letters, digits and - _ = .",
        PSK: "The identity that the device names.",
        RPK: "The identity that the device names.",
        X509_THUMBPRINT: "The identity that the device names.",
    }
    comment = Field("comment", "Comment", "For people: who made it, what it is for.")
    if kind == X509:
        return (*material_fields(kind), comment)
    suggested = device_id.replace(":", ".") if kind == HASHED_PASSWORD else device_id
    auth_id = Field("auth-id", "Auth-id", hints[kind], value=suggested)
    material = thumbprint_fields() if kind == X509_THUMBPRINT else material_fields(kind)
    return (auth_id, *material, *_validity(Secret()), comment)


def material_fields(kind: str) -> tuple[Field, ...]:
    """The fields that a secret of a type is made from."""
    if kind == HASHED_PASSWORD:
        return (
            Field(
                "pwd-plain",
                "Password",
                "At most 72 bytes. It is hashed at once; nobody can read it again.",
                "secret",
            ),
        )
    if kind == PSK:
        return (
            Field("key", "Key", "Leave it empty to have 32 random bytes made.", "secret"),
            Field(
                "key-form",
                "The key is typed as",
                "Plain text is encoded before it is sent.",
                "choice",
                "base64",
                options=(("base64", "base64"), ("text", "plain text (UTF-8)")),
            ),
        )
    if kind == X509_THUMBPRINT:
        return (thumbprint_field(),)
    text = {
        X509: "Path of a PEM or DER file. Its subject becomes the auth-id.",
        RPK: "Path of a PEM or DER file with a certificate, or an EC or RSA public key.",
    }[kind]
    return (Field("cert", "File", text),)


def replace_fields(kind: str, secret: Secret) -> tuple[Field, ...]:
    """The fields of new material for a secret that exists, and of its validity."""
    if kind == X509:
        return material_fields(kind)
    comment = Field("comment", "Comment", "Of this secret.", value=secret.comment or "")
    return (*material_fields(kind), *_validity(secret), comment)


def typed_material(kind: str, values: Values) -> JsonObject:
    """What was typed as material; a file's content is not read here.

    Raises:
        Invalid: naming the field.
    """
    if kind == HASHED_PASSWORD:
        password = str(values.get("pwd-plain", ""))
        problem = check_password(password)
        if problem:
            raise Invalid.at("pwd-plain", problem)
        return {"pwd-plain": password}
    if kind == PSK:
        return {"key": _key(values)}
    return {"thumbprint": thumbprint_of(values)}


def _key(values: Values) -> str:
    typed = str(values.get("key", ""))
    if not typed.strip():
        return generate_key()
    if values.get("key-form") == "text":
        return base64.b64encode(typed.encode("utf-8")).decode("ascii")
    try:
        if decode_base64(typed):
            return typed.strip()
    except ValueError:
        pass
    raise Invalid.at("key", "is not base64; choose plain text below if that is what you typed")


def secret_members(values: Values, material: JsonObject, now: datetime) -> JsonObject:
    """A secret from its material and the form around it.

    Raises:
        Invalid: with every field that cannot be read.
    """
    (begins, ends), problems = collect(
        lambda: moment_of(values, "not-before", now), lambda: moment_of(values, "not-after", now)
    )
    problems += _backward(begins, ends, "not-after")
    if problems:
        raise Invalid(problems=problems)
    members = dict(material)
    put(members, "not-before", begins)
    put(members, "not-after", ends)
    return members


def _backward(begins: str | None, ends: str | None, field: str) -> list[FieldProblem]:
    if begins and ends and begins > ends:  # one spelling, so text order is time order
        return [FieldProblem(field, f"is before the beginning, {begins}")]
    return []


def _validity(secret: Secret, prefix: str = "", label: str = "") -> tuple[Field, ...]:
    return (
        Field(
            f"{prefix}not-before",
            f"{label}Valid from",
            f"Empty: at once.   {MOMENT_HELP}",
            value=format_timestamp(secret.not_before) if secret.not_before else "",
        ),
        Field(
            f"{prefix}not-after",
            f"{label}Valid until",
            f"Empty: without end.   {MOMENT_HELP}",
            value=format_timestamp(secret.not_after) if secret.not_after else "",
        ),
    )


# editing what exists


def edit_fields(credential: Credential) -> tuple[Field, ...]:
    """State, comment, and of each secret its state, validity and comment."""
    fields = [
        Field(
            "enabled",
            "Enabled",
            "Nobody can log in with a disabled credential.",
            "switch",
            credential.enabled,
        ),
        Field("comment", "Comment", "Of the credential.", value=credential.comment or ""),
    ]
    several = len(credential.secrets) > 1
    for index, secret in enumerate(credential.secrets):
        prefix, label = f"secret{index}-", f"Secret {index + 1}: " if several else "Secret: "
        fields += (
            Field(
                f"{prefix}enabled",
                f"{label}enabled",
                f"id {secret.id or '–'}",
                "switch",
                secret.enabled,
            ),
            *_validity(secret, prefix, label),
            Field(
                f"{prefix}comment",
                f"{label}comment",
                "Of this secret.",
                value=secret.comment or "",
            ),
        )
    return tuple(fields)


def edited(members: JsonObject, values: Values, now: datetime) -> JsonObject:
    """The credential's document after the form of `edit_fields`.

    Raises:
        Invalid: with every field that cannot be read.
    """
    document = dict(members)
    if not flag_of(values, "enabled") or "enabled" in document:
        document["enabled"] = flag_of(values, "enabled")
    put(document, "comment", text_of(values, "comment"))
    problems: list[FieldProblem] = []
    secrets = []
    for index, before in enumerate(members.get("secrets", ())):
        prefix, secret = f"secret{index}-", dict(before)
        (begins, ends), found = collect(
            lambda name=f"{prefix}not-before": moment_of(values, name, now),
            lambda name=f"{prefix}not-after": moment_of(values, name, now),
        )
        problems += found or _backward(begins, ends, f"{prefix}not-after")
        if not flag_of(values, f"{prefix}enabled") or "enabled" in secret:
            secret["enabled"] = flag_of(values, f"{prefix}enabled")
        put(secret, "not-before", begins)
        put(secret, "not-after", ends)
        put(secret, "comment", text_of(values, f"{prefix}comment"))
        secrets.append(secret)
    if problems:
        raise Invalid(problems=problems)
    document["secrets"] = secrets
    return document


# problems back to the fields of a form

_PLACE = re.compile(r"\[(\d+)\](?:\.secrets(?:\[(\d+)\])?)?(?:\.([\w-]+))?")


def at_form_fields(error: Invalid, index: int, fields: Sequence[Field]) -> Invalid:
    """The registry's problems with the credential at `index`, named as its form names fields."""
    names = {field.name for field in fields}
    problems = []
    for problem in error.problems:
        match = _PLACE.fullmatch(problem.field)
        if match and int(match[1]) == index:
            of_secret = f"secret{match[2]}-{match[3]}"
            name = of_secret if of_secret in names else match[3] or ""
            problems.append(FieldProblem(name, problem.problem))
        else:
            problems.append(problem)
    return Invalid("" if problems else error.message, problems=problems, hint=error.hint)


GENERIC_CREDENTIAL: JsonObject = {
    "type": "my-type",
    "auth-id": "",
    "secrets": [{"comment": "members of your own beside this one"}],
}
"""What the editor of a type without a form begins with."""
