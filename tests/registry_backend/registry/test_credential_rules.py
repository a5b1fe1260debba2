"""What a credential must look like, by type (hono 2.1, 2.5; iothub 4.1). Pure."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.domain.credentials import Credential
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid
from registry_backend.domain.secrets import hash_password
from registry_backend.registry.credential_rules import prepare_credentials
from registry_backend.registry.facts import NO_CERTIFICATE
from registry_backend.registry.settings import RegistrySettings
from tests.registry_backend.registry.makers import (
    NOT_AFTER,
    NOT_BEFORE,
    SETTINGS,
    certificate,
    credential,
    der,
    ec_key,
    pem,
    private_key,
    public_key,
    rsa_key,
)

KEY = base64.b64encode(b"0123456789abcdef").decode()
SHA256 = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
SHA512 = base64.b64encode(hashlib.sha512(b"x").digest()).decode()
BCRYPT = hash_password("x", cost=4)


def prepare(*drafts: Credential) -> tuple[Credential, ...]:
    """Prepare with the settings of these tests."""
    return prepare_credentials(drafts, SETTINGS)


def problems(*drafts: Credential) -> list[str]:
    """Every broken rule as text."""
    with pytest.raises(Invalid) as caught:
        prepare(*drafts)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("kind", "secret"),
    [
        ("hashed-password", {"pwd-plain": "x"}),
        ("hashed-password", {"pwd-plain": "ä" * 36}),
        ("hashed-password", {"hash-function": "sha-256", "pwd-hash": SHA256, "salt": "AAAA"}),
        ("hashed-password", {"hash-function": "sha-512", "pwd-hash": SHA512}),
        ("hashed-password", {"hash-function": "bcrypt", "pwd-hash": BCRYPT}),
        ("hashed-password", {"id": "s"}),
        ("psk", {"key": KEY}),
        ("psk", {"id": "s"}),
        ("psk", {"id": "s", "key": None}),
        ("rpk", {"key": public_key(ec_key()), "algorithm": "EC"}),
        ("rpk", {"key": public_key(rsa_key()), "algorithm": "RSA"}),
        ("rpk", {"id": "s"}),
        ("x509-cert", {}),
        ("x509-thumbprint", {"thumbprint": "aB" * 20}),
        ("x509-thumbprint", {"thumbprint": "aB" * 32}),
        ("my-type-2", {"anything": {"at": "all"}, "key": "§"}),
        ("my-type-2", {}),
    ],
)
def test_a_good_secret_of_each_type_is_taken(kind: str, secret: JsonObject) -> None:
    """And comes out as it went in, but for members given as null (hono 2.5)."""
    (prepared,) = prepare(credential(kind, "d1", secret))
    given = {name: value for name, value in secret.items() if value is not None}
    assert prepared.to_json()["secrets"] == [given]


@pytest.mark.parametrize(
    ("kind", "secret", "problem"),
    [
        ("hashed-password", {}, ": a new secret needs pwd-plain, or pwd-hash and hash-function"),
        ("hashed-password", {"pwd-plain": ""}, ".pwd-plain: must not be empty"),
        ("hashed-password", {"pwd-plain": "ä" * 37}, ".pwd-plain: is 74 bytes long in UTF-8"),
        ("hashed-password", {"pwd-plain": "a\0b"}, ".pwd-plain: must not contain a NUL"),
        ("hashed-password", {"pwd-hash": BCRYPT}, ".hash-function: must be given with pwd-hash"),
        ("hashed-password", {"id": "s", "salt": "AAAA"}, ".pwd-hash: must be given with"),
        (
            "hashed-password",
            {"hash-function": "md5", "pwd-hash": "AAAA"},
            ".hash-function: must be one of bcrypt, sha-256, sha-512",
        ),
        (
            "hashed-password",
            {"hash-function": "bcrypt", "pwd-hash": "$2b" + BCRYPT[3:]},
            ".pwd-hash: is not a bcrypt hash of the form $2a$COST$",
        ),
        (
            "hashed-password",
            {"hash-function": "bcrypt", "pwd-hash": "$2a$11" + BCRYPT[6:]},
            ".pwd-hash: has cost 11; this registry allows at most 10",
        ),
        (
            "hashed-password",
            {"hash-function": "sha-512", "pwd-hash": SHA256},
            ".pwd-hash: must be base64 of the 64 bytes",
        ),
        (
            "hashed-password",
            {"hash-function": "sha-256", "pwd-hash": "hunter2!"},
            ".pwd-hash: must be base64 of the 32 bytes",
        ),
        (
            "hashed-password",
            {"hash-function": "sha-256", "pwd-hash": SHA256, "salt": "é"},
            ".salt: must be base64",
        ),
        ("hashed-password", {"pwd-plain": "x", "key": KEY}, ".key: does not belong to"),
        ("psk", {}, ".key: must be given for a new secret"),
        ("psk", {"key": "é"}, ".key: must be base64"),
        ("psk", {"key": ""}, ".key: must be base64 of at least one byte"),
        ("psk", {"key": KEY, "pwd-plain": "x"}, ".pwd-plain: does not belong to"),
        ("rpk", {}, ": a new secret needs key and algorithm, or cert"),
        ("rpk", {"key": public_key(ec_key())}, ".algorithm: must be EC or RSA"),
        ("rpk", {"id": "s", "algorithm": "EC"}, ".key: must be given with algorithm"),
        (
            "rpk",
            {"key": public_key(ec_key()), "algorithm": "RSA"},
            ".key: is a key for EC, not for RSA",
        ),
        ("rpk", {"key": KEY, "algorithm": "EC"}, ".key: is no public key"),
        ("x509-cert", {"key": KEY}, ".key: does not belong to a secret of type x509-cert"),
        ("x509-thumbprint", {"thumbprint": "ab:" * 20}, ".thumbprint: must be 40 or 64 hex"),
        ("x509-thumbprint", {"thumbprint": 7}, ".thumbprint: must be 40 or 64 hex"),
    ],
)
def test_a_bad_secret_is_named_by_its_path(kind: str, secret: JsonObject, problem: str) -> None:
    """The second secret of the second credential is said to be just that (hono 2.5)."""
    fine: JsonObject = {"thumbprint": "a" * 40} if kind == "x509-thumbprint" else {"id": "fine"}
    secrets = [secret] if kind == "x509-cert" else [fine, secret]
    first = credential("psk", "other", {"key": KEY})
    found = problems(first, credential(kind, "d1", *secrets))
    assert len(found) == 1
    assert found[0].startswith(f"[1].secrets[{len(secrets) - 1}]{problem}")


@pytest.mark.parametrize("auth_id", ["a b", "a:b", "ü", "a\n"])
def test_a_username_has_a_pattern(auth_id: str) -> None:
    """Other types take any text (hono 2.1)."""
    (found,) = problems(credential("hashed-password", auth_id, {"pwd-plain": "x"}))
    assert found.startswith("[0].auth-id: use letters")
    prepare(credential("psk", auth_id, {"key": KEY}))


@pytest.mark.parametrize("kind", ["PSK", "my_type", "a b", "psk\n"])
def test_a_type_has_a_pattern(kind: str) -> None:
    """Lower case letters, digits and dashes (hono 2.1)."""
    (found,) = problems(credential(kind, "d1", {}))
    assert found.startswith("[0].type: use small letters")


@pytest.mark.parametrize("kind", ["psk", "hashed-password", "x509-cert", "rpk", "other"])
def test_every_credential_has_a_secret(kind: str) -> None:
    """An empty list is refused (hono 2.5)."""
    assert problems(credential(kind, "d1")) == ["[0].secrets: must hold at least one secret"]


def test_an_x509_credential_has_exactly_one_secret() -> None:
    """It only holds the validity (hono 2.5)."""
    (found,) = problems(credential("x509-cert", "CN=a", {}, {}))
    assert found == "[0].secrets: must hold exactly one secret for type x509-cert"


def test_an_x509_credential_is_derived_from_its_certificate() -> None:
    """A given auth-id and secrets are ignored, the certificate is not kept (hono 2.5)."""
    for cert in (der(certificate()), pem(certificate())):
        drafts = (
            Credential.parse({"type": "x509-cert", "cert": cert}),
            Credential.parse({"type": "x509-cert", "cert": cert, "auth-id": None}),
            credential("x509-cert", "CN=other", {"comment": "x"}, {}, cert=cert),
        )
        for draft in drafts:
            (prepared,) = prepare(draft)
            assert prepared.auth_id == "CN=device-1,O=Acme\\, Ltd,C=DE"
            assert "cert" not in prepared.to_json()
            (secret,) = prepared.secrets
            assert (secret.not_before, secret.not_after) == (NOT_BEFORE, NOT_AFTER)
            assert secret.comment is None


def test_a_given_subject_is_normalised_and_other_text_is_kept() -> None:
    """Hono stores what is no distinguished name as it is (hono 2.1)."""
    (named, other) = prepare(
        credential("x509-cert", "cn=device-1, o=Acme", {}),
        credential("x509-cert", "${DEVICE_SUBJECT_DN}", {}),
    )
    assert named.auth_id == "CN=device-1,O=Acme"
    assert other.auth_id == "${DEVICE_SUBJECT_DN}"


def test_two_spellings_of_one_subject_are_one_credential() -> None:
    """Uniqueness looks at the normalised name (hono 3.6)."""
    found = problems(credential("x509-cert", "CN=a", {}), credential("x509-cert", "cn = a", {}))
    assert found == ["[1].auth-id: 'CN=a' of type x509-cert is in the request twice"]


def test_type_and_auth_id_are_unique_in_a_request() -> None:
    """The same auth-id with another type is another credential (hono 3.6)."""
    prepare(credential("psk", "a", {"key": KEY}), credential("other", "a", {}))
    found = problems(credential("psk", "a", {"key": KEY}), credential("psk", "a", {"key": KEY}))
    assert found == ["[1].auth-id: 'a' of type psk is in the request twice"]


def test_a_secret_id_is_named_once_in_a_credential() -> None:
    """Twice would make two secrets of one (hono 3.6)."""
    found = problems(credential("psk", "a", {"id": "s"}, {"id": "s"}))
    assert found == ["[0].secrets[1].id: 's' is used by another secret of this credential"]


def test_a_raw_public_key_may_come_in_a_certificate() -> None:
    """Key, algorithm and validity are taken from it (hono 2.5)."""
    (prepared,) = prepare(credential("rpk", "d1", {"cert": der(certificate(key=rsa_key()))}))
    assert prepared.to_json()["secrets"] == [
        {
            "key": public_key(rsa_key()),
            "algorithm": "RSA",
            "not-before": "2026-01-01T00:00:00Z",
            "not-after": "2036-01-01T00:00:00Z",
        }
    ]


def test_what_is_no_certificate_is_named_where_it_stands() -> None:
    """At the credential for x509-cert, at the secret for rpk; elsewhere it has no business."""
    key = base64.b64encode(private_key(ec_key())).decode()
    assert problems(
        Credential.parse({"type": "x509-cert", "cert": key}),
        credential("rpk", "d1", {"cert": "nonsense"}),
        credential("psk", "d1", {"key": KEY}, cert=der(certificate())),
        Credential.parse({"type": "x509-cert", "cert": der(certificate(""))}),
    ) == [
        "[0].cert: is a private key, no certificate",
        f"[1].secrets[0].cert: {NO_CERTIFICATE}",
        "[2].cert: belongs to type x509-cert, not to psk",
        "[3].cert: is a certificate without a subject to identify it by",
    ]


def test_a_thumbprint_credential_holds_a_thumbprint() -> None:
    """One of the two may be missing, not both (iothub 4.1)."""
    prepare(credential("x509-thumbprint", "d1", {}, {"thumbprint": "a" * 40}))
    found = problems(credential("x509-thumbprint", "d1", {}, {}))
    assert found == ["[0].secrets: must hold a thumbprint"]


def test_an_operator_may_allow_fewer_hash_functions() -> None:
    """Hashes made here are bcrypt all the same (hono 2.5)."""
    settings = RegistrySettings(hash_functions=("bcrypt",), max_bcrypt_cost=12)
    sha = {"hash-function": "sha-256", "pwd-hash": SHA256}
    with pytest.raises(Invalid, match=r"hash-function: must be one of bcrypt$"):
        prepare_credentials([credential("hashed-password", "d1", sha)], settings)
    costly = {"hash-function": "bcrypt", "pwd-hash": "$2a$12" + BCRYPT[6:]}
    prepare_credentials([credential("hashed-password", "d1", costly)], settings)


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"bcrypt_cost": 3}, "bcrypt_cost"),
        ({"bcrypt_cost": 11}, "bcrypt_cost"),
        ({"max_bcrypt_cost": 32}, "max_bcrypt_cost"),
        ({"hash_functions": ("md5",)}, "hash_functions"),
        ({"max_devices_per_tenant": -2}, "max_devices_per_tenant"),
    ],
)
def test_settings_that_cannot_hold_are_refused(members: JsonObject, field: str) -> None:
    """Before anything is opened with them."""
    with pytest.raises(Invalid, match=field):
        RegistrySettings(**members)


def test_every_problem_is_reported_at_once() -> None:
    """A person mends them in one go."""
    found = problems(
        credential("psk", "a", {"key": "é"}, {}),
        credential("hashed-password", "b c"),
    )
    assert [text.partition(":")[0] for text in found] == [
        "[0].secrets[0].key",
        "[0].secrets[1].key",
        "[1].auth-id",
        "[1].secrets",
    ]


_SECRET_TEXT = "ZwölfBoxkämpfer"
_MEMBERS = st.sampled_from(["pwd-plain", "pwd-hash", "salt", "key", "cert", "own"])


@given(
    st.sampled_from(["hashed-password", "psk", "rpk", "x509-cert", "other"]),
    st.lists(st.dictionaries(_MEMBERS, st.just(_SECRET_TEXT)), max_size=3),
    st.sampled_from([None, "bcrypt", "sha-256"]),
)
def test_no_message_or_repr_ever_repeats_a_secret(
    kind: str, secrets: list[JsonObject], function: str | None
) -> None:
    """Whatever is wrong and wherever it stands (design 3)."""
    added = {"hash-function": function} if function else {}
    draft = credential(kind, "d1", *({**secret, **added} for secret in secrets))
    assert _SECRET_TEXT not in repr(draft)
    told: tuple[Credential, ...] | Invalid
    try:
        told = prepare(draft)
    except Invalid as error:
        told = error
    assert _SECRET_TEXT not in repr(told)
    assert isinstance(told, tuple) or _SECRET_TEXT not in str(told)
