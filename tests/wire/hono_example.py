"""Example data in the form that Hono 1.1 ships, placeholders of its build included (hono 4.1)."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from registry_backend.wire.hono_files import CREDENTIALS_FILE, DEVICES_FILE, TENANTS_FILE

_VALID = {"not-before": "2017-05-01T14:00:00+01:00", "not-after": "2037-06-01T14:00:00+01:00"}


def _password(password: str) -> dict[str, str]:
    salt = b"salt of " + password.encode()
    digest = hashlib.sha512(salt + password.encode()).digest()
    return {
        "hash-function": "sha-512",
        "salt": base64.b64encode(salt).decode(),
        "pwd-hash": base64.b64encode(digest).decode(),
        **_VALID,
    }


def example() -> dict[str, Any]:
    """The three files as JSON values."""
    tenants = [
        {
            "tenant-id": "DEFAULT_TENANT",
            "enabled": "true",
            "trusted-ca": {
                "subject-dn": "${demo.ca.subject}",
                "public-key": "${demo.ca.key}",
                "algorithm": "EC",
                **_VALID,
            },
            "resource-limits": {
                "max-connections": 100,
                "max-ttl": 20,
                "data-volume": {
                    "max-bytes": 1_000_000_000,
                    "period": {"mode": "days", "no-of-days": 7},
                    "effective-since": "2020-01-01T00:00:00+00:00",
                },
            },
        },
        {
            "tenant-id": "HTTP_TENANT",
            "adapters": [
                {"type": "hono-http", "enabled": True, "device-authentication-required": True},
                {"type": "hono-mqtt", "enabled": False},
                {"type": "hono-kura", "enabled": False},
                {"type": "hono-coap", "enabled": False},
            ],
        },
    ]
    bumlux = {"content-type": "application/vnd.bumlux", "importance": "high"}
    devices = [
        {
            "tenant": "DEFAULT_TENANT",
            "devices": [
                {"device-id": "4711", "data": {"enabled": True, "defaults": bumlux}},
                {"device-id": "4712", "data": {"enabled": True, "via": "gw-1"}},
                {"device-id": "gw-1", "data": {"enabled": True, "comment": "a gateway"}},
            ],
        }
    ]
    shared = base64.b64encode(b"coap-secret").decode()
    credentials = [
        {
            "tenant": "DEFAULT_TENANT",
            "credentials": [
                {
                    "device-id": "4711",
                    "type": "hashed-password",
                    "auth-id": "sensor1",
                    "enabled": True,
                    "secrets": [_password("hono-secret")],
                },
                {
                    "device-id": "4711",
                    "type": "psk",
                    "auth-id": "sensor1",
                    "enabled": True,
                    "secrets": [{"key": shared, **_VALID}],
                },
                {
                    "device-id": "4711",
                    "type": "x509-cert",
                    "auth-id": "${demo.device.subject}",
                    "enabled": True,
                    "secrets": [{}],
                },
                {
                    "device-id": "gw-1",
                    "type": "hashed-password",
                    "auth-id": "gw",
                    "enabled": True,
                    "secrets": [_password("gw-secret")],
                },
            ],
        }
    ]
    return {TENANTS_FILE: tenants, DEVICES_FILE: devices, CREDENTIALS_FILE: credentials}


def example_files() -> dict[str, bytes]:
    """The three files as bytes."""
    return {name: json.dumps(value, indent=2).encode() for name, value in example().items()}
