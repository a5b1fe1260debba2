"""One listener, two protocols: the path says whose a request is."""

from __future__ import annotations

import asyncio

from aiohttp import web

from registry_backend.api.hono.endpoint import HonoEndpoint
from registry_backend.api.iothub.endpoint import HubEndpoint
from registry_backend.api.iothub.routes import is_hubs
from registry_backend.api.iothub.targets import split_target


class FrontDoor:
    """Hands each request to Hono's endpoint or the hub's; what is nobody's goes to Hono's."""

    def __init__(self, hono: HonoEndpoint, hub: HubEndpoint) -> None:
        self._hono = hono
        self._hub = hub

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to a request, whatever happens."""
        target = split_target(request.raw_path)
        if is_hubs(target.segments):
            return await self._hub.handle(request, target)
        return await self._hono.handle(request)

    def refuse(self, path: str, message: str) -> web.Response:
        """The answer to what is no request, from whoever the path would have been for."""
        if is_hubs(split_target(path).segments):
            return self._hub.refuse(message)
        return self._hono.refuse(message)

    async def finish(self, *, seconds: float) -> None:
        """Wait so long for what goes on without its client."""
        await asyncio.gather(*(each.finish(seconds=seconds) for each in (self._hono, self._hub)))
