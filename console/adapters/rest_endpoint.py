"""Where a remote registry is, whom to trust there, and which certificate it shows."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from registry_backend.domain.errors import Unreachable
from registry_backend.domain.timestamps import format_timestamp


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a remote registry is and how to speak to it.

    Args:
        url: Base address, such as `https://registry.example:28443`; without user information.
        ca_file: PEM file of the authorities to trust; None: those of this system.
        client_cert: PEM file of the certificate to show; None: none.
        client_key: PEM file of its key; None: it is in `client_cert`.
        authorization: Value of the Authorization header; never shown.
        connect_seconds: Longest wait for a connection.
        read_seconds: Longest wait for more of an answer.
        whole_seconds: Longest wait for a whole answer, however it trickles.
        pauses: Seconds before each repetition, about; their number is that of the repetitions.
    """

    url: str
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    authorization: str | None = field(default=None, repr=False)
    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    whole_seconds: float = 60.0
    pauses: tuple[float, ...] = (0.2, 0.8)


def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """What to trust and what to show. Raises Unreachable (layer `tls` or `file`)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if endpoint.ca_file is None:
        if endpoint.url.lower().startswith("https:"):
            context.load_default_certs()
    else:
        with _naming(endpoint.ca_file, "authorities"):
            context.load_verify_locations(cafile=endpoint.ca_file)
    if endpoint.client_cert is not None:
        with _naming(endpoint.client_cert, "client certificate"):
            # a password would be asked for on the terminal that the console draws on
            context.load_cert_chain(endpoint.client_cert, endpoint.client_key, password=lambda: b"")
    return context


@contextmanager
def _naming(path: Path, content: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        why = (error.reason or "unreadable").replace("_", " ").lower()
        raise Unreachable(
            f"{path} cannot be used as {content}: {why}.",
            layer="tls",
            hint="It must be PEM, its key must fit and need no password.",
        ) from None
    except OSError as error:
        why = error.strerror or "unreadable"
        raise Unreachable(f"{path} with the {content}: {why}.", layer="file") from None


def shown_certificate(url: str, seconds: float) -> str:
    """Which certificate a server shows, in a sentence; empty when it shows none any more.

    Verification is off here, because its failure is what the sentence explains: nothing is sent.
    """
    from cryptography import x509  # noqa: PLC0415 - only a certificate refused pays for loading it

    parsed = urlsplit(url)
    host = parsed.hostname or ""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    content = None
    with (
        suppress(OSError),
        socket.create_connection((host, parsed.port or 443), timeout=seconds) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        content = secured.getpeercert(binary_form=True)
    if not content:
        return ""
    try:
        shown = x509.load_der_x509_certificate(content)
        subject, issuer = shown.subject.rfc4514_string(), shown.issuer.rfc4514_string()
    except ValueError:
        return "That certificate cannot be read."
    begins, ends = format_timestamp(shown.not_valid_before_utc), shown.not_valid_after_utc
    return (
        f"It is the one of {subject or 'no subject'}, issued by {issuer or 'nobody'}, "
        f"valid from {begins} to {format_timestamp(ends)}."
    )
