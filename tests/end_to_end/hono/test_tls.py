"""The API over TLS."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from registry_backend.domain.errors import Invalid
from registry_backend.server import Listener, Serving, Tls, tls_context
from tests.end_to_end.hono.client import Api, running
from tests.registry_backend.registry.makers import name_of, private_key

LOOPBACK = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A self-signed certificate for the loopback address, and its key."""
    folder = tmp_path_factory.mktemp("tls")
    key, name, now = ec.generate_private_key(ec.SECP256R1()), name_of("server"), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(LOOPBACK, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(private_key(key, Encoding.PEM))
    (folder / "locked.pem").write_bytes(private_key(key, Encoding.PEM, password=b"x"))
    other = ec.generate_private_key(ec.SECP256R1())
    (folder / "other.pem").write_bytes(private_key(other, Encoding.PEM))
    return Tls(folder / "cert.pem", folder / "key.pem")


@pytest.fixture(scope="module")
def secure(files: Tls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server that speaks TLS, and a client that trusts it."""
    data = tmp_path_factory.mktemp("secure") / "registry.sqlite"
    with running(Serving(data, [Listener("127.0.0.1", 0, tls=files)])) as (address,):
        yield Api(address, ssl.create_default_context(cafile=str(files.certificate)))


def test_the_api_is_served_over_tls(secure: Api) -> None:
    """The address says https."""
    assert secure.address.startswith("https://127.0.0.1:")
    assert secure("POST", "/v1/tenants/t", {"ext": {"a": 1}}).status == 201
    assert secure("GET", "/v1/tenants/t").json == {"ext": {"a": 1}}


def test_a_client_that_does_not_trust_the_certificate_is_not_answered(secure: Api) -> None:
    """Verification is the client's, and it fails."""
    stranger = Api(secure.address, ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger("GET", "/v1/tenants/t")
    assert secure("GET", "/v1/tenants").status in (200, 404)


def test_tls_1_2_is_the_least_spoken(files: Tls) -> None:
    """Older versions are broken."""
    assert tls_context(files).minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(
    ("certificate", "key", "told"),
    [
        ("missing.pem", "key.pem", "missing.pem cannot be read"),
        ("cert.pem", "missing.pem", "missing.pem cannot be read"),
        ("cert.pem", "other.pem", "cannot be used for TLS"),
        ("key.pem", "key.pem", "cannot be used for TLS"),
        ("cert.pem", "locked.pem", "under a password"),
    ],
)
def test_files_that_cannot_be_used_are_named(
    files: Tls, certificate: str, key: str, told: str
) -> None:
    """Before anything listens; a key under a password never asks on the terminal."""
    folder = files.certificate.parent
    with pytest.raises(Invalid, match=told):
        tls_context(Tls(folder / certificate, folder / key))
