"""Where a blob container is, and what of that may be shown (iothub 4.5, 9.1)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, urlsplit

from registry_backend.domain.errors import Invalid
from registry_backend.domain.timestamps import format_timestamp

CONTAINER_REFUSED = "BlobContainerValidationError"
"""A hub's name for every error of a container (iothub 4.8)."""
_SCHEMES = ("http", "https")
_MAX_NAME = 1024


@dataclass(frozen=True, slots=True)
class BlobContainer:
    """A container by its address; the query lets anybody in and shows in no `repr`."""

    shown: str
    """Scheme, host and path: no secret."""
    query: str = field(repr=False)

    @classmethod
    def parse(cls, text: str, *, at: str = "folder") -> BlobContainer:
        """Read the address of a container with its shared access signature.

        Raises:
            Invalid: at the field `at`; its text never quotes the query.
        """
        try:
            parts = urlsplit(text.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            raise container_refused(
                "The address of the blob container cannot be read.", at=at
            ) from None
        if parts.scheme.lower() not in _SCHEMES or not host:
            raise container_refused(
                "The address of a blob container begins with http:// or https:// and a host.", at=at
            )
        if parts.username is not None or parts.password is not None:
            raise container_refused(
                "The address of the blob container has a user in it.",
                "A shared access signature stands after the question mark.",
                at=at,
            )
        if is_forbidden(host):
            raise container_refused(
                f"{host} is no address of a blob container.", "Name the storage account.", at=at
            )
        path = parts.path.rstrip("/")
        if not path:
            raise container_refused(
                f"The address {parts.scheme}://{host} names no container.",
                "It has the form https://ACCOUNT.blob.core.windows.net/CONTAINER?SIGNATURE.",
                at=at,
            )
        where = f"[{host}]" if ":" in host else host
        if port is not None:
            where += f":{port}"
        return cls(f"{parts.scheme.lower()}://{where}{path}", parts.query)

    def untimely(self, at: datetime) -> str | None:
        """Why the signature does not hold at that time, as a sentence; None: as far as it says."""
        times = parse_qs(self.query)
        begins, ends = (_moment(times.get(name, [""])[0]) for name in ("st", "se"))
        if ends is not None and ends <= at:
            return f"Its signature ended at {format_timestamp(ends)}: make a new one."
        if begins is not None and begins > at:
            return f"Its signature holds from {format_timestamp(begins)} on, not yet."
        return None

    def blob(self, name: str, query: str = "") -> str:
        """The address of a blob, a secret: the name goes before the container's query."""
        joined = "&".join(part for part in (self.query, query) if part)
        address = self.shown_blob(name)
        return f"{address}?{joined}" if joined else address

    def shown_blob(self, name: str) -> str:
        """The same without its secret."""
        return f"{self.shown}/{quote(name, safe='/')}"


def _moment(text: str) -> datetime | None:
    """A time of a signature: UTC, in one of several lengths down to a day."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def check_blob_name(name: str, *, at: str = "blob_name") -> None:
    """Raises Invalid at the field `at`."""
    if not name or len(name) > _MAX_NAME or name.startswith("/") or not name.isprintable():
        raise Invalid.told(
            at, f"{name[:80]!r} is not the name of a blob.", hint="Choose another name."
        )
    if any(part in (".", "..", "") for part in name.split("/")):
        raise Invalid.told(
            at, f"{name[:80]!r} has an empty part between slashes, or dots.", hint="Leave it out."
        )


def is_forbidden(host: str) -> bool:
    """Whether a host is where clouds keep a machine's own credentials, or nobody at all.

    >>> is_forbidden("169.254.169.254"), is_forbidden("127.0.0.1"), is_forbidden("store.example")
    (True, False, False)
    """
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    return address.is_link_local or address.is_multicast or address.is_unspecified


def container_refused(sentence: str, hint: str = "", *, at: str = "folder") -> Invalid:
    """The error of a container that will not do, as a hub names it (iothub 6.2)."""
    return Invalid.told(at, sentence, hint=hint, code=CONTAINER_REFUSED)
