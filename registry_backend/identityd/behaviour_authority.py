"""The certificate authority of a service: local identities, each with its own key (identityd 2)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from registry_backend.domain.errors import Fault, NotFound
from registry_backend.domain.identities import Identity
from registry_backend.domain.timestamps import now
from registry_backend.identityd.atomic import change_file
from registry_backend.identityd.files import read_file, shown

AUTHORITY_FILE = "local_ca.pem"
"""Private key and certificate, in this order: in one file neither can be there without the other.

The daemon has them in the stores of its key and certificate services, which are not served here.
"""
LEAF_DAYS = 30
_AUTHORITY_DAYS = 3650
_LEAF_BITS = 2048
_CLOCK_SKEW = timedelta(minutes=5)

log = logging.getLogger("idconsole.identity")


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs certificates; calls block for as long as making an RSA key takes."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    path: Path
    """Where both are kept."""

    def issue(self, module_id: str, common_name: str, *, server: bool) -> Identity:
        """A new key and its certificate, for a client or for a server too; nothing is kept.

        Raises:
            Fault: when the authority's own certificate has expired.
        """
        if fault := self.expired():
            raise fault
        at = now().replace(microsecond=0)
        key = rsa.generate_private_key(public_exponent=65537, key_size=_LEAF_BITS)
        expires = min(at + timedelta(days=LEAF_DAYS), self.certificate.not_valid_after_utc)
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
        if server:
            usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
        certificate = (
            x509.CertificateBuilder(
                issuer_name=self.certificate.subject,
                subject_name=_name(common_name),
                public_key=key.public_key(),
                serial_number=x509.random_serial_number(),
                not_valid_before=at - _CLOCK_SKEW,
                not_valid_after=expires,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_LEAF_USAGE, critical=False)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=True)
            .add_extension(_identifier(key), critical=False)
            .add_extension(self._identifier(), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return Identity(
            kind="local",
            module_id=module_id,
            private_key=_pem(key),
            certificate=certificate.public_bytes(Encoding.PEM).decode("ascii"),
            expires_at=expires,
        )

    def _identifier(self) -> x509.AuthorityKeyIdentifier:
        try:
            own = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        except x509.ExtensionNotFound:
            return x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)

    def expired(self) -> Fault | None:
        """What there is to say once nobody would trust its certificates any more."""
        ended = self.certificate.not_valid_after_utc
        if now() < ended:
            return None
        return Fault(f"The certificate in {shown(self.path)} expired on {ended:%F}.", hint=_ANEW)


def open_authority(homedir: Path) -> Authority:
    """The authority under a home folder, made when there is none yet.

    Raises:
        Denied, Fault: when it cannot be read or written, or is damaged.
    """
    path = homedir / AUTHORITY_FILE
    try:
        data = read_file(path, follow_links=False)
    except NotFound:
        return _make_authority(path)
    authority = _read_authority(path, data)
    if fault := authority.expired():
        log.warning("No local identities are issued. %s", fault)
    return authority


def _read_authority(path: Path, data: bytes) -> Authority:
    try:
        key = load_pem_private_key(data, password=None)
        certificate = x509.load_pem_x509_certificate(data)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _damaged(path) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _damaged(path)
    if key.public_key() != certificate.public_key():
        raise _damaged(path)
    return Authority(key, certificate, path)


def _make_authority(path: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("idconsole local identities")
    at = now().replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder(
            issuer_name=name,
            subject_name=name,
            public_key=key.public_key(),
            serial_number=x509.random_serial_number(),
            not_valid_before=at - _CLOCK_SKEW,
            not_valid_after=at + timedelta(days=_AUTHORITY_DAYS),
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_AUTHORITY_USAGE, critical=True)
        .add_extension(_identifier(key), critical=False)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(Encoding.PEM)
    change_file(path, before=None, after=_pem(key).encode("ascii") + public)
    return Authority(key, certificate, path)


def _usage(**used: bool) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: used.get(name, False) for name in names})


_LEAF_USAGE = _usage(digital_signature=True, content_commitment=True, key_encipherment=True)
_AUTHORITY_USAGE = _usage(key_cert_sign=True, crl_sign=True)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


_Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def _identifier(key: _Key) -> x509.SubjectKeyIdentifier:
    """Strict verifiers want it of every certificate, with the issuer's."""
    return x509.SubjectKeyIdentifier.from_public_key(key.public_key())


def _pem(key: _Key) -> str:
    encoded = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return encoded.decode("ascii")


_ANEW = (
    "Remove it and start again to get a new authority; certificates of the old one go on until "
    "they end."
)


def _damaged(path: Path) -> Fault:
    return Fault(
        f"{shown(path)} is damaged: it holds no EC private key with its certificate.",
        hint=_ANEW,
    )
