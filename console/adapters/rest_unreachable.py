"""What fails on the way to a remote registry, as the layer at which the attempt ended. Pure.

Every exception that httpx can raise has its place here.
"""

from __future__ import annotations

import re
import socket
import ssl
from dataclasses import dataclass

import httpx

from console.adapters.causes import causes_of
from registry_backend.domain.errors import Layer, Unreachable

FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)
"""Every family of exceptions that httpx has; they share no base."""
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Raised before the first byte of a request has left: repeating it changes nothing."""


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
    if not isinstance(error, httpx.TimeoutException):  # nothing failed there, it only went on
        for cause in causes_of(error):
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
    refusals = (each for each in causes_of(error) if isinstance(each, ssl.SSLCertVerificationError))
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
        case ssl.SSLWantReadError() | ssl.SSLWantWriteError():
            return None  # how waiting is told to who drives TLS: no failure
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
