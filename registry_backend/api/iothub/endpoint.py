"""From a request on the wire to an answer on it: the order of checks is here (iothub 2.3, 5)."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial

from aiohttp import web

from registry_backend.api.answers import Answer
from registry_backend.api.iothub.etags import read_condition
from registry_backend.api.iothub.failures import code_of, failure, told
from registry_backend.api.iothub.routes import Match, match
from registry_backend.api.iothub.service import Call, HubService, Route
from registry_backend.api.iothub.targets import RawTarget, parameter, read_parameters
from registry_backend.api.requests import BodyTooLarge, Lasting, read_body
from registry_backend.api.sas_authentication import authorize
from registry_backend.api.throttling import Operation, Throttle
from registry_backend.domain.errors import Denied, NotFound, RegistryError
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.journal import Actor
from registry_backend.registry.hub_devices import Hub
from registry_backend.registry.owners import MissingOwner
from registry_backend.wire import iothub_device_errors as numbers
from registry_backend.wire.iothub_device_versions import parse_version

REQUEST_ID = "x-ms-request-id"
_HUBS_WATCHED = 10_000
"""Whose rates are known at a time: a host can be named at will, and memory ends."""

log = logging.getLogger("idconsole.iothub")


class HubEndpoint:
    """Answers the requests of one listener that are a hub's.

    Args:
        service: What is served.
    """

    def __init__(self, service: HubService) -> None:
        self._service = service
        self._lasting = Lasting()
        self._throttles: dict[str, Throttle] = {}

    async def finish(self, *, seconds: float) -> None:
        """Wait so long for what goes on without its client."""
        await self._lasting.finish(seconds=seconds)

    def refuse(self, message: str) -> web.Response:
        """The answer to what is no request, in form A."""
        request_id = generate_id()
        words = f"{message[:1].upper()}{message[1:]}."
        return _response(told(numbers.BAD_REQUEST, words, request_id=request_id), request_id)

    async def handle(self, request: web.BaseRequest, target: RawTarget) -> web.StreamResponse:
        """The answer to a request with that target, whatever happens."""
        request_id = generate_id()
        try:
            answer = await self._answer(request, target, request_id)
        except RegistryError as error:
            answer = failure(error, code=code_of(error), request_id=request_id)
        except BodyTooLarge:
            text = f"The body is longer than the {self._service.options.max_payload} bytes taken."
            answer = told(numbers.BODY_TOO_LARGE, text, request_id=request_id)
        except TimeoutError:
            text = "The body did not arrive in time."
            answer = told(numbers.REQUEST_TIMEOUT, text, request_id=request_id)
        except Exception:
            log.exception("A %s request failed: %s.", request.method, request_id)
            answer = told(numbers.SERVER_ERROR, "Internal error.", request_id=request_id)
        return _response(answer, request_id)

    async def _answer(self, request: web.BaseRequest, target: RawTarget, request_id: str) -> Answer:
        segments, query, named = target
        host = request.headers.get("Host", "") if named is None else named
        found = match(segments)
        if found is None:
            return told(
                numbers.NOT_FOUND, "This registry has nothing at that path.", request_id=request_id
            )
        operation = found.find(request.method)
        if operation is None:
            return _not_allowed(found, request_id)
        route, ids = operation
        parameters = read_parameters(query)
        signature = parameter(parameters, "Authorization")
        path = "/" + "/".join(segments)
        actor = await self._actor(request, route, signature, host=host, path=path)
        hub = await self._service.hub_of(host, route, ids)
        if self._service.options.tier is not None:
            await self._wait_for_turn(self._service.options.tier, hub, route.kind)
        _refuse_encoded(request)
        call = Call(
            service=self._service,
            hub=hub,
            actor=actor,
            version=parse_version(parameter(parameters, "api-version")),
            ids=ids,
            parameters=parameters,
            headers=request.headers,
            body=await read_body(request, limit=self._service.options.max_payload),
            expected=read_condition(_joined(request, "If-Match")),
            base=f"{request.scheme}://{host}",
        )
        try:
            return await self._handled(route, call)
        except RegistryError as error:
            code = code_of(error, absent=route.absent, limit=route.limit)
            if isinstance(error, NotFound) and await self._is_absent(call.hub):
                text = f"There is no hub {call.hub.tenant_id!r}."
                return told(numbers.HUB_NOT_FOUND, text, request_id=request_id)
            result = route.result and partial(route.result, call.version)
            return failure(error, code=code, request_id=request_id, result=result)

    async def _handled(self, route: Route, call: Call) -> Answer:
        if route.lasting:
            return await self._lasting.run(lambda: route.handle(call))
        return await route.handle(call)

    async def _actor(
        self,
        request: web.BaseRequest,
        route: Route,
        query_authorization: str | None,
        *,
        host: str,
        path: str,
    ) -> Actor:
        """Who calls. Raises Unauthorized, Denied."""
        if not self._service.options.signed:
            _refuse_foreign_page(request)
            return Actor(via="iothub")
        return await authorize(
            self._service.registry,
            request.headers.get("Authorization"),
            query_authorization,
            host=host,
            path=path,
            right=route.right,
            or_right=route.or_right,
            at=time.time(),
        )

    async def _wait_for_turn(self, tier: str, hub: Hub, kind: Operation) -> None:
        """Hold the request back as the tier has it. Raises Throttled."""
        throttle = self._throttles.pop(hub.tenant_id, None)
        if throttle is None:
            options = self._service.options
            throttle = Throttle(tier, options.units, shaping=options.shaping)
            if len(self._throttles) >= _HUBS_WATCHED:  # the one that was asked longest ago
                del self._throttles[next(iter(self._throttles))]
        self._throttles[hub.tenant_id] = throttle
        await asyncio.sleep(throttle.take(kind))

    async def _is_absent(self, hub: Hub) -> bool:
        """Whether it was the hub itself that is not there: asked only when something was not."""
        if hub.missing is MissingOwner.CREATE:
            return False
        try:
            await self._service.registry.tenants.get(hub.tenant_id)
        except NotFound:
            return True
        return False


def _joined(request: web.BaseRequest, name: str) -> str | None:
    """A header that may stand more than once, as one list (RFC 9110)."""
    given = request.headers.getall(name, [])
    return ", ".join(given) if given else None


def _refuse_foreign_page(request: web.BaseRequest) -> None:
    """Browsers send some writes of foreign pages without asking first, but say whose.

    Where tokens are asked for, a page that has none can do nothing. Raises Denied.
    """
    if request.method != "GET" and "Origin" in request.headers:
        raise Denied("Pages of a browser may not write where everybody may call.")


def _refuse_encoded(request: web.BaseRequest) -> None:
    """A body in another coding is a kind of its own (RFC 9110). Raises HubInvalid."""
    encoding = request.headers.get("Content-Encoding", "identity")
    if request.body_exists and encoding.lower() != "identity":
        text = f"Content-Encoding {encoding!r} is not read here: send the plain body."
        raise numbers.HubInvalid(numbers.UNSUPPORTED_MEDIA_TYPE, text)


def _not_allowed(found: Match, request_id: str) -> Answer:
    answer = told(
        numbers.METHOD_NOT_ALLOWED, "That path has no such method.", request_id=request_id
    )
    headers = {**answer.headers, "Allow": ", ".join(found.methods)}
    return Answer(answer.status, answer.body, answer.content_type, headers)


def _response(answer: Answer, request_id: str) -> web.Response:
    headers = {"Server": "idconsole", REQUEST_ID: request_id, **answer.headers}
    if answer.content_type:
        headers["Content-Type"] = answer.content_type
    response = web.Response(status=answer.status, body=answer.body or None, headers=headers)
    if answer.status in (408, 413):
        response.force_close()  # the rest of the body must not be read as the next request
    return response
