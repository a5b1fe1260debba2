"""Thumbprints of certificates: a primary and perhaps a secondary, in hex (iothub 4.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from console.forms.fields import Field, Values, collect, text_of
from registry_backend.domain.credentials import Secret
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid

PRIMARY, SECONDARY = "thumbprint", "thumbprint-2"
"""Names of the two fields."""
_HELP = "40 hex digits of SHA-1 or 64 of SHA-256; blanks and colons between them do no harm."


def thumbprint_field() -> Field:
    """The field of one thumbprint."""
    return Field(PRIMARY, "Thumbprint", _HELP)


def thumbprint_fields(secrets: Sequence[Secret] = ()) -> tuple[Field, ...]:
    """The fields of a pair, holding what the secrets have now."""
    shown = [str(secret.unknown().get("thumbprint", "")) for secret in secrets[:2]]
    first, second = (*shown, "", "")[:2]
    return (
        Field(PRIMARY, "Primary thumbprint", _HELP, value=first),
        Field(
            SECONDARY,
            "Secondary thumbprint",
            "Of the certificate that comes next. Empty: there is none.",
            value=second,
        ),
    )


def thumbprint_of(values: Values, name: str = PRIMARY) -> str:
    """What was typed as a thumbprint, in capitals.

    Raises:
        Invalid: naming the field.
    """
    thumbprint = re.sub(r"[\s:]", "", text_of(values, name))
    if re.fullmatch(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}", thumbprint):
        return thumbprint.upper()
    if re.fullmatch(r"[0-9A-Fa-f]*", thumbprint):
        raise Invalid.at(name, f"needs 40 or 64 hex digits; these are {len(thumbprint)}")
    raise Invalid.at(name, "has characters other than 0-9 and a-f")


def thumbprints_of(values: Values) -> list[str]:
    """One or two thumbprints.

    Raises:
        Invalid: with each field that cannot be read.
    """
    readings = [lambda: thumbprint_of(values)]
    if text_of(values, SECONDARY):
        readings.append(lambda: thumbprint_of(values, SECONDARY))
    found, problems = collect(*readings)
    if problems:
        raise Invalid(problems=problems)
    return found


def with_thumbprints(secrets: Sequence[JsonObject], thumbprints: Sequence[str]) -> list[JsonObject]:
    """The secrets after the form of a pair: ids and validity stay, those beyond two as well."""
    pair = [
        {**(secrets[place] if place < len(secrets) else {}), "thumbprint": thumbprint}
        for place, thumbprint in enumerate(thumbprints)
    ]
    return [*pair, *secrets[2:]]
