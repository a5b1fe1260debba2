"""Devices of the sample, one after the other: nothing is held but the ids of gateways."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.timestamps import to_micros
from registry_backend.sample.credentials import make_credentials, make_uuid
from registry_backend.sample.fleets import Fleet, Line
from registry_backend.sample.history import HistoryLine, make_history
from registry_backend.sample.material import seeded_random

_TICKS_1970 = 621_355_968_000_000_000
"""The year 1970 in .NET ticks, from which IoT Hub makes generation ids (iothub 4.1)."""
_FIRST_WITH_HISTORY = 600
"""Devices of a tenant that may have a journal: enough to show, at any size of the fleet."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A device with its credentials and what the journal says of it, oldest first."""

    device: Device
    credentials: tuple[Credential, ...]
    history: tuple[HistoryLine, ...]


def make_rows(fleet: Fleet, *, now: datetime, seed: int, devices: int) -> Iterator[SampleRow]:
    """The fleet's devices, gateways first; a larger fleet begins like a smaller one of its kind."""
    random = seeded_random(seed, fleet.tenant_id)
    gateway_count = max(len(fleet.sites), devices // (fleet.per_gateway or 50))
    gateways: dict[str, list[str]] = {site: [] for site in fleet.sites}
    weights = [line.weight for line in fleet.lines]
    for number in range(1, devices + 1):
        site = fleet.sites[number % len(fleet.sites)]
        is_gateway = number <= gateway_count
        line = fleet.gateway if is_gateway else random.choices(fleet.lines, weights)[0]
        device_id = line.pattern.format(site=site, number=number)
        if is_gateway:
            members = {"memberOf": [f"{site}-masts"]} if fleet.groups else {}
            gateways[site].append(device_id)
        else:
            members = _connection(random, fleet, site, gateways[site])
        yield _make_row(random, now, fleet, line, site, number, device_id, members)


def _connection(random: Random, fleet: Fleet, site: str, gateways: list[str]) -> JsonObject:
    if not fleet.per_gateway:
        return {}
    if fleet.groups and random.random() < 0.7:
        return {"viaGroups": [f"{site}-masts"]}
    return {"via": random.sample(gateways, k=min(len(gateways), random.choice((1, 1, 1, 2))))}


def _make_row(
    random: Random,
    now: datetime,
    fleet: Fleet,
    line: Line,
    site: str,
    number: int,
    device_id: str,
    members: JsonObject,
) -> SampleRow:
    firmware = min(int(random.expovariate(1.1)), len(line.firmware) - 1)
    attributes = {
        **({"defaults": line.defaults} if line.defaults else {}),
        "ext": {
            "site": site,
            "model": line.model,
            "serial": f"{random.randrange(16**8):08X}",
            "firmware": line.firmware[firmware],
        },
        **members,
    }
    disabled = random.random() < 0.04
    if disabled:
        attributes |= {"enabled": False, "status-reason": random.choice(fleet.reasons)}
    device = _make_device(random, now, fleet.tenant_id, device_id, attributes, disabled=disabled)
    credentials = make_credentials(random, now, fleet, device_id, site, line.proofs)
    history = make_history(device, line) if number <= _FIRST_WITH_HISTORY else ()
    return SampleRow(device, credentials, history)


def _make_device(
    random: Random,
    now: datetime,
    tenant_id: str,
    device_id: str,
    attributes: JsonObject,
    *,
    disabled: bool,
) -> Device:
    age = random.uniform(20, 900)
    created_at = (now - timedelta(days=age)).replace(microsecond=0)
    changed = disabled or random.random() < 0.35
    since = timedelta(seconds=int(age * 86_400 * random.uniform(0.02, 0.95) ** 2))
    updated_at = (now - since).replace(microsecond=0) if changed else None
    return Device(
        tenant_id=tenant_id,
        device_id=device_id,
        attributes=DeviceAttributes.model_validate(attributes),
        version=make_uuid(random),
        revision=1 if changed else 0,
        generation_id=str(_TICKS_1970 + to_micros(created_at) * 10),
        created_at=created_at,
        updated_at=updated_at,
        status_updated_at=updated_at if disabled else None,
    )
