"""A chain of certificates that does not verify: which link fails, and why."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from console.adapters.rest_chain import refusal_reason
from registry_backend.domain.errors import Unreachable
from registry_backend.domain.timestamps import format_timestamp
from tests.console.test_rest import answering, ask

NOW = datetime.now(UTC).replace(microsecond=0)
AGO, SOON, YESTERDAY = NOW - timedelta(days=30), NOW + timedelta(days=30), NOW - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def issue(
    name: str,
    by: Issued | None = None,
    *,
    begins: datetime = AGO,
    ends: datetime = SOON,
    names: Sequence[x509.GeneralName] = (),
) -> Issued:
    """A certificate by this issuer, or by itself; one without names is an authority's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Issued(builder.sign((by.key if by else key), hashes.SHA256()), key)


HERE = (x509.IPAddress(ip_address("127.0.0.1")),)
ELSEWHERE = (x509.DNSName("registry.example"), x509.IPAddress(ip_address("192.0.2.7")))
ROOT = issue("Yard Root")
MIDDLE = issue("Yard Middle", ROOT)
OLD_ROOT = issue("Old Root", ends=YESTERDAY)
OLD_MIDDLE = issue("Old Middle", ROOT, ends=YESTERDAY)
GOOD = issue("registry", MIDDLE, names=HERE)


def pem(*issued: Issued) -> bytes:
    """Certificates one after another."""
    encoding = serialization.Encoding.PEM
    return b"".join(each.certificate.public_bytes(encoding) for each in issued)


async def refused(folder: Path, chain: Sequence[Issued], trusted: Issued) -> Unreachable:
    """How a server with this chain is refused by who trusts that authority."""
    (folder / "chain.pem").write_bytes(pem(*chain))
    (folder / "ca.pem").write_bytes(pem(trusted))
    (folder / "key.pem").write_bytes(
        chain[0].key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "chain.pem", folder / "key.pem")

    async def good(_: web.BaseRequest) -> web.StreamResponse:
        return web.json_response({})

    async with answering(good, context=context) as endpoint:
        with pytest.raises(Unreachable) as caught:
            await ask(replace(endpoint, ca_file=folder / "ca.pem"))
    assert caught.value.layer == "tls"
    return caught.value


async def test_an_expired_certificate_of_the_server_is_named_with_its_end(tmp_path: Path) -> None:
    """And is not to be put into ca-file, but renewed."""
    leaf = issue("registry", MIDDLE, ends=YESTERDAY, names=HERE)
    error = await refused(tmp_path, [leaf, MIDDLE], ROOT)
    assert "The server's own certificate is CN=registry, issued by CN=Yard Middle" in error.message
    assert f"it ended {format_timestamp(YESTERDAY)}" in error.message
    assert "Yard Root" not in error.message
    assert "renewed" in error.hint


async def test_an_expired_certificate_between_is_the_one_named(tmp_path: Path) -> None:
    """Not the server's own, which is good."""
    leaf = issue("registry", OLD_MIDDLE, names=HERE)
    error = await refused(tmp_path, [leaf, OLD_MIDDLE], ROOT)
    assert "The certificate between them is CN=Old Middle, issued by CN=Yard Root" in error.message
    assert f"it ended {format_timestamp(YESTERDAY)}" in error.message
    assert "The server's own" not in error.message


async def test_an_expired_authority_is_the_one_named(tmp_path: Path) -> None:
    """It stands in ca-file, and the server does not send it."""
    error = await refused(tmp_path, [issue("registry", OLD_ROOT, names=HERE)], OLD_ROOT)
    assert "The authority's certificate is CN=Old Root" in error.message
    assert f"it ended {format_timestamp(YESTERDAY)}" in error.message


async def test_a_certificate_that_begins_later_is_told_with_the_clocks(tmp_path: Path) -> None:
    """Since one of them may be wrong."""
    leaf = issue("registry", ROOT, begins=NOW + timedelta(days=1), names=HERE)
    error = await refused(tmp_path, [leaf], ROOT)
    assert f"it begins {format_timestamp(NOW + timedelta(days=1))}" in error.message
    assert "clocks" in error.hint


async def test_an_unknown_issuer_is_named(tmp_path: Path) -> None:
    """Of the last certificate that was sent, when the chain goes on beyond it."""
    error = await refused(tmp_path, [GOOD, MIDDLE], OLD_ROOT)
    assert "The certificate between them is CN=Yard Middle" in error.message
    assert "CN=Yard Root is neither sent along nor trusted here" in error.message
    assert "ca-file" in error.hint


async def test_a_certificate_left_out_by_the_server_is_named(tmp_path: Path) -> None:
    """The root is trusted, but nothing leads to it."""
    error = await refused(tmp_path, [GOOD], ROOT)
    assert "The server's own certificate is CN=registry" in error.message
    assert "CN=Yard Middle is neither sent along nor trusted here" in error.message


async def test_a_chain_to_an_authority_nobody_trusts_names_that(tmp_path: Path) -> None:
    """Which signed itself, and was sent along."""
    error = await refused(tmp_path, [GOOD, MIDDLE, ROOT], OLD_ROOT)
    assert "The authority's certificate is CN=Yard Root" in error.message
    assert "signed itself and is not among those trusted here" in error.message


async def test_a_certificate_that_signed_itself_is_told_as_such(tmp_path: Path) -> None:
    """The server's own, with no authority at all."""
    error = await refused(tmp_path, [issue("alone", names=HERE)], ROOT)
    assert "The server's own certificate is CN=alone" in error.message
    assert "signed itself" in error.message


async def test_a_certificate_for_another_host_says_for_which(tmp_path: Path) -> None:
    """With every name, and the one that was asked for."""
    error = await refused(tmp_path, [issue("registry", ROOT, names=ELSEWHERE)], ROOT)
    assert "it is for registry.example, 192.0.2.7, not for 127.0.0.1" in error.message
    assert "address" in error.hint


def test_many_names_are_cut_and_no_names_are_told() -> None:
    """A certificate may be for hundreds of hosts, or for none."""
    names = [x509.DNSName(f"host{number}.example") for number in range(20)]
    many = issue("registry", ROOT, names=names).certificate
    said = refusal_reason([many], [], code=62, host="x.example", now=NOW)
    assert "host7.example and 12 more, not for x.example" in said
    said = refusal_reason([ROOT.certificate], [], code=62, host="x.example", now=NOW)
    assert "no name at all" in said


def test_two_authorities_of_one_name_do_not_mislead() -> None:
    """An issuer is who signed, not who is called so."""
    other = issue("Yard Middle", ROOT)
    said = refusal_reason(
        [GOOD.certificate], [other.certificate], code=20, host="127.0.0.1", now=NOW
    )
    assert "The server's own certificate" in said
    assert "CN=Yard Middle is neither" in said


def test_anything_else_shows_the_chain() -> None:
    """Each link with its issuer, so that a person can see."""
    chain = [GOOD.certificate, MIDDLE.certificate, ROOT.certificate]
    said = refusal_reason(chain, [], code=24, host="127.0.0.1", now=NOW)
    assert [name in said for name in ("CN=registry", "CN=Yard Middle", "CN=Yard Root")] == [
        True
    ] * 3


def test_certificates_that_sign_each_other_end() -> None:
    """A chain without an end is followed once around."""
    first = issue("A")
    again = issue("A", first)
    said = refusal_reason([again.certificate, first.certificate], [], code=19, host="h", now=NOW)
    assert "CN=A" in said
