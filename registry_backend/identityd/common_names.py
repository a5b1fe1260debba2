"""The name in a local identity's certificate (identityd 2)."""

from __future__ import annotations

LONGEST_CN = 64
"""In bytes: where a name is cut, since X.509 has room for no more."""
CUT_WITHIN = f"the certificate's name would be cut within a character at byte {LONGEST_CN}"
"""Why a certificate with such a name is refused here. The daemon dies of it."""


def full_name(name: str, hostname: str, domain: str) -> str:
    """The whole name, as long as it may be."""
    return f"{name}.{hostname}.{domain}"


def cut_name(name: str, hostname: str, domain: str) -> str | None:
    """The name as it stands in a certificate; None where the cut would go through a character."""
    data = full_name(name, hostname, domain).encode("utf-8", "surrogatepass")
    try:
        return data[:LONGEST_CN].decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return None
