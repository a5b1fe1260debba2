"""From a request on the socket to an answer on it, step by step as the daemon (identityd 1.1)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from registry_backend.api.answers import Answer
from registry_backend.api.identity.calls import Call
from registry_backend.api.identity.failures import INTERNAL, failure, told
from registry_backend.api.identity.routes import HANDLERS
from registry_backend.api.requests import BodyTooLarge, read_body
from registry_backend.domain.document import compact_json
from registry_backend.domain.errors import Invalid, RegistryError
from registry_backend.domain.explanations import API_VERSIONS
from registry_backend.identityd.authorization import authorize
from registry_backend.identityd.behaviour import IdentityService
from registry_backend.identityd.behaviour_errors import NotAuthorized
from registry_backend.identityd.bodies import BodyRefused, read_nothing
from registry_backend.identityd.calls import READERS, find
from registry_backend.identityd.targets import read_target

BODY_SECONDS = 5.0
"""How long a client may take to send the body (identityd 1.1)."""
MAX_BODY = 1024 * 1024
"""Bytes; the daemon has no bound, and no caller comes near this one."""

ReadBody = Callable[[], Awaitable[bytes]]

log = logging.getLogger("idconsole.identity")


class IdentityEndpoint:
    """Answers the requests of one socket.

    Args:
        service: What is served.
        uid_of: Who is at the other end of a request's connection, as the kernel says.
        body_seconds: How long a client may take to send the body.
    """

    def __init__(
        self,
        service: IdentityService,
        uid_of: Callable[[web.BaseRequest], int],
        *,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._service = service
        self._uid_of = uid_of
        self._body_seconds = body_seconds

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """The answer to a request, whatever happens."""
        answer = await self.answer(
            self._uid_of(request),
            request.method,
            request.raw_path,
            request.headers.get("Content-Type"),
            lambda: self._body(request),
        )
        headers = {"Server": "idconsole", **answer.headers}
        if answer.content_type:
            headers["Content-Type"] = answer.content_type
        response = web.Response(status=answer.status, body=answer.body or None, headers=headers)
        if answer.status in (408, 413):
            response.force_close()  # the rest of the body must not be read as the next request
        return response

    async def answer(
        self, uid: int, method: str, raw_target: str, content_type: str | None, body: ReadBody
    ) -> Answer:
        """What a uid is told, whatever happens; the body is asked for only where it matters."""
        try:
            return await self._answer(uid, method, raw_target, content_type, body)
        except BodyRefused as refused:
            return told(refused.status, refused.message)
        except RegistryError as error:
            return failure(error)
        except BodyTooLarge:
            return told(413, f"the request body is longer than {MAX_BODY} bytes")
        except TimeoutError:
            return told(408, "deadline has elapsed")
        except Exception:
            log.exception("A %s request failed.", method)
            return told(500, INTERNAL)

    async def _answer(
        self, uid: int, method: str, raw_target: str, content_type: str | None, body: ReadBody
    ) -> Answer:
        target = read_target(raw_target)
        version = target.api_version
        if version is None:
            return told(400, "api-version not specified")
        if version not in API_VERSIONS:
            return told(400, f"invalid api-version {compact_json(version)}")
        found = find(target.path, version)
        if found is None:
            return told(404, "not found")
        methods, module_id = found
        operation = methods.get(method)
        if operation is None:
            return told(400, "method not allowed")
        read = READERS[operation]
        data = b"" if read is read_nothing else await body()
        wanted = read(content_type, data)
        caller = self._service.caller(uid)
        if not authorize(operation, caller, module_id=module_id):
            raise NotAuthorized
        call = Call(self._service, caller, module_id, target.first("type"), wanted)
        return await HANDLERS[operation](call)

    async def _body(self, request: web.BaseRequest) -> bytes:
        """The whole body. Raises BodyRefused, BodyTooLarge, TimeoutError."""
        try:
            return await read_body(request, limit=MAX_BODY, seconds=self._body_seconds)
        except Invalid as error:
            raise BodyRefused(400, error.message) from None
