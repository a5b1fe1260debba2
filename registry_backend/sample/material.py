"""Fixed material of the sample: public keys whose private halves were thrown away, and hashes."""

from __future__ import annotations

from random import Random

_P256 = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"
"""How every P-256 public key begins in base64 DER."""

PUBLIC_KEYS = (
    _P256
    + "fsXfjO95sGttLDjF1Sm25PqPIBkSAODmAbQrtjF2Y97GseFouE7dw/2vYjAOolcWv0dOSGpb/Vg4oiZ24lKnug==",
    _P256
    + "znvLssKcUIXqsZFPoD4yDpv0uh+JRMoa58z+M5eR+/Knt7/4osS0bv9HzWtgoqLq0iufv+TYGwZUWXqth1GztQ==",
    _P256
    + "uCD8ghpFp/Bm183TPmIwRG8EbIkDbr2tjN+McnTxNwNWPYNoe+8qrT4BqwkqBkJkFW/pW773xdMwwAcrKo+Zng==",
    _P256
    + "xLdYf67M+DX1nyXZ1Ao7oqqgE+T5eKJSVm2/rEmNeXr2DXO1YO2d7Ta2bYgQ443QLgOJwbGnucwwk/Y8rhEMhg==",
    _P256
    + "0iXvLdqdWJnabZe1be8WmJYJfBZB6ikFDaMB/FJH98eoMJCRpPYmLwMREz8/BTHdXyAOVrPuRVKbXrZb+0crrA==",
    _P256
    + "kFMuBQ5k7mHfyjDzBeciJfgVuTFVcjRmZii8pKThvTgv4gLSVRaEbeg24U6pRMiWjKOK2sm2zxMqXyrWpcHIIg==",
)
"""P-256 public keys, base64 DER."""

PASSWORD = "sample-password"  # noqa: S105 - the point of a sample is that one can log in
"""What every password of the sample is."""

PASSWORD_HASHES = (
    "$2a$04$.3l.Aa8iQOLJB0Iilmly1OM4FZvQCV9BMPdnZcpr4XtYCkRPPdvFW",
    "$2a$04$qR0kmA3.vRLbvZX4XflonOtdweE/3L7etYxmmaU2I.B3qzIPszj/.",
    "$2a$04$xNZSfulbg6ixrL8o5aO8gO/8XjWz0rpD7qhSQtO8EBpnCqQvz9CWu",
    "$2a$04$aWrN70Ft0/ogrAC6kYVJr.6VPzBz/.vkFLq2PhnuxmvgO0jscRrwm",
)
"""`PASSWORD` under bcrypt with four salts, at the lowest cost: nothing is to protect here."""


def seeded_random(seed: int, what: str) -> Random:
    """A stream of choices of its own for each part, so that parts can be made in any order."""
    return Random(f"{seed}:{what}")  # noqa: S311 - repeatable on purpose, and nothing is secret
