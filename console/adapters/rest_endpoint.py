"""Where a remote registry is, and whom to trust there."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from console.adapters.rest_repeating import LONGEST_WAIT
from registry_backend.domain.errors import Invalid, Unreachable


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
        longest_wait: Seconds that the registry may ask a read to wait before it is repeated
            without a word; 0: who asks is told of each such answer, and waits itself.
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
    longest_wait: float = LONGEST_WAIT


def encoded_path(segments: Sequence[str]) -> str:
    """Segments as the path of a URL, each percent-encoded as a whole.

    An empty segment would ask for the collection instead of one thing in it, and deleting a
    collection removes everything (hono 1.1); `.` and `..` do the same once a path is simplified,
    and who simplifies may read `%2E` as the dot that it stands for (RFC 3986 6.2.2).

    Raises:
        Invalid: for those, and for text that UTF-8 cannot write.
    """
    for segment in segments:
        if not segment:
            raise Invalid("Nothing was sent: an empty id cannot stand in an address.")
        if segment in (".", ".."):
            raise Invalid(
                f"Nothing was sent: the id {segment!r} cannot stand in an address, not even "
                "percent-encoded. What lies on the way may take it for the address above, and "
                "then a delete would empty a whole list.",
                hint="Manage it where the registry's data is, or under another name.",
            )
    try:
        return "".join("/" + quote(segment, safe="", errors="strict") for segment in segments)
    except UnicodeEncodeError:
        raise Invalid("Nothing was sent: the id holds half a character.") from None


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
