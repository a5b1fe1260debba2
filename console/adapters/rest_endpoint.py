"""Where a remote registry is, and whom to trust there."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from registry_backend.domain.errors import Unreachable


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a remote registry is and how to speak to it.

    Args:
        url: Base address, such as `https://registry.example:28443`; without user information.
        ca_file: PEM file of the authorities to trust; None: those of this system.
        client_cert: PEM file of the certificate to show; None: none.
        client_key: PEM file of its key; None: it is in `client_cert`.
        authorization: Value of the Authorization header; never shown.
        proxy: Address of the proxy to go through; None: as the environment says.
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
    proxy: str | None = None
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
