"""What goes wrong on the way to a remote registry, as errors of the domain. Pure.

Two translations: every exception that httpx can raise, and every status that is no success.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

from registry_backend.domain.errors import (
    AlreadyExists,
    Denied,
    Fault,
    FieldProblem,
    Invalid,
    Layer,
    LimitReached,
    NotFound,
    RegistryError,
    Throttled,
    Unreachable,
    Unsupported,
    VersionMismatch,
)
from registry_backend.domain.secrets import MASK

FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
"""Every family of exceptions that httpx has; they share no base."""
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Raised before the first byte of a request has left: repeating it changes nothing."""
MAX_WORDS = 300
"""Characters of a server's own words that a message repeats."""

# exceptions


@dataclass(frozen=True, slots=True)
class _Reading:
    layer: Layer
    text: str
    hint: str = ""


_BY_CLASS: tuple[tuple[type[Exception], _Reading], ...] = (
    # the first that fits; the exact ones stand before their parents
    (
        httpx.ConnectTimeout,
        _Reading("timeout", "did not answer the attempt to connect", "A firewall may drop it."),
    ),
    (httpx.PoolTimeout, _Reading("timeout", "is busy with too many requests of this console")),
    (
        httpx.TimeoutException,
        _Reading("timeout", "did not answer in time", "It is slow or stuck; try again."),
    ),
    (httpx.ConnectError, _Reading("refused", "cannot be connected to")),
    (httpx.ProxyError, _Reading("refused", "cannot be reached through the proxy")),
    (httpx.UnsupportedProtocol, _Reading("protocol", "needs an address with http:// or https://")),
    (httpx.NetworkError, _Reading("dropped", "dropped the connection")),
    (
        httpx.RemoteProtocolError,
        _Reading("dropped", "closed the connection or sent what is not HTTP"),
    ),
    (httpx.DecodingError, _Reading("protocol", "sent a body that cannot be decoded")),
    (httpx.TooManyRedirects, _Reading("protocol", "redirects without end")),
    (httpx.HTTPError, _Reading("protocol", "does not keep to HTTP")),
    (httpx.InvalidURL, _Reading("protocol", "is not an address that can be used")),
    (httpx.CookieConflict, _Reading("protocol", "sent cookies that contradict each other")),
    (httpx.StreamError, _Reading("protocol", "sent an answer that cannot be read")),
)


def unreachable(error: Exception, address: str, *, proxy: str | None = None) -> Unreachable:
    """An exception of httpx's as the layer at which the attempt ended.

    Args:
        error: One of `FOREIGN`.
        address: Where the registry is; without secrets.
        proxy: The proxy gone through, without secrets; what fails to connect is that.
    """
    reading = next(reading for kind, reading in _BY_CLASS if isinstance(error, kind))
    for cause in _causes(error):
        reading = _by_cause(cause) or reading
    if isinstance(error, httpx.ProxyError):
        text = f"{address} cannot be reached through the proxy"
        status = re.match(r"[45]\d\d\b", str(error))
        return Unreachable(
            f"{text}, which answers HTTP {status[0]}." if status else f"{text}.",
            layer=reading.layer,
            hint="Ask who runs the proxy whether it lets you through to there.",
        )
    if proxy and isinstance(error, httpx.ConnectError) and reading.layer in ("refused", "name"):
        return Unreachable(
            f"The proxy {proxy} {reading.text}, so that {address} was not reached.",
            layer=reading.layer,
            hint="Check proxy of the context.",
        )
    hint = reading.hint
    if isinstance(error, httpx.RemoteProtocolError) and address.lower().startswith("http:"):
        hint = hint or "If the registry speaks TLS, its address begins with https://."
    return Unreachable(f"{address} {reading.text}.", layer=reading.layer, hint=hint)


_CERTIFICATE_HINTS = {
    # by OpenSSL's number of what is wrong
    9: "Check the clocks of both machines.",
    10: "It must be renewed where the registry runs.",
    62: "Use an address that it is for.",
    64: "Use an address that it is for.",
}


def refused_certificate(error: Exception) -> ssl.SSLCertVerificationError | None:
    """The refusal of a server's certificate behind an exception; None: it is something else."""
    refusals = (each for each in _causes(error) if isinstance(each, ssl.SSLCertVerificationError))
    return next(refusals, None)


def _by_cause(cause: BaseException) -> _Reading | None:
    match cause:
        case ssl.SSLCertVerificationError():
            why = getattr(cause, "verify_message", "") or "it does not verify"
            return _Reading(
                "tls",
                f"shows a certificate that is not accepted: {why.rstrip('.')}",
                _CERTIFICATE_HINTS.get(
                    getattr(cause, "verify_code", 0),
                    "Name the authority that signed it in ca-file of the context.",
                ),
            )
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return _Reading("dropped", "dropped the connection")
        case ssl.SSLError():
            return _tls_reading(cause)
        case socket.gaierror():
            return _Reading(
                "name", f"has a name that cannot be resolved: {cause.strerror}", "Check the name."
            )
        case ConnectionRefusedError():
            return _Reading("refused", "refused the connection", "Is the registry running there?")
        case ConnectionResetError() | BrokenPipeError():
            return _Reading("dropped", "dropped the connection")
        case _:
            return None


