"""Local identities: keys and certificates of the service's own authority (identityd 2)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.end_to_end.identity.client import LATEST, Api, Callers, Reply, Running, running
from tests.end_to_end.identity.conftest import CONFIGS

CLIENT, SERVER = ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH
X509 = {"type": "x509"}


@pytest.fixture
def daemon(own: Running) -> Api:
    """The caller who may ask for any local identity."""
    return own.api


def ask(api: Api, module_id: str, **more: Any) -> Reply:
    """Have a local identity issued."""
    members = {"type": "local", "moduleId": module_id, **more}
    return api("POST", f"/identities/modules?{LATEST}", members)


def certificate(reply: Reply) -> x509.Certificate:
    """What was issued."""
    assert reply.status == 200, reply.body
    return x509.load_pem_x509_certificate(reply.json["spec"]["auth"]["certificate"].encode())


def common_name(reply: Reply) -> str | bytes:
    """Whom it was issued for."""
    (found,) = certificate(reply).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return found.value


def usages(reply: Reply) -> list[x509.ObjectIdentifier]:
    """What it may be used for."""
    return list(certificate(reply).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)


def test_the_certificate_belongs_to_the_key_and_the_authority(own: Running, daemon: Api) -> None:
    """Name, validity, extensions and signature are what a peer will look at."""
    reply = ask(daemon, "agent")
    issued = certificate(reply)
    auth = reply.json["spec"]["auth"]
    key = load_pem_private_key(auth["privateKey"].encode(), password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert issued.public_key() == key.public_key()
    assert common_name(reply) == "agent.dev1.example.com"
    assert auth["expiration"].endswith("+00:00")
    assert datetime.fromisoformat(auth["expiration"]) == issued.not_valid_after_utc
    authority = x509.load_pem_x509_certificate((own.home / "local_ca.pem").read_bytes())
    issued.verify_directly_issued_by(authority)
    signer = authority.public_key()
    assert isinstance(signer, ec.EllipticCurvePublicKey)
    constraints = issued.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, False)
    usage = issued.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert usage.key_encipherment
    assert not usage.key_cert_sign
    assert issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).critical


def test_another_program_accepts_the_chain(own: Running, daemon: Api, tmp_path: Path) -> None:
    """OpenSSL at its strictest takes the certificate for the authority's, and for a client's."""
    (tmp_path / "leaf.pem").write_text(ask(daemon, "agent").json["spec"]["auth"]["certificate"])
    words = ["openssl", "verify", "-x509_strict", "-purpose", "sslclient", "-CAfile"]
    done = subprocess.run(
        [*words, own.home / "local_ca.pem", tmp_path / "leaf.pem"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_nothing_is_kept(daemon: Api) -> None:
    """The same name asked for twice gets two keys."""
    keys = {ask(daemon, "agent").json["spec"]["auth"]["privateKey"] for _ in range(2)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({**X509, "attributes": "client"}, [CLIENT]),
        ({**X509, "attributes": "server"}, [CLIENT, SERVER]),
        (X509, [CLIENT]),
        ({**X509, "attributes": "Server"}, [CLIENT]),
        ({"type": "tpm", "attributes": "server"}, [CLIENT]),
        ({"attributes": "server"}, [CLIENT]),
        (1, [CLIENT]),
        (None, [CLIENT]),
        ([], [CLIENT]),
    ],
)
def test_options_that_make_no_sense_are_passed_over(
    daemon: Api, options: object, expected: list[x509.ObjectIdentifier]
) -> None:
    """A server's certificate is a client's too; everything else is a client's only."""
    assert usages(ask(daemon, "agent", localIdOpts=options)) == expected


def test_a_principal_gets_what_its_configuration_says(manual: Running) -> None:
    """Its own name needs no options, and they are those of its `localid`."""
    path = f"/identities/modules/modloc?{LATEST}&type=local"
    reply = manual.api.of(1005)("GET", path)
    assert usages(reply) == [CLIENT, SERVER]
    assert common_name(reply) == "modloc.dev1.example.com"
    assert usages(manual.api.of(1000)("GET", path.replace("modloc", "loc1"))) == [CLIENT]


@pytest.mark.parametrize(
    ("module_id", "expected"),
    [
        ("", ".dev1.example.com"),
        ("a" * 47, "a" * 47 + ".dev1.example.com"),
        ("a" * 48, "a" * 48 + ".dev1.example.co"),
        ("a" * 500, "a" * 64),
        ("é" * 32, "é" * 32),
        ("a b/c=d", "a b/c=d.dev1.example.com"),
    ],
)
def test_names_are_cut_to_what_a_certificate_holds(
    daemon: Api, module_id: str, expected: str
) -> None:
    """No name of a local identity is too long or too short; 64 bytes of it are used."""
    reply = ask(daemon, module_id)
    assert common_name(reply) == expected
    assert reply.json["spec"]["moduleId"] == module_id


@pytest.mark.parametrize("module_id", ["a" + "é" * 40, "a" * 62 + "𝔞", "a" * 63 + "é"])
def test_a_name_that_kills_the_daemon_is_refused(daemon: Api, module_id: str) -> None:
    """A character across the sixty-fourth byte is told of, and the service goes on."""
    reply = ask(daemon, module_id)
    assert reply.status == 400
    assert reply.message.startswith('parameter "moduleId" has an invalid value\ncaused by: ')
    assert ask(daemon, "agent").status == 200


@pytest.fixture(scope="module")
def odd(callers: Callers) -> Iterator[Running]:
    """A service with a principal whose name kills the daemon."""
    with running(callers, CONFIGS["none"].replace('"loc1"', '"' + "a" * 63 + 'é"')) as service:
        yield service


def test_a_principal_whose_name_kills_the_daemon_is_refused_and_no_more(odd: Running) -> None:
    """The service starts, answers others, and tells this one what is wrong."""
    name = "a" * 63 + "%C3%A9"
    path = f"/identities/modules/{name}?{LATEST}&type=local"
    assert odd.api.of(1000)("GET", path).status == 400
    assert odd.api.of(1000)("GET", f"/trust-bundle?{LATEST}").status == 200


def test_without_a_domain_there_are_no_local_identities(callers: Callers) -> None:
    """Only the operator can mend that, so the caller is told no more than that it failed."""
    text = CONFIGS["none"].split("[localid]")[0]
    with running(callers, text) as service:
        reply = ask(service.api.of(0), "agent")
    assert (reply.status, reply.message) == (500, "internal error")
