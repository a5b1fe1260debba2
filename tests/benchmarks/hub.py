"""The served hub: requests a second against the bare framework, and tokens checked a second."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from typing import NamedTuple

from registry_backend.api.sas_authentication import authorize
from registry_backend.domain.policies import Right
from registry_backend.open import open_registry
from registry_backend.wire.sas import check_token, make_token, parse_token
from tests.benchmarks.figures import Figure, Spread
from tests.benchmarks.fleet import TENANT, open_plain
from tests.benchmarks.hono_load import request_text
from tests.benchmarks.hono_servers import plain, product
from tests.benchmarks.points import CLIENTS, METHODS, Contest, copied, dealt

VERSION = "api-version=2021-04-12"
HOST = "localhost"
_EACH = 16
_SEED = 3
_TOKENS = 2000
"""More than are remembered, so that each is checked anew."""
_LASTS = 86400
_DEVICES = """SELECT device_id, enabled, (SELECT document FROM credentials AS c
        WHERE c.tenant_id = d.tenant_id AND c.device_id = d.device_id) AS credential
    FROM devices AS d WHERE tenant_id = ?
    AND json_type(document, '$."status-reason"') IS NULL
    AND json_type(document, '$.iothub') IS NULL
    AND (SELECT group_concat(type || auth_id) FROM credentials AS c
        WHERE c.tenant_id = d.tenant_id AND c.device_id = d.device_id) = 'psk' || device_id
    ORDER BY row LIMIT 20000"""
"""Those that have keys, and nothing beside them that a hub shows."""


class HubDevice(NamedTuple):
    """A device, and the body of a write that gives it a reason and keeps the rest."""

    device_id: str
    body: str


def measure_hub(data: Path, folder: Path, *, seconds: float, rounds: int) -> Iterator[Figure]:
    """GET and PUT of single devices by 32 clients with tokens, ours and the reference by turns.

    Args:
        data: A registry; it is copied for each server.
        folder: Where the copies go.
        seconds: Of each measurement.
        rounds: How often.
    """
    devices, size = hub_devices(data)
    with ExitStack() as stack:
        copies = copied(data, folder, "hub")
        headers = {"Authorization": asyncio.run(owner_token(copies[0]))}
        options = ("--default-tenant", TENANT)
        contest = Contest(
            ours=stack.enter_context(product(copies[0], folder, *options)),
            theirs=stack.enter_context(plain(copies[1], folder, module="hub_plain")),
        )
        requests = {method: _requests(method, devices, headers) for method in METHODS}
        contest.run(requests, seconds=seconds, rounds=rounds)
    yield from contest.figures("hub device", size, "bare framework, same rows")


def hub_devices(data: Path) -> tuple[list[HubDevice], int]:
    """Some devices in no order, and how many there are in all."""
    with closing(open_plain(data)) as connection:
        found = connection.execute(_DEVICES, (TENANT,)).fetchall()
        size = int(connection.execute("SELECT sum(devices) FROM counts").fetchone()[0])
    Random(_SEED).shuffle(found)
    return [_device(*row) for row in found[: CLIENTS * _EACH]], size


def _device(device_id: str, enabled: int, credential: str) -> HubDevice:
    keys = [secret["key"] for secret in json.loads(credential)["secrets"]]
    members = {
        "deviceId": device_id,
        "status": "enabled" if enabled else "disabled",
        "statusReason": "moved",
        "authentication": {
            "symmetricKey": {"primaryKey": keys[0], "secondaryKey": keys[-1]},
            "type": "sas",
        },
    }
    return HubDevice(device_id, json.dumps(members, separators=(",", ":")))


async def owner_token(data: Path) -> str:
    """A token of the owner's policy, for the clients of a registry that is served afterwards."""
    registry = await open_registry(data)
    try:
        await registry.policies.ensure()
        owner = await registry.policies.get("iothubowner")
    finally:
        await registry.close()
    expires = int(time.time()) + _LASTS
    return make_token(HOST, owner.primary_key, policy=owner.name, expires=expires)


def _requests(
    method: str, devices: Sequence[HubDevice], headers: Mapping[str, str]
) -> list[list[str]]:
    """Of each client, over devices of its own; writes take any version."""
    sent = dict(headers) if method == "GET" else {**headers, "If-Match": "*"}
    return dealt(
        request_text(
            method, f"/devices/{device_id}?{VERSION}", body if method == "PUT" else "", sent
        )
        for device_id, body in devices
    )


def measure_tokens(folder: Path, *, seconds: float, rounds: int) -> Iterator[Figure]:
    """Tokens checked a second, each anew or one again and again, against the bare digest.

    Args:
        folder: For a registry with its policies.
        seconds: Of each measurement.
        rounds: How often.
    """
    rates = asyncio.run(_token_rates(folder / "policies.sqlite", seconds, rounds))
    for what in (
        "token, parsed and checked",
        "token, of a call seen before",
        "token, of a call not seen before",
    ):
        yield Figure(
            what=what,
            size=0,
            unit="/s",
            ours=Spread(tuple(rates[what])),
            reference="HMAC-SHA256 and a comparison",
            theirs=Spread(tuple(rates["bare"])),
        )


async def _token_rates(data: Path, seconds: float, rounds: int) -> dict[str, list[float]]:
    registry = await open_registry(data)
    try:
        await registry.policies.ensure()
        owner = await registry.policies.get("iothubowner")
        keys = (owner.primary_key, owner.secondary_key)
        key, now = base64.b64decode(owner.primary_key), int(time.time())
        headers = [
            make_token(HOST, keys[0], policy=owner.name, expires=now + _LASTS + number)
            for number in range(_TOKENS)
        ]
        signed = [parse_token(header) for header in headers]

        async def bare(number: int) -> object:
            token = signed[number]
            text = f"{token.resource}\n{token.expiry}".encode()
            return hmac.compare_digest(hmac.digest(key, text, hashlib.sha256), token.signature)

        async def anew(number: int) -> object:
            token = parse_token(headers[number])
            return not check_token(token, keys, host=HOST, path="/devices/d1", at=now)

        async def way_in(number: int) -> object:
            return await authorize(
                registry,
                headers[number],
                host=HOST,
                path="/devices/d1",
                right=Right.REGISTRY_READ,
                at=now,
            )

        ways: dict[str, Callable[[int], Awaitable[object]]] = {
            "bare": bare,
            "token, parsed and checked": anew,
            "token, of a call seen before": lambda _: way_in(0),
            "token, of a call not seen before": way_in,
        }
        rates: dict[str, list[float]] = {what: [] for what in ways}
        for _ in range(rounds):
            for what, way in ways.items():
                rates[what].append(await _rate(way, seconds))
        return rates
    finally:
        await registry.close()


async def _rate(way: Callable[[int], Awaitable[object]], seconds: float) -> float:
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        for number in range(_TOKENS):
            if not await way(number):
                raise RuntimeError("a good token was refused")
        count += _TOKENS
    return count / (time.perf_counter() - began)
