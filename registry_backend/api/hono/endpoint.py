"""From a request on the wire to an answer on it: the order of checks is here (hono 1.1, 3.2)."""

from __future__ import annotations

import logging

from aiohttp import web

from registry_backend.api.answers import HTML_TYPE, JSON_TYPE, PLAIN_TYPE, Answer
from registry_backend.api.authentication import Authentication
from registry_backend.api.hono.failures import failure, told
from registry_backend.api.hono.openapi import DESCRIPTION_PATH, description_text
from registry_backend.api.hono.routes import Match, Route, by_place, check_ids, match, served
from registry_backend.api.hono.service import Call, HonoService
from registry_backend.api.requests import BodyTooLarge, Lasting, read_body
from registry_backend.api.targets import read_target
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.journal import Actor

_NOT_FOUND = b"<html><body><h1>Resource not found</h1></body></html>"
"""hono 1.1: an unknown path gets a page, not JSON."""
_ALLOWED_HEADERS = "content-type, authorization, if-match"

_ANYBODY = Actor(via="hono")

log = logging.getLogger("idconsole.hono")


class HonoEndpoint:
    """Answers the requests of one listener.

    Args:
        service: What is served.
        authentication: Who may call; None: everybody.
        read_only: Whether the registry refuses every write.
    """

    def __init__(
        self,
        service: HonoService,
        authentication: Authentication | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        self._service = service
        self._authentication = authentication
        self._places = by_place(served(service.profile))
        described = description_text(service.options, authentication, read_only=read_only)
        self._description = described.encode("utf-8")
        known_callers = authentication is not None
        self._cors_origin = service.options.origin(known_callers=known_callers)
        self._lasting = Lasting()

    async def finish(self, *, seconds: float) -> None:
        """Wait so long for what goes on without its client."""
        await self._lasting.finish(seconds=seconds)

    def refuse(self, message: str) -> web.Response:
        """The answer to what is no request."""
        return self._response(told(400, message, self._service.profile))

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to a request, whatever happens."""
        try:
            answer = await self._answer(request)
        except RegistryError as error:
            expected = request.headers.get("If-Match", "")
            answer = failure(error, self._service.profile, expected=expected)
        except BodyTooLarge:
            answer = self._too_large()
        except TimeoutError:
            answer = told(408, "the body did not arrive in time", self._service.profile)
        except Exception:
            log.exception("A %s request failed.", request.method)
            answer = told(500, "internal error", self._service.profile)
        return self._response(answer, to_a_page="Origin" in request.headers)

    async def _answer(self, request: web.BaseRequest) -> Answer:
        target = read_target(request.raw_path)
        if target.segments == (DESCRIPTION_PATH.removeprefix("/"),):
            return await self._describe(request)
        found = match(target.segments, self._places)
        if found is None:
            return Answer(404, _NOT_FOUND, HTML_TYPE)
        if _is_preflight(request):
            return self._preflight(found)
        if request.method != "GET" and not self._may_write(request.headers.get("Origin")):
            return told(403, "pages of other origins may not write here", self._service.profile)
        actor = await self._actor(request)
        if isinstance(actor, Answer):
            return actor
        route = found.routes.get(request.method)
        if route is None:
            return Answer(405, headers={"Allow": ", ".join(sorted(found.routes))})
        check_ids(route, found.ids, self._service.profile)
        call = Call(
            service=self._service,
            actor=actor,
            ids=found.ids,
            parameters=target.parameters,
            body=await read_body(request, limit=self._service.options.max_payload)
            if route.body
            else b"",
            content_type=request.headers.get("Content-Type", ""),
            expected=request.headers.get("If-Match", "").strip() or None,
        )
        return await self._handled(route, call)

    async def _handled(self, route: Route, call: Call) -> Answer:
        if route.lasting:
            return await self._lasting.run(lambda: route.handle(call))
        return await route.handle(call)

    def _may_write(self, origin: str | None) -> bool:
        """Browsers send some writes of foreign pages without asking first, but say whose."""
        return origin is None or self._cors_origin in ("*", origin)

    async def _describe(self, request: web.BaseRequest) -> Answer:
        actor = await self._actor(request)
        if isinstance(actor, Answer):
            return actor
        if request.method != "GET":
            return Answer(405, headers={"Allow": "GET"})
        return Answer(200, self._description, JSON_TYPE)

    async def _actor(self, request: web.BaseRequest) -> Actor | Answer:
        if self._authentication is None:
            return _ANYBODY
        user = await self._authentication.user(request.headers.get("Authorization"))
        if user is None:
            challenge = ", ".join(self._authentication.challenges)
            why = _unknown_caller(request, self._authentication)
            refused = told(401, why, self._service.profile)
            headers = {"WWW-Authenticate": challenge}
            return Answer(401, refused.body, refused.content_type, headers)
        return Actor(via="hono", name=user)

    def _too_large(self) -> Answer:
        limit = self._service.options.max_payload
        message = f"the body is longer than the {limit} bytes taken here"
        return told(413, message, self._service.profile)

    def _preflight(self, found: Match) -> Answer:
        """Hono 1.1, for every method that the path has."""
        if not self._cors_origin:
            return Answer(403, b"CORS is off.", PLAIN_TYPE)
        methods = ", ".join(sorted(found.routes))
        headers = {
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        }
        return Answer(204, headers=headers)

    def _response(self, answer: Answer, *, to_a_page: bool = False) -> web.Response:
        headers = {"Server": "idconsole", **answer.headers}
        if answer.content_type:
            headers["Content-Type"] = answer.content_type
        origin = self._cors_origin
        if origin and to_a_page:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = "ETag"
            if origin != "*":
                headers["Vary"] = "Origin"
        response = web.Response(status=answer.status, body=answer.body or None, headers=headers)
        if answer.status in (408, 413):
            response.force_close()  # the rest of the body must not be read as the next request
        return response


def _unknown_caller(request: web.BaseRequest, authentication: Authentication) -> str:
    """Why a caller is not known; nothing tells a wrong name from a wrong password."""
    schemes = " or ".join(each.partition(" ")[0] for each in authentication.challenges)
    if not request.headers.get("Authorization"):
        return f"this listener asks who calls: send Authorization with {schemes}"
    return f"the Authorization sent is not accepted; this listener takes {schemes}"


def _is_preflight(request: web.BaseRequest) -> bool:
    return (
        request.method == "OPTIONS"
        and "Origin" in request.headers
        and "Access-Control-Request-Method" in request.headers
    )
