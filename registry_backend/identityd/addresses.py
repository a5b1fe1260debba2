"""URLs as the daemon's URL type takes and writes them (identityd 2 and 4.2)."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AROUND = "".join(map(chr, range(0x21)))
"""Controls and blanks: not looked at around an address."""
_WITHIN = str.maketrans("", "", "\t\n\r")
_AUTHORITY = re.compile(r"(?P<user>.*@)?(?P<host>\[[^\]]*\]|[^:]*)(?::(?P<port>[0-9]*))?")
_NO_HOST = re.compile(r"[\x00-\x20\"#%/:<>?@\[\\\]^`{|}\x7f]")
_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443, "ftp": 21}
_LARGEST_PORT = 65535


def normal_url(text: str) -> str | None:
    """An address of a host in its normal form; None where it is none.

    Scheme and host in lower case, no port that goes without saying, a slash before the query.

    >>> normal_url("HTTPS://DPS.Example:443?a")
    'https://dps.example/?a'
    """
    found = _URL.fullmatch(text.strip(_AROUND).translate(_WITHIN))
    authority = _AUTHORITY.fullmatch(found[2]) if found else None
    if found is None or authority is None:
        return None
    scheme, host, port = found[1].lower(), authority["host"], authority["port"] or ""
    if not _is_host(host) or (port and int(port[:9]) > _LARGEST_PORT):
        return None
    default = _DEFAULT_PORTS.get(scheme)
    if default is not None:
        host = host.lower()
    shown_port = f":{int(port)}" if port and int(port) != default else ""
    rest = found[3]
    slash = "/" if default is not None and not rest.startswith("/") else ""
    return f"{scheme}://{authority['user'] or ''}{host}{shown_port}{slash}{rest}"


def scheme_of(text: str) -> str:
    """The scheme of any URI, in lower case; empty where it has none."""
    found = _SCHEME.match(text.strip(_AROUND))
    return found[1].lower() if found else ""


def _is_host(host: str) -> bool:
    if not host.startswith("["):
        return bool(host) and _NO_HOST.search(host) is None
    try:
        IPv6Address(host[1:-1])
    except AddressValueError:
        return False
    return True
