"""Credentials of sample devices: every type, with windows open, closing and closed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from registry_backend.domain.credentials import (
    HASHED_PASSWORD,
    PSK,
    RPK,
    X509,
    X509_THUMBPRINT,
    Credential,
)
from registry_backend.domain.document import JsonObject
from registry_backend.domain.timestamps import format_timestamp
from registry_backend.sample.fleets import Fleet, Proof
from registry_backend.sample.material import PASSWORD, PASSWORD_HASHES, PUBLIC_KEYS


def make_uuid(random: Random) -> str:
    """A random UUID as the registry would give."""
    return str(UUID(int=random.getrandbits(128), version=4))


def make_credentials(
    random: Random,
    now: datetime,
    fleet: Fleet,
    device_id: str,
    site: str,
    proofs: tuple[Proof, ...],
) -> tuple[Credential, ...]:
    """The set of one device; about one in fifty credentials is disabled."""
    found = []
    for proof in proofs:
        members = _MAKERS[proof](random, now, fleet, device_id, site)
        if random.random() < 0.02:
            members |= {"enabled": False, "comment": "blocked until the device is seen on site"}
        found.append(Credential.model_validate(members))
    return tuple(found)


def _window(random: Random, now: datetime) -> JsonObject:
    """A validity window: of a hundred, three are over and five close within thirty days."""
    chance = random.random()
    if chance < 0.03:
        left = -random.uniform(1, 90)
    elif chance < 0.045:
        left = random.uniform(0.1, 7)
    elif chance < 0.08:
        left = random.uniform(7, 30)
    else:
        left = random.uniform(60, 700)
    ends = now + timedelta(days=left)
    begins = ends - timedelta(days=730)
    return {"not-before": format_timestamp(begins), "not-after": format_timestamp(ends)}


def _secret(random: Random, **members: object) -> JsonObject:
    return {"id": make_uuid(random), **members}


def _key(random: Random) -> str:
    return base64.b64encode(random.randbytes(32)).decode("ascii")


def _password(
    random: Random, now: datetime, _fleet: Fleet, device_id: str, _site: str
) -> JsonObject:
    members = {"hash-function": "bcrypt", "pwd-hash": random.choice(PASSWORD_HASHES)}
    window = _window(random, now) if random.random() < 0.7 else {}
    secret = _secret(random, **members, **window)
    return {
        "type": HASHED_PASSWORD,
        "auth-id": device_id.replace(":", "."),
        "secrets": [secret],
    }


def _legacy_password(
    random: Random, _now: datetime, _fleet: Fleet, device_id: str, _site: str
) -> JsonObject:
    salt = random.randbytes(8)
    digest = hashlib.sha256(salt + PASSWORD.encode()).digest()
    secret = _secret(
        random,
        **{
            "hash-function": "sha-256",
            "salt": base64.b64encode(salt).decode("ascii"),
            "pwd-hash": base64.b64encode(digest).decode("ascii"),
            "not-after": "2037-05-01T12:00:00Z",
        },
    )
    return {"type": HASHED_PASSWORD, "auth-id": f"sensor{device_id}", "secrets": [secret]}


def _psk(random: Random, now: datetime, _fleet: Fleet, device_id: str, _site: str) -> JsonObject:
    window = _window(random, now) if random.random() < 0.4 else {}
    secrets = [_secret(random, key=_key(random), **window)]
    if random.random() < 0.1:  # a rotation under way
        secrets.append(
            _secret(random, key=_key(random), comment="next key", **_window(random, now))
        )
    return {"type": PSK, "auth-id": device_id, "secrets": secrets}


def _psk_pair(
    random: Random, _now: datetime, _fleet: Fleet, device_id: str, _site: str
) -> JsonObject:
    """A primary and a secondary key, as IoT Hub shows them (iothub 4.2)."""
    secrets = [_secret(random, key=_key(random)) for _ in range(2)]
    return {"type": PSK, "auth-id": device_id, "secrets": secrets}


def _certificate(
    random: Random, now: datetime, fleet: Fleet, device_id: str, site: str
) -> JsonObject:
    subject = f"CN={device_id},OU={site},O={fleet.organisation}"
    return {
        "type": X509,
        "auth-id": subject,
        "secrets": [_secret(random, **_window(random, now))],
    }


def _raw_key(
    random: Random, now: datetime, _fleet: Fleet, device_id: str, _site: str
) -> JsonObject:
    key = random.choice(PUBLIC_KEYS)
    secret = _secret(random, key=key, algorithm="EC", **_window(random, now))
    return {"type": RPK, "auth-id": device_id, "secrets": [secret]}


def _thumbprint(
    random: Random, _now: datetime, _fleet: Fleet, device_id: str, _site: str
) -> JsonObject:
    secrets = [_secret(random, thumbprint=random.randbytes(20).hex().upper()) for _ in range(2)]
    return {"type": X509_THUMBPRINT, "auth-id": device_id, "secrets": secrets}


def _join(random: Random, _now: datetime, _fleet: Fleet, device_id: str, _site: str) -> JsonObject:
    """A type of the tenant's own, its members unknown to the registry."""
    secret = _secret(random, **{"join-eui": "A8610A3453210A00", "key": _key(random)})
    return {"type": "radio-join", "auth-id": device_id, "secrets": [secret]}


_MAKERS: dict[Proof, Callable[[Random, datetime, Fleet, str, str], JsonObject]] = {
    "password": _password,
    "legacy-password": _legacy_password,
    "psk": _psk,
    "psk-pair": _psk_pair,
    "certificate": _certificate,
    "raw-key": _raw_key,
    "thumbprint": _thumbprint,
    "join": _join,
}
