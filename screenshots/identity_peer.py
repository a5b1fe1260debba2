"""An Identity Service that always answers alike, so that its pictures are the same everywhere."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from registry_backend.wire.identity import error_json

SOCKET = Path("run/aziot/identityd.sock")
"""Where it listens, on a stage."""
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBgTCCASigAwIBAgIFBdHA/+4wCgYIKoZIzj0EAwIwIjEgMB4GA1UEAwwXcGll
ci00IGxvY2FsIGlkZW50aXRpZXMwHhcNMjYxMTIxMTE1NTAwWhcNMjYxMjIxMTIw
MDAwWjAuMSwwKgYDVQQDDCNjYW1lcmEtbm9ydGgucGllci00LmhhcmJvdXIuZXhh
bXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABF8lwGZLjdoKHzcCANdytprH
CAd0U9fA2Ofcc7+HxLaKINAygQzHP8fodSZ/S2oeGYniRKngumhS+w2NHJwZ64Sj
PzA9MAwGA1UdEwEB/wQCMAAwCwYDVR0PBAQDAgXgMCAGA1UdJQEB/wQWMBQGCCsG
AQUFBwMCBggrBgEFBQcDATAKBggqhkjOPQQDAgNHADBEAiATUyTPDIVrejTm+0lS
4AmOc/35LCdVObSrnerZrRVe+gIga6x5AJomDAlxHfB4Ny2prxYihYNwVLqmx6Oa
rEW4w1k=
-----END CERTIFICATE-----
"""
_HUB = {
    "hubName": "harbour.azure-devices.net",
    "gatewayHost": "harbour.azure-devices.net",
    "deviceId": "pier-4",
}
_AUTH = {"type": "sas", "keyHandle": "sr=harbour&sig=covered"}
_DEVICE = {"type": "aziot", "spec": {**_HUB, "auth": _AUTH}}
_GENERATIONS = {
    "$edgeAgent": "638966001123450001",
    "lamp-mesh": "638966004567890002",
    "tide-gauge": "638966009876540003",
}


def _module(module_id: str, **more: Any) -> dict[str, Any]:
    spec = {**_HUB, "moduleId": module_id, "genId": _GENERATIONS[module_id], **more}
    return {"type": "aziot", "spec": spec}


_LOCAL = {
    "type": "local",
    "spec": {
        "moduleId": "camera-north",
        "auth": {
            "privateKey": "(covered in every picture)",
            "certificate": CERTIFICATE,
            "expiration": "2026-12-21T12:00:00+00:00",
        },
    },
}
_ANSWERS: Mapping[str, Any] = MappingProxyType(
    {
        "GET /trust-bundle": {"certificate": ""},
        "GET /identities/identity": _DEVICE,
        "POST /identities/device": _DEVICE,
        "GET /identities/provisioning": {
            "source": "dps",
            "auth": "x509",
            "endpoint": "https://global.azure-devices-provisioning.net/",
            "scope_id": "0ne00AB12CD",
            "registration_id": "pier-4",
            "payload": None,
        },
        "GET /identities/modules": {"identities": [_module(each) for each in _GENERATIONS]},
        "GET /identities/modules/lamp-mesh": _module("lamp-mesh", auth=_AUTH),
        "GET /identities/modules/camera-north": _LOCAL,
    }
)
_FOR_ALL = ("GET /trust-bundle", "GET /identities/provisioning")


@asynccontextmanager
async def serving_identity(socket_path: Path, *, knows_caller: bool = True) -> AsyncIterator[None]:
    """The service while the block runs; a caller whom it does not know gets what everybody may."""
    socket_path.parent.mkdir(parents=True, exist_ok=True)
    socket_path.unlink(missing_ok=True)
    answers = {call: _ANSWERS[call] for call in _ANSWERS if knows_caller or call in _FOR_ALL}
    server = await asyncio.start_unix_server(partial(_answer, answers), socket_path)
    async with server:
        yield


def leave_behind(socket_path: Path) -> None:
    """The file of a socket that nobody listens on, as a service leaves it."""
    socket_path.parent.mkdir(parents=True, exist_ok=True)
    socket_path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(socket_path))


async def _answer(
    answers: Mapping[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    members = answers.get(head.split("?")[0])
    status = 401 if members is None else 200
    body = json.dumps(error_json("authorization error") if members is None else members).encode()
    writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