def _tls_reading(error: ssl.SSLError) -> _Reading:
    reason = (getattr(error, "reason", "") or "").replace("_", " ").lower() or "no reason given"
    if "certificate required" in reason or "handshake failure" in reason:
        return _Reading(
            "tls",
            f"ended the TLS handshake: {reason}",
            "It may ask for a client certificate: name client-cert and client-key.",
        )
    if "wrong version number" in reason or "record layer failure" in reason:
        return _Reading("tls", "does not speak TLS", "Does the address begin with http://?")
    return _Reading("tls", f"failed in the TLS handshake: {reason}")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exceptions behind one, the nearest first; groups are looked into."""
    seen: set[int] = set()
    waiting = [error.__cause__ or error.__context__]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if isinstance(cause, BaseExceptionGroup):
            waiting.extend(cause.exceptions)
        waiting.append(cause.__cause__ or cause.__context__)


# statuses


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
    body: bytes
    what: str
    address: str
    hidden: tuple[str, ...] = ()


def problem_of(refusal: Refusal) -> RegistryError:
    """One error with the status, the server's own words, and what we make of it."""
    words = words_of(refusal.body, refusal.headers.get("content-type", ""))
    words = hidden_in(words, refusal.hidden)
    status = refusal.status
    said = f"the registry says: {words}" if words else "the registry gave no reason"
    message = f"{refusal.what[:1].upper()}{refusal.what[1:]}: {_verdict(refusal)} "
    message += f"(HTTP {status}); {said.rstrip('.')}."
    hint = _diagnosis(refusal, words)
    if status == 429 or (status == 503 and "retry-after" in refusal.headers):
        after = retry_after(refusal.headers)
        wait = "" if after is None else f"Try again in {after:g} s."
        return Throttled(message, retry_after=after, hint=wait)
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
    if _is_html(refusal.body, refusal.headers.get("content-type", "")):
        return "An HTML page answers where JSON should: check the address, and proxies between."
    if refusal.status == 400 and "valid" in words and "object" in words and ":" not in words:
        return "It does not say which: look for unknown members, wrong types, or a bad certificate."
    return _HINTS.get(refusal.status, "")


def words_of(body: bytes, content_type: str) -> str:
    """What a server says in the body of an error: JSON, plain text, an HTML page, or nothing."""
    text = body[:65536].decode("utf-8", "replace").strip()
    if not text:
        return ""
    if _is_html(body, content_type):
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        bare = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL)
        return _short(f"“{_short(unescape(title[1] if title else bare))}”")
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return _short(text)
    if isinstance(members, dict):
        for name in ("error", "message", "Message", "detail"):
            said = members.get(name)
            if isinstance(said, str) and said:
                return "" if said == "N/A" else _short(said)
    return _short(members if isinstance(members, str) else text)


def not_json(body: bytes, content_type: str, what: str) -> str:
    """What came with a success instead of JSON, in one sentence; empty when it is no page."""
    if not _is_html(body, content_type):
        return ""
    return f"{what[:1].upper()}{what[1:]}: an HTML page came, {words_of(body, content_type)}."


def _is_html(body: bytes, content_type: str) -> bool:
    start = body[:256].lstrip().lower()
    return "html" in content_type.lower() or start.startswith((b"<!doctype html", b"<html"))


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= MAX_WORDS else plain[: MAX_WORDS - 1] + "…"


def hidden_in(words: str, hidden: Iterable[str]) -> str:
    """The words with each of the secrets replaced by dots."""
    for secret in hidden:
        words = words.replace(secret, MASK)
    return words


def _field_problems(refusal: Refusal) -> list[FieldProblem]:
    """The broken rules where a server lists them one by one beside its words."""
    try:
        members = json.loads(refusal.body)
    except (ValueError, RecursionError):
        return []
    listed = members.get("problems") if isinstance(members, dict) else None
    return [
        FieldProblem(each["field"], _short(hidden_in(each["problem"], refusal.hidden)))
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
        and isinstance(each.get("field"), str)
        and isinstance(each.get("problem"), str)
    ]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds until the registry wants to be asked again; a date instead of seconds says none."""
    text = headers.get("retry-after", "")
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d+)?", text) else None


def secrets_in(body: Any, names: Iterable[str]) -> list[str]:
    """The values of members with these names, anywhere in a JSON value."""
    wanted = frozenset(names)
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            for name, content in value.items():
                if name in wanted and isinstance(content, str) and content:
                    found.append(content)
                look(content)
        elif isinstance(value, list):
            for each in value:
                look(each)

    look(body)
    return found
