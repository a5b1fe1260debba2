"""Tenants of the sample: limits, adapters and trust anchors as their businesses need them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from registry_backend.domain.document import JsonObject
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import format_timestamp
from registry_backend.sample.credentials import make_uuid
from registry_backend.sample.fleets import FLEETS, Fleet
from registry_backend.sample.material import PUBLIC_KEYS, seeded_random


def make_tenants(*, now: datetime, seed: int) -> tuple[Tenant, ...]:
    """One tenant for each fleet, in the order of `FLEETS`."""
    random = seeded_random(seed, "tenants")
    return tuple(_make_tenant(random, now, fleet) for fleet in FLEETS)


def _make_tenant(random: Random, now: datetime, fleet: Fleet) -> Tenant:
    created_at = (now - timedelta(days=random.uniform(900, 1500))).replace(microsecond=0)
    updated_at = (now - timedelta(days=random.uniform(1, 200))).replace(microsecond=0)
    return Tenant(
        tenant_id=fleet.tenant_id,
        attributes=TenantAttributes.model_validate(_attributes(random, now)[fleet.tenant_id]),
        version=make_uuid(random),
        created_at=created_at,
        updated_at=updated_at,
    )


def _adapter(kind: str, *, enabled: bool = True) -> JsonObject:
    return {"type": kind, "enabled": enabled, "device-authentication-required": True}


def _anchor(random: Random, now: datetime, subject: str, key: int, days_left: float) -> JsonObject:
    ends = now + timedelta(days=days_left)
    return {
        "id": make_uuid(random),
        "subject-dn": subject,
        "public-key": PUBLIC_KEYS[key],
        "algorithm": "EC",
        "not-before": format_timestamp(ends - timedelta(days=3650)),
        "not-after": format_timestamp(ends),
    }


def _attributes(random: Random, now: datetime) -> dict[str, JsonObject]:
    month = format_timestamp(now.replace(day=1, hour=0, minute=0, second=0))
    return {
        "harbour-lights": {
            "alias": "harbour",
            "ext": {"contact": "control-room@harbour-lights.example", "contract": "HL-2024-07"},
            "adapters": [_adapter("hono-mqtt"), _adapter("hono-coap"), _adapter("hono-http")],
            "resource-limits": {
                "max-connections": 2000,
                "data-volume": {
                    "effective-since": month,
                    "max-bytes": 20_000_000_000,
                    "period": {"mode": "monthly"},
                },
            },
            "registration-limits": {"max-devices": 2000, "max-credentials-per-device": 4},
            "trusted-ca": [
                _anchor(random, now, "CN=Harbour Lights Devices,O=Harbour Lights", 0, 1460.0),
                _anchor(random, now, "CN=Harbour Lights Devices 2016,O=Harbour Lights", 1, 19.0),
            ],
        },
        "north-wind": {
            "ext": {"contact": "grid@north-wind.example", "region": "North Sea"},
            "adapters": [_adapter("hono-amqp"), _adapter("hono-mqtt")],
            "minimum-message-size": 4096,
            "tracing": {"sampling-mode": "default", "sampling-mode-per-auth-id": {}},
            "trusted-ca": [
                {
                    **_anchor(random, now, "CN=North Wind Root,O=North Wind", 2, 2900.0),
                    "auto-provisioning-enabled": True,
                    "auto-provisioning-device-id-template": "NW.{{subject-cn}}",
                }
            ],
        },
        "vaccine-chain": {
            "alias": "cold-chain",
            "ext": {"contact": "quality@vaccine-chain.example", "audit": "every 90 days"},
            "defaults": {"ttl": 60},
            "adapters": [_adapter("hono-http"), _adapter("hono-mqtt"), _adapter("hono-lora")],
            "resource-limits": {
                "max-ttl": 3600,
                "connection-duration": {
                    "effective-since": month,
                    "max-minutes": 600_000,
                    "period": {"mode": "days", "no-of-days": 30},
                },
            },
        },
        "orchard": {
            "ext": {"contact": "office@orchard.example"},
            "adapters": [_adapter("hono-lora"), _adapter("hono-coap", enabled=False)],
            "registration-limits": {"max-devices": -1, "max-credentials-per-device": 2},
        },
        "old-depot": {
            "enabled": False,
            "ext": {"note": "closed in 2024, kept for the records"},
            "trusted-ca": [_anchor(random, now, "CN=Depot CA,O=Old Depot", 3, -210.0)],
        },
    }
