"""A Hono 2.x on JDBC as the contract describes it: what our own server will not do (hono 3, 6)."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from console.adapters.rest_endpoint import Endpoint

Json = dict[str, Any]


@dataclass(slots=True)
class JdbcHono:
    """Record offsets, filters ignored, one version for device and credentials, keys stripped."""

    tenants: dict[str, Json] = field(default_factory=dict)
    devices: dict[str, Json] = field(default_factory=dict)
    credentials: dict[str, list[Json]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        path = [unquote(part) for part in request.path.strip("/").split("/")]
        self.asked.append(f"{request.method} {request.raw_path}")
        body = json.loads(await request.read()) if request.body_exists else None
        answer = self._lists(request, path[1:]) if len(path) < 4 else None
        answer = answer or self._records(request, path[1:], body)
        return answer or web.json_response({"error": "not found"}, status=404)

    def _lists(self, request: web.BaseRequest, path: list[str]) -> web.Response | None:
        match request.method, path:
            case "GET", ["tenants"]:
                # trust anchors are in a table of their own: the list lacks them
                return self._page(
                    request,
                    [
                        {"id": name, **{k: v for k, v in held.items() if k != "trusted-ca"}}
                        for name, held in sorted(self.tenants.items())
                    ],
                )
            case "GET", ["devices", tenant] if tenant in self.tenants:
                rows = [{"id": name, **self._device(name)} for name in sorted(self.devices)]
                return self._page(request, rows)
        return None

    def _records(self, request: web.BaseRequest, path: list[str], body: Any) -> web.Response | None:
        held: dict[str, dict[str, Any]] = {"tenants": self.tenants, "devices": self.devices}
        kind, name = path[0], path[-1]
        if name not in held.get(kind, self.devices):
            return None
        key = f"t {name}" if kind == "tenants" else name
        if request.method == "GET":
            shown = {"devices": self._device, "credentials": self._shown}
            return self._json(shown[kind](name) if kind in shown else self.tenants[name], key)
        if request.method != "PUT":
            return None
        if kind == "credentials":
            for secret in (each for credential in body for each in credential["secrets"]):
                secret.setdefault("id", str(uuid.uuid4()))
        return self._put(request, key, held.get(kind, self.credentials), name, body)

    def _page(self, request: web.BaseRequest, rows: list[Json]) -> web.Response:
        offset, size = int(request.query["pageOffset"]), int(request.query["pageSize"])
        assert 1 <= size <= 200
        part = rows[offset : offset + size]
        if not part:
            return web.json_response({"error": "no result"}, status=404)
        return web.json_response({"total": len(rows), "result": part})

    def _device(self, name: str) -> Json:
        return {**self.devices[name], "status": {"created": "2026-01-02T03:04:05Z"}}

    def _shown(self, name: str) -> list[Json]:
        hidden = {"key", "pwd-hash", "salt", "hash-function", "pwd-plain"}
        return [
            {
                **each,
                "secrets": [
                    {k: v for k, v in secret.items() if k not in hidden or each["type"] == "rpk"}
                    for secret in each["secrets"]
                ],
            }
            for each in self.credentials.get(name, [])
        ]

    def _json(self, value: Any, key: str) -> web.Response:
        return web.json_response(value, headers={"ETag": self._version(key)})

    def _put(
        self, request: web.BaseRequest, key: str, where: dict[str, Any], name: str, body: Any
    ) -> web.Response:
        if request.headers.get("If-Match", self._version(key)) != self._version(key):
            return web.json_response({"error": "resource version mismatch"}, status=412)
        where[name] = body
        self.versions[key] = str(uuid.uuid4())
        return web.Response(status=204, headers={"ETag": self.versions[key]})

    def _version(self, key: str) -> str:
        return self.versions.setdefault(key, str(uuid.uuid4()))


@asynccontextmanager
async def served(peer: JdbcHono) -> AsyncIterator[Endpoint]:
    """The peer on a loopback port."""
    runner = web.ServerRunner(web.Server(peer.handle), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield Endpoint(f"http://127.0.0.1:{runner.addresses[0][1]}", pauses=(0.0,))
    finally:
        await runner.cleanup()
