"""Which certificate of a server's chain is refused, and why.

OpenSSL says what is wrong but not with which link, so the chain is fetched once more and looked at.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from console.adapters.rest_endpoint import Endpoint, tls_context
from registry_backend.domain.errors import Unreachable
from registry_backend.domain.timestamps import format_timestamp

NOT_YET_VALID, EXPIRED = 9, 10
WRONG_NAMES = frozenset({62, 64})
"""A host name, an IP address: for another one."""
_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN = 18, 19
_NO_ISSUER = frozenset({2, 20, 21})
_NAMES_SHOWN = 8
_LONGEST_PATH = 16

_Chain = Sequence[x509.Certificate]


def explain_refusal(endpoint: Endpoint, code: int) -> str:
    """Which certificate a server shows and what is wrong with it; empty when it shows none now.

    Verification is off here, because its failure is what is explained: nothing is sent.

    Args:
        endpoint: Where the server is, and whom to trust.
        code: The `verify_code` of the failure.
    """
    try:
        sent = [x509.load_der_x509_certificate(each) for each in _fetch(endpoint)]
    except ValueError:
        return "That certificate cannot be read."
    if not sent:
        return ""
    host = urlsplit(endpoint.url).hostname or ""
    return refusal_reason(
        sent, _trusted(endpoint, sent), code=code, host=host, now=datetime.now(UTC)
    )


def refusal_reason(sent: _Chain, trusted: _Chain, *, code: int, host: str, now: datetime) -> str:
    """One sentence on the link that fails. Pure.

    Args:
        sent: What the server shows, its own certificate first.
        trusted: The authorities known here.
        code: OpenSSL's number of what is wrong.
        host: Who was asked for.
        now: The time to be valid at.
    """
    path = _path(sent, trusted)
    own, top = path[0], path[-1]
    if code == EXPIRED:
        ended = [each for each in path if each.not_valid_after_utc < now]
        return _each(ended or [own], path, lambda each: f"ended {_time(each.not_valid_after_utc)}")
    if code == NOT_YET_VALID:
        early = [each for each in path if each.not_valid_before_utc > now]
        return _each(
            early or [own],
            path,
            lambda each: f"begins {_time(each.not_valid_before_utc)}, after now by this clock",
        )
    if code in WRONG_NAMES:
        return f"{_link(own, path)}: it is for {_names(own)}, not for {host}."
    if code in _NO_ISSUER:
        issuer = top.issuer.rfc4514_string() or "nobody"
        return f"{_link(top, path)}: {issuer} is neither sent along nor trusted here."
    if code in (_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN):
        return f"{_link(top, path)}: it signed itself and is not among those trusted here."
    return " ".join(f"{_link(each, path)}." for each in path)


def _each(
    failing: Iterable[x509.Certificate], path: _Chain, what: Callable[[x509.Certificate], str]
) -> str:
    return " ".join(f"{_link(each, path)}: it {what(each)}." for each in failing)


def _link(certificate: x509.Certificate, path: _Chain) -> str:
    """The certificate with its place in the chain."""
    subject = certificate.subject.rfc4514_string() or "no subject"
    issuer = certificate.issuer.rfc4514_string() or "nobody"
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if certificate is path[0]:
        place = "The server's own certificate"
    elif certificate.subject == certificate.issuer:
        place = "The authority's certificate"
    else:
        place = "The certificate between them"
    return f"{place} is {subject}, issued by {issuer}, valid from {_time(begins)} to {_time(ends)}"


def _time(moment: datetime) -> str:
    return format_timestamp(moment)


def _names(certificate: x509.Certificate) -> str:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return "no name at all"
    names = found.get_values_for_type(x509.DNSName)
    names += [str(each) for each in found.get_values_for_type(x509.IPAddress)]
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return (", ".join(names[:_NAMES_SHOWN]) or "no name at all") + more


def _path(sent: _Chain, trusted: _Chain) -> list[x509.Certificate]:
    """From the server's own certificate to the last issuer that can be found."""
    path = [sent[0]]
    while path[-1].subject != path[-1].issuer and len(path) < _LONGEST_PATH:
        known = (each for each in (*trusted, *sent[1:]) if _issued(each, path[-1]))
        issuer = next(known, None)
        if issuer is None or issuer in path:
            break
        path.append(issuer)
    return path


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    if issuer.subject != certificate.issuer:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _trusted(endpoint: Endpoint, sent: _Chain) -> list[x509.Certificate]:
    """The authorities that may have issued what was sent.

    Others are not even decoded: systems keep some that the library objects to.
    """
    issuers = [each.issuer.public_bytes() for each in sent]
    found = []
    with suppress(Unreachable):
        for each in tls_context(endpoint).get_ca_certs(binary_form=True):
            if any(issuer in each for issuer in issuers):
                with suppress(ValueError):
                    found.append(x509.load_der_x509_certificate(each))
    return found


def _fetch(endpoint: Endpoint) -> list[bytes]:
    """The chain as the server sends it; nothing when it cannot be had."""
    parsed = urlsplit(endpoint.url)
    host = parsed.hostname or ""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        suppress(OSError),
        socket.create_connection(
            (host, parsed.port or 443), timeout=endpoint.connect_seconds
        ) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        return _sent_by(secured)
    return []


def _sent_by(secured: ssl.SSLSocket) -> list[bytes]:
    """The chain; only its first certificate on a Python that does not tell the others."""
    if hasattr(secured, "get_unverified_chain"):  # Python 3.13
        return list(secured.get_unverified_chain())
    below = getattr(secured, "_sslobj", None)  # the same, before it had a public name
    if below is not None and hasattr(below, "get_unverified_chain"):
        pem = (each.public_bytes() for each in below.get_unverified_chain())
        return [ssl.PEM_cert_to_DER_cert(each) for each in pem]
    own = secured.getpeercert(binary_form=True)
    return [own] if own else []
