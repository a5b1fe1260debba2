"""What the registry keeps of a certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """Subject, key and validity; the key is base64 of SubjectPublicKeyInfo in DER."""

    subject_dn: str
    public_key: str
    algorithm: str
    """RSA or EC."""
    not_before: datetime
    not_after: datetime


NO_CERTIFICATE = "is no certificate: expected base64 of an X.509 certificate in DER, or PEM text"
"""The problem of something that nobody can name."""
