"""What stands between a listener and other machines: authentication and TLS."""

from __future__ import annotations

import ipaddress
import ssl

from registry_backend.domain.errors import Denied, Invalid
from registry_backend.server_plan import Serving, Tls


def check_protection(serving: Serving) -> None:
    """Refuse to be open to other machines without authentication and TLS.

    Raises:
        Denied: naming the listener and what it lacks.
    """
    for listener in serving.listeners:
        lacks = [
            name
            for name, given in (
                ("authentication", serving.authentication is not None),
                ("TLS", listener.tls is not None),
            )
            if not given
        ]
        if is_loopback(listener.host):
            continue
        if not listener.hub.signed:
            raise Denied(
                f"{listener.host}:{listener.port} can be reached from other machines, and --auth "
                "none lets everybody there write. Nothing was opened.",
                hint="Leave --auth none out, or listen on 127.0.0.1.",
            )
        if lacks and not serving.insecure:
            raise Denied(
                f"{listener.host}:{listener.port} can be reached from other machines, and has no "
                f"{' and no '.join(lacks)}. Nothing was opened.",
                hint="Give --auth and --tls-cert with --tls-key, listen on 127.0.0.1, or say "
                "--insecure if something in front of it protects it.",
            )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address; other names than localhost are not known."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tls_context(tls: Tls) -> ssl.SSLContext:
    """What TLS 1.2 and later need to serve with that certificate.

    Raises:
        Invalid: naming the file that cannot be used, and why.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for path in (tls.certificate, tls.key):
        try:
            path.read_bytes()
        except OSError as error:
            raise Invalid(f"{path} cannot be read: {error.strerror}.") from None
    try:
        # A key under a password would stop and ask on the terminal.
        context.load_cert_chain(tls.certificate, tls.key, password=_no_password)
    except ssl.SSLError as error:
        reason = error.reason or "no PEM certificate and key"
        raise Invalid(
            f"{tls.certificate} and {tls.key} cannot be used for TLS: {reason}.",
            hint="Both are PEM; the key belongs to the first certificate and has no password.",
        ) from None
    except _PasswordAsked:
        raise Invalid(
            f"The key {tls.key} is under a password.", hint="Give a key without one."
        ) from None
    return context


class _PasswordAsked(Exception):
    """The key cannot be read without a password."""


def _no_password() -> str:
    raise _PasswordAsked
