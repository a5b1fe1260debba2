"""Our own server on a loopback port, as a remote Hono for the adapter under test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from console.adapters.hono import HonoAdapter
from console.adapters.rest_endpoint import Endpoint
from registry_backend.api.authentication import Authentication
from registry_backend.api.hono import HonoOptions
from registry_backend.registry import RegistrySettings
from registry_backend.server import Listener, Serving, Tls, listening
from registry_backend.wire.hono_profiles import PROFILES

QUICK = RegistrySettings(bcrypt_cost=4)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files of an authority and of a server certificate for 127.0.0.1 that it signed."""

    authority: Path
    server: Path
    key: Path


def make_certificates(folder: Path, *, name: str = "Yard CA") -> Certificates:
    """An authority of its own, and a server certificate under it."""
    now = datetime.now(UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry.test")])

    def builder(of: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(of)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
        )

    authority = (
        builder(issuer, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    server = (
        builder(subject, key.public_key())
        .add_extension(names, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    files = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    files.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    files.server.write_bytes(server.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@asynccontextmanager
async def serving(
    data: Path,
    *,
    compat: str = "2.x",
    certificates: Certificates | None = None,
    port: int = 0,
    offset_in_records: bool = False,
    authentication: Authentication | None = None,
) -> AsyncIterator[Endpoint]:
    """Our server over a file, and how to reach it."""
    tls = Tls(certificates.server, certificates.key) if certificates else None
    options = HonoOptions(profile=PROFILES[compat], offset_in_records=offset_in_records)
    listener = Listener("127.0.0.1", port, hono=options, tls=tls)
    serving = Serving(data, [listener], authentication=authentication, settings=QUICK)
    async with listening(serving) as addresses:
        ca_file = certificates.authority if certificates else None
        yield Endpoint(addresses[0], ca_file=ca_file, pauses=(0.01,))


@asynccontextmanager
async def connected(endpoint: Endpoint, **options: object) -> AsyncIterator[HonoAdapter]:
    """The adapter, open."""
    async with HonoAdapter(replace(endpoint), **options) as adapter:  # type: ignore[arg-type]
        yield adapter
