"""Certificates as PEM, decoded for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from registry_backend.domain.certificates import CertificateFacts
from registry_backend.domain.errors import Invalid

_USAGES = (
    ("digital_signature", "digitalSignature"),
    ("content_commitment", "nonRepudiation"),
    ("key_encipherment", "keyEncipherment"),
    ("data_encipherment", "dataEncipherment"),
    ("key_agreement", "keyAgreement"),
    ("key_cert_sign", "keyCertSign"),
    ("crl_sign", "cRLSign"),
)
_ROLES = {
    ExtendedKeyUsageOID.CLIENT_AUTH: "clientAuth",
    ExtendedKeyUsageOID.SERVER_AUTH: "serverAuth",
    ExtendedKeyUsageOID.CODE_SIGNING: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING: "OCSPSigning",
}
_KINDS = (
    (x509.DNSName, "DNS"),
    (x509.IPAddress, "IP"),
    (x509.RFC822Name, "email"),
    (x509.UniformResourceIdentifier, "URI"),
)


def read_certificate(pem: str) -> CertificateFacts:
    """What the first certificate of a PEM text says.

    Raises:
        Invalid: when there is none, or it cannot be read; nothing of the text is repeated.
    """
    try:
        return _facts(x509.load_pem_x509_certificate(pem.encode("utf-8", "replace")))
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        raise Invalid("This is not a certificate in PEM that can be read.") from None


def _facts(certificate: x509.Certificate) -> CertificateFacts:
    algorithm = certificate.signature_hash_algorithm
    digest = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    extensions = {extension.oid: extension.value for extension in certificate.extensions}
    usage = extensions.get(ExtensionOID.KEY_USAGE)
    roles = extensions.get(ExtensionOID.EXTENDED_KEY_USAGE)
    names = extensions.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    basic = extensions.get(ExtensionOID.BASIC_CONSTRAINTS)
    return CertificateFacts(
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:X}",
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        names=tuple(_names(names)) if isinstance(names, x509.SubjectAlternativeName) else (),
        key=_key(certificate),
        signature=algorithm.name if algorithm else "",
        usages=tuple(_usages(usage)) if isinstance(usage, x509.KeyUsage) else (),
        extended_usages=tuple(_ROLES.get(role, role.dotted_string) for role in roles)
        if isinstance(roles, x509.ExtendedKeyUsage)
        else (),
        is_authority=basic.ca if isinstance(basic, x509.BasicConstraints) else None,
        fingerprint=digest,
    )


def _key(certificate: x509.Certificate) -> str:
    match certificate.public_key():
        case rsa.RSAPublicKey(key_size=size):
            return f"RSA {size}"
        case ec.EllipticCurvePublicKey(curve=curve):
            return f"EC {curve.name}"
        case dsa.DSAPublicKey(key_size=size):
            return f"DSA {size}"
        case other:
            return type(other).__name__.strip("_").removesuffix("PublicKey")


def _usages(usage: x509.KeyUsage) -> Iterator[str]:
    for attribute, name in _USAGES:
        if getattr(usage, attribute):
            yield name


def _names(names: x509.SubjectAlternativeName) -> Iterator[str]:
    for name in names:
        kind = next((word for of, word in _KINDS if isinstance(name, of)), "other")
        value = name.value if kind != "other" else type(name).__name__
        yield f"{kind}:{value}"
