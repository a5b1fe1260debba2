"""Identities in cells and details: every state has a word, and no key is ever among them."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from console.render import identities as render
from console.render.identities import IdentityRow
from registry_backend.domain.errors import Denied, Fault, Invalid, NotFound
from registry_backend.domain.identities import Identity, Provisioning
from registry_backend.domain.secrets import MASK
from registry_backend.wire.certificates import read_certificate
from tests.console.conftest import NOW

HANDLE, KEY = "sr=h&sig=geheim", "-----BEGIN PRIVATE KEY-----geheim"
DEVICE = Identity(
    kind="aziot", device_id="d", hub_name="h", gateway_host="g", auth_type="sas", key_handle=HANDLE
)
MODULE = Identity(
    kind="aziot", module_id="m", device_id="d", hub_name="h", gateway_host="h", generation_id="7"
)
LOCAL = Identity(
    kind="local",
    module_id="l",
    certificate="no certificate",
    private_key=KEY,
    expires_at=NOW + timedelta(days=20),
)
ROWS = (
    IdentityRow("own", identity=MODULE),
    IdentityRow("device", identity=DEVICE),
    IdentityRow("device", identity=DEVICE.model_copy(update={"auth_type": "tpm"})),
    IdentityRow("provisioning", provisioning=Provisioning(source="none")),
    IdentityRow("module", "m", MODULE, principal=True),
    IdentityRow("local", "l"),
    IdentityRow("local", "l", LOCAL),
    IdentityRow("modules", problem=Denied("no", hint="ask")),
    IdentityRow("device", problem=Fault("broken")),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_no_key_stands_in_anything_that_is_shown(row: IdentityRow) -> None:
    """Neither in a cell nor in the detail, the document, or a log."""
    shown = [
        render.detail(row, NOW, caller_uid=1),
        render.document(row),
        render.state_cell(row, NOW),
        render.auth_cell(row),
        repr(row),
    ]
    assert "geheim" not in repr(shown)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROWS[0], "module m of d"),
        (ROWS[1], "device d"),
        (ROWS[3], "none"),
        (ROWS[4], "gen 7"),
        (ROWS[5], "not issued yet: enter"),
        (ROWS[6], "until 2026-12-11"),
        (ROWS[7], "not permitted"),
        (ROWS[8], "the service failed"),
        (IdentityRow("own", problem=NotFound("it was not provisioned")), "not provisioned"),
    ],
)
def test_each_state_has_a_word(row: IdentityRow, said: str) -> None:
    """So that a screen without colours tells as much."""
    assert render.state_cell(row, NOW)[0] == said


@pytest.mark.parametrize(("days", "glyph"), [(20, "until"), (6, "▲ expires"), (-1, "✗ expired")])
def test_a_certificate_that_ends_soon_stands_out(days: int, glyph: str) -> None:
    """A month is what they have from the beginning, so less counts as soon."""
    identity = LOCAL.model_copy(update={"expires_at": NOW + timedelta(days=days)})
    assert render.state_cell(IdentityRow("local", "l", identity), NOW)[0].startswith(glyph)


def test_keys_are_covered_not_left_out() -> None:
    """One sees that there is one."""
    assert render.document(ROWS[6])["private_key"] == MASK
    assert render.document(ROWS[1])["key_handle"] == MASK


def test_warnings_name_what_is_lost() -> None:
    """The modules by name; of IoT Edge's what hangs on them."""
    assert "a, b" in render.reprovision_warning(["a", "b"])
    assert "none that can be read here" in render.reprovision_warning([])
    assert "IoT Edge" in render.delete_warning("$edgeHub", principal=False)
    assert "makes the module anew" in render.delete_warning("m", principal=True)


# certificates


def certificate(*extensions: x509.ExtensionType, key: object = None) -> str:
    """A self-signed certificate as PEM."""
    private_key = key if isinstance(key, ed25519.Ed25519PrivateKey) else None
    signing = private_key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gäte")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=signing.public_key(),
        serial_number=0xABC,
        not_valid_before=NOW,
        not_valid_after=NOW + timedelta(days=1),
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    made = builder.sign(signing, None if private_key else hashes.SHA384())
    return made.public_bytes(Encoding.PEM).decode()


def test_a_certificate_is_read_with_all_its_names_and_roles() -> None:
    """Unknown roles by their number."""
    text = certificate(
        x509.SubjectAlternativeName(
            [x509.DNSName("gate"), x509.IPAddress(ip_address("::1")), x509.RFC822Name("a@b")]
        ),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ObjectIdentifier("1.2.3.4")]),
        x509.BasicConstraints(ca=True, path_length=None),
    )
    facts = read_certificate(text)
    assert (facts.subject, facts.serial) == ("CN=gäte", "ABC")
    assert facts.names == ("DNS:gate", "IP:::1", "email:a@b")
    assert facts.extended_usages == ("serverAuth", "1.2.3.4")
    assert facts.is_authority is True
    assert (facts.key, facts.signature) == ("EC secp256r1", "sha384")
    assert (facts.begins, facts.ends) == (NOW, NOW + timedelta(days=1))
    assert facts.usages == ()


def test_a_certificate_without_extensions_says_little() -> None:
    """And one signed without a digest names none."""
    facts = read_certificate(certificate(key=ed25519.Ed25519PrivateKey.generate()))
    assert (facts.key, facts.signature, facts.is_authority) == ("Ed25519", "", None)
    assert facts.names == ()


@pytest.mark.parametrize(
    "text",
    ["", "geheim", "-----BEGIN CERTIFICATE-----\ngeheim\n-----END CERTIFICATE-----", "\ud800"],
)
def test_what_is_no_certificate_is_refused_without_being_repeated(text: str) -> None:
    """It may be a key."""
    with pytest.raises(Invalid) as caught:
        read_certificate(text)
    assert "geheim" not in str(caught.value)
