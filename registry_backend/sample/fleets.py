"""Who the sample's tenants are: their sites, their product lines and how they prove themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from registry_backend.domain.document import JsonObject

Proof = Literal[
    "password", "legacy-password", "psk", "psk-pair", "certificate", "raw-key", "thumbprint", "join"
]
"""How a device proves who it is; one maker each in `credentials.py`."""


@dataclass(frozen=True, slots=True)
class Line:
    """A product line.

    Args:
        pattern: The id, from `site` and `number` (unique in the tenant).
        weight: Its share of the fleet relative to the other lines.
        model: What is printed on the device.
        firmware: Versions in the field, newest first.
        proofs: Credentials each device has.
        defaults: Hono's defaults for messages.
    """

    pattern: str
    weight: int
    model: str
    firmware: tuple[str, ...]
    proofs: tuple[Proof, ...]
    defaults: JsonObject


@dataclass(frozen=True, slots=True)
class Fleet:
    """One tenant's devices; `gateways` of them connect the rest.

    Args:
        tenant_id: The tenant.
        share: Of all devices of the sample, in percent.
        organisation: As certificates name it.
        sites: Where devices stand.
        gateway: The line of gateways.
        per_gateway: Devices behind one gateway; 0: every device connects by itself.
        groups: Whether gateways are reached through groups (`memberOf`, `viaGroups`).
        lines: The other product lines.
        reasons: Why devices of this tenant are disabled.
    """

    tenant_id: str
    share: int
    organisation: str
    sites: tuple[str, ...]
    gateway: Line
    per_gateway: int
    groups: bool
    lines: tuple[Line, ...]
    reasons: tuple[str, ...]


_JSON = {"content-type": "application/json"}
_CBOR = {"content-type": "application/cbor", "ttl": 120}

FLEETS = (
    Fleet(
        tenant_id="harbour-lights",
        share=36,
        organisation="Harbour Lights",
        sites=("pier-1", "pier-2", "pier-3", "quay-east", "quay-west", "lock-gate"),
        gateway=Line(
            "hl-{site}-gateway-{number:04d}",
            1,
            "HL-G2",
            ("4.2.1", "4.1.0"),
            ("certificate",),
            _JSON,
        ),
        per_gateway=60,
        groups=False,
        lines=(
            Line("hl-{site}-lamp-{number:04d}", 8, "HL-70", ("2.9.0", "2.8.3"), ("psk",), _CBOR),
            Line("hl-{site}-fog-{number:04d}", 1, "HL-F1", ("1.4.0",), ("password",), _JSON),
            Line("hl-{site}-tide-{number:04d}", 1, "HL-T3", ("3.0.2", "3.0.0"), ("psk",), _JSON),
        ),
        reasons=("lamp head replaced, back in spring", "flooded on 3 November", "spare in store"),
    ),
    Fleet(
        tenant_id="north-wind",
        share=20,
        organisation="North Wind",
        sites=("gannet", "fulmar", "skua"),
        gateway=Line(
            "NW.{site}.SCADA.{number:03d}", 1, "NW-S1", ("7.3.0", "7.2.9"), ("certificate",), _JSON
        ),
        per_gateway=40,
        groups=False,
        lines=(
            Line(
                "NW.{site}.T{number:04d}",
                5,
                "NW-8M",
                ("12.1", "12.0", "11.6"),
                ("certificate",),
                {"content-type": "application/vnd.north-wind.turbine+json", "importance": "high"},
            ),
            Line("NW.{site}.mast.{number:04d}", 1, "NW-M2", ("2.2",), ("raw-key",), _JSON),
        ),
        reasons=("blade inspection", "taken out of the wind park"),
    ),
    Fleet(
        tenant_id="vaccine-chain",
        share=26,
        organisation="Vaccine Chain",
        sites=("lisbon", "lyon", "gdansk", "turin", "cork"),
        gateway=Line("vc-van-{site}-{number:04d}", 1, "VC-V4", ("5.0.1",), ("psk-pair",), _JSON),
        per_gateway=25,
        groups=False,
        lines=(
            Line(
                "vc-box-{number:05d}",
                6,
                "VC-B2",
                ("1.8.2", "1.8.1", "1.7.9"),
                ("password",),
                {"content-type": "application/json", "importance": "high", "ttl": 30},
            ),
            Line("vc-fridge-{site}-{number:05d}", 3, "VC-F9", ("3.3.0",), ("psk-pair",), _JSON),
            Line("vc-dock-{site}-{number:05d}", 1, "VC-D1", ("0.9.7",), ("thumbprint",), _JSON),
        ),
        reasons=("calibration overdue", "lost in transit", "battery recall 2026-09"),
    ),
    Fleet(
        tenant_id="orchard",
        share=13,
        organisation="Orchard",
        sites=("elm-slope", "mill-field", "south-bank"),
        gateway=Line("orchard-{site}-mast-{number}", 1, "OR-G1", ("2.0",), ("raw-key",), _JSON),
        per_gateway=90,
        groups=True,
        lines=(
            Line("{site}:soil:{number:04d}", 6, "OR-S3", ("1.1", "1.0"), ("join",), _CBOR),
            Line("{site}:frost:{number:04d}", 2, "OR-F1", ("1.3",), ("join", "password"), _CBOR),
        ),
        reasons=("pulled up by a tractor", "row replanted"),
    ),
    Fleet(
        tenant_id="old-depot",
        share=5,
        organisation="Old Depot",
        sites=("yard", "shed"),
        gateway=Line("gw-{number}", 1, "OD-G", ("0.4",), ("legacy-password",), {}),
        per_gateway=0,
        groups=False,
        lines=(Line("47{number:02d}", 1, "OD-1", ("0.4", "0.3"), ("legacy-password",), {}),),
        reasons=("depot closed",),
    ),
)
"""Every tenant of the sample, the largest first; shares add up to a hundred."""
