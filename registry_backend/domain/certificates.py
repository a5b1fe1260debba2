"""What a certificate says, for people to read."""

from __future__ import annotations

from datetime import datetime

from registry_backend.domain.document import Value


class CertificateFacts(Value):
    """A certificate, decoded."""

    subject: str
    """As RFC 4514 writes names, such as `CN=tide.gate.example.com`."""
    issuer: str
    serial: str
    """Hexadecimal."""
    begins: datetime
    ends: datetime
    names: tuple[str, ...] = ()
    """Subject alternative names, each with its kind: `DNS:tide`."""
    key: str
    """Kind and size of the public key, such as `RSA 2048`."""
    signature: str
    """The algorithm that its issuer signed with, such as `sha256`; empty when none is named."""
    usages: tuple[str, ...] = ()
    """What its key may be used for."""
    extended_usages: tuple[str, ...] = ()
    """For which roles, such as `clientAuth`."""
    is_authority: bool | None = None
    """Whether it may sign others; None where it does not say."""
    fingerprint: str
    """SHA-256 of the whole certificate, upper-case hexadecimal with colons."""
