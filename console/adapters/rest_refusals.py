"""Answers of a remote registry that are no success, as errors of the domain. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from console.adapters.rest_words import MAX_WORDS, hidden_in, is_html, short, words_of
from registry_backend.domain.errors import (
    AlreadyExists,
    Denied,
    Fault,
    FieldProblem,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
    Throttled,
    Unsupported,
    VersionMismatch,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success.

    Args:
        status: The HTTP status.
        headers: By their names in lower case.
        body: What came with it.
        what: What was asked for, such as `device pump of tenant yard`.
        address: Where the registry is; without secrets.
        hidden: Texts that no message may repeat.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    what: str
    address: str
    hidden: tuple[str, ...] = field(default=(), repr=False)


class NotAvailable(Throttled):
    """A 503 with a time to wait, which does not say that nothing was done, as a 429 does."""


def problem_of(refusal: Refusal) -> RegistryError:
    """One error with the status, the server's own words, and what we make of it."""
    words = words_of(refusal.body, refusal.headers.get("content-type", ""), refusal.hidden)
    status = refusal.status
    said = f"the registry says: {words}" if words else "the registry gave no reason"
    message = f"{refusal.what[:1].upper()}{refusal.what[1:]}: {_verdict(refusal)} "
    message += f"(HTTP {status}); {said.rstrip('.')}."
    hint = _diagnosis(refusal, words)
    if status == 429 or (status == 503 and "retry-after" in refusal.headers):
        after = retry_after(refusal.headers)
        wait = "" if after is None else f"Try again in {after:g} s."
        kind = Throttled if status == 429 else NotAvailable
        return kind(message, retry_after=after, hint=wait)
    if status == 403 and "limit" in words.lower():
        return LimitReached(message, hint=hint)
    if status in (400, 413, 415, 422):
        error = Invalid(message, hint=hint)
        error.problems = tuple(_field_problems(refusal))
        return error
    return _FAMILY.get(status, Fault)(message, hint=hint)


_FAMILY: dict[int, Callable[..., RegistryError]] = {
    401: Denied,
    403: Denied,
    404: NotFound,
    405: Unsupported,
    409: AlreadyExists,
    412: VersionMismatch,
    501: Unsupported,
}
_VERDICTS = {
    400: "not accepted",
    401: "the credentials were not accepted",
    403: "not permitted",
    404: "not found",
    405: "there is no such operation here",
    409: "another one holds that name or key",
    412: "it was changed since it was read",
    413: "it is larger than the registry takes",
    415: "the registry does not take JSON here",
    422: "not accepted",
    429: "the registry asks to slow down",
    501: "this registry has no such operation",
    502: "a proxy in front of the registry got no answer from it",
    503: "the registry is not available now",
    504: "a proxy in front of the registry got no answer from it in time",
}
_HINTS = {
    401: "Check the user and password, or the token, that the context names.",
    413: "Registries of this kind often take 2048 bytes: shorten extensions or certificates.",
}


def _verdict(refusal: Refusal) -> str:
    if 300 <= refusal.status < 400:
        target = refusal.headers.get("location", "").split("?")[0]
        return f"the address redirects to {target[:MAX_WORDS] or 'nowhere'}"
    return _VERDICTS.get(refusal.status, "the registry failed")


def _diagnosis(refusal: Refusal, words: str) -> str:
    if 300 <= refusal.status < 400:
        return "Put the address that it redirects to into the context."
    if is_html(refusal.body, refusal.headers.get("content-type", "")):
        return "An HTML page answers where JSON should: check the address, and proxies between."
    if refusal.status == 400 and "valid" in words and "object" in words and ":" not in words:
        return "It does not say which: look for unknown members, wrong types, or a bad certificate."
    return _HINTS.get(refusal.status, "")


def _field_problems(refusal: Refusal) -> list[FieldProblem]:
    """The broken rules where a server lists them one by one beside its words."""
    try:
        members = json.loads(refusal.body)
    except (ValueError, RecursionError):
        return []
    listed = members.get("problems") if isinstance(members, dict) else None
    return [
        FieldProblem(each["field"], short(hidden_in(each["problem"], refusal.hidden)))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
        and isinstance(each.get("field"), str)
        and isinstance(each.get("problem"), str)
    ]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the registry wants to be asked again; a date instead of seconds says none."""
    text = headers.get("retry-after", "")
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d+)?", text) else None
