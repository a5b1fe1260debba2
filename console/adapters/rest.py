"""The one request function of every adapter that speaks HTTP.

Errors of the network, of TLS and of statuses leave here as errors of the domain. Only what is safe
to repeat is repeated: reads, and writes of which not a byte has left.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx

from console.adapters.rest_endpoint import Endpoint, tls_context
from console.adapters.rest_errors import (
    FOREIGN,
    NOT_SENT,
    Refusal,
    not_json,
    problem_of,
    refused_certificate,
    secrets_in,
    unreachable,
)
from registry_backend.domain.document import compact_json, parse_json
from registry_backend.domain.errors import (
    Fault,
    Invalid,
    RegistryError,
    Throttled,
    Unreachable,
)
from registry_backend.domain.secrets import SECRET_MEMBERS

CONNECTED = "connected"
"""The health of a registry that answers."""
MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of one answer; more is a fault, not data."""
LONGEST_WAIT = 5.0
"""Seconds that a registry may ask us to wait before we repeat; longer is told to the person."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A success, or a status that the caller asked to see."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes = field(repr=False)

    @property
    def etag(self) -> str:
        """The version as it came, quotes included; empty when there is none."""
        return self.headers.get("etag", "")

    @property
    def is_json(self) -> bool:
        """Whether the answer says that it is JSON."""
        return "json" in self.headers.get("content-type", "").lower()

    def json(self, what: str) -> Any:
        """The body decoded. Raises Fault when it is not JSON."""
        try:
            return parse_json(self.body, what=what)
        except Invalid as error:
            page = not_json(self.body, self.headers.get("content-type", ""), what)
            raise Fault(
                page or f"The registry's answer cannot be read. {error.message}",
                hint="Check the address, and proxies between.",
            ) from None


class _HalfOpen:
    """Closes a connection whose TLS handshake is cut off: httpx lets go of it without a word."""

    def __init__(self) -> None:
        self._stream: Any = None

    async def trace(self, event: str, members: Mapping[str, Any]) -> None:
        """Told of each step of a request."""
        if event == "connection.connect_tcp.complete":
            self._stream = members["return_value"]
        elif event == "connection.start_tls.failed" and self._stream is not None:
            await self._stream.aclose()


class _NotSent(Unreachable):
    """Not a byte of the request has left."""


class RestClient:
    """A connection to one remote registry.

    Args:
        endpoint: Where and how.
        on_health: Told `connected` or what is wrong, whenever that changes.
        explain: An answer that is no success as an error.
        authorize: Makes the Authorization header of one request, where it does not stay the same.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        on_health: Callable[[str], None] = lambda _text: None,
        explain: Callable[[Refusal], RegistryError] = problem_of,
        authorize: Callable[[], str | None] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._on_health = on_health
        self._explain = explain
        self._authorize = authorize or (lambda: endpoint.authorization)
        self._health = ""
        self._client: httpx.AsyncClient | None = None

    async def open(self) -> None:
        """Read the certificates. Raises Unreachable, Denied; nothing is sent yet."""
        endpoint = self.endpoint
        context = await asyncio.to_thread(tls_context, endpoint)
        headers = {"Accept": "application/json", "User-Agent": "idconsole"}
        self._client = httpx.AsyncClient(
            headers=headers,
            verify=context,
            proxy=endpoint.proxy,
            timeout=httpx.Timeout(endpoint.read_seconds, connect=endpoint.connect_seconds),
            follow_redirects=False,
        )

    async def close(self) -> None:
        """Let go of the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def request(
        self,
        method: str,
        path: Sequence[str],
        *,
        what: str,
        query: Sequence[tuple[str, str]] = (),
        body: Any = None,
        if_match: str | None = None,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
        repeatable: bool | None = None,
    ) -> Answer:
        """Send one request.

        Args:
            method: `GET`, `POST`, `PUT` or `DELETE`.
            path: Segments after the base address, not yet encoded; none may be empty.
            what: What is asked for, such as `device pump of tenant yard`; begins messages.
            query: Parameters, not yet encoded.
            body: A JSON value; None: no body.
            if_match: Sent as it is, without quotes of our own.
            headers: Further ones.
            accept: Statuses to return besides successes.
            repeatable: Whether asking twice changes nothing; None: a GET does not.

        Raises:
            RegistryError: of the kind that the status or the failure stands for.
        """
        url = self.endpoint.url.rstrip("/") + encoded_path(path)
        sent = dict(headers or {})
        if if_match is not None:
            sent["If-Match"] = if_match
        content = None
        if body is not None:
            content = compact_json(body).encode("utf-8")
            sent["Content-Type"] = "application/json"
        hidden = tuple(secrets_in(body, SECRET_MEMBERS))
        safe = method == "GET" if repeatable is None else repeatable
        for pause in (*self.endpoint.pauses, None):
            authorization = self._authorize()
            if authorization:
                sent["Authorization"] = authorization
            try:
                answer = await self._attempt(method, url, query, sent, content)
                if 200 <= answer.status < 300 or answer.status in accept:
                    return answer
                shown = (authorization, authorization.split(" ")[-1]) if authorization else ()
                raise self._explain(
                    Refusal(
                        answer.status,
                        answer.headers,
                        answer.body,
                        what,
                        self.endpoint.url,
                        (*hidden, *shown),
                    )
                )
            except RegistryError as error:
                wait = _wait_before_repeating(error, pause, safe=safe)
                if wait is None:
                    raise
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(
        self,
        method: str,
        url: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> Answer:
        if self._client is None:
            raise Unreachable("The registry is not open.", layer="refused")
        try:
            async with (
                asyncio.timeout(self.endpoint.whole_seconds),
                self._client.stream(
                    method,
                    url,
                    params=list(query),
                    headers=headers,
                    content=content,
                    extensions={"trace": _HalfOpen().trace},
                ) as response,
            ):
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_ANSWER:
                        raise Fault(f"{self.endpoint.url} sent an answer of more than 64 MB.")
        except FOREIGN as error:
            raise await self._failed(error) from None
        except TimeoutError:
            raise self._lost(
                Unreachable(f"{self.endpoint.url} did not answer in time.", layer="timeout")
            ) from None
        self._tell(CONNECTED)
        given = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, MappingProxyType(given), bytes(body))

    async def _failed(self, error: Exception) -> Unreachable:
        found = unreachable(error, self.endpoint.url, proxy=self.endpoint.proxy)
        refused = refused_certificate(error)
        if refused is not None:
            # only a certificate refused pays for loading what can look at it
            from console.adapters.rest_chain import explain_refusal  # noqa: PLC0415

            why = await asyncio.to_thread(explain_refusal, self.endpoint, refused.verify_code)
            found = Unreachable(f"{found.message} {why}".strip(), layer="tls", hint=found.hint)
        if isinstance(error, NOT_SENT):
            found = _NotSent(found.message, layer=found.layer, hint=found.hint)
        return self._lost(found)

    def _lost(self, error: Unreachable) -> Unreachable:
        self._tell(_HEALTH_WORDS.get(error.layer, error.title.lower()))
        return error

    def _tell(self, health: str) -> None:
        if health != self._health:
            self._health = health
            self._on_health(health)

    @property
    def health(self) -> str:
        """`connected`, or what was wrong when the registry was last asked."""
        return self._health


_HEALTH_WORDS = {
    "name": "name not found",
    "refused": "connection refused",
    "dropped": "connection dropped",
    "tls": "TLS failed",
    "timeout": "no answer",
    "protocol": "not understood",
}


def _wait_before_repeating(
    error: RegistryError, pause: float | None, *, safe: bool
) -> float | None:
    """How long to wait before the request is sent once more; None: it is not."""
    if pause is None:
        return None
    jittered = pause * random.uniform(0.5, 1.5)  # noqa: S311 - spreads clients, hides nothing
    match error:
        case _NotSent(layer="refused" | "timeout"):
            return jittered
        case Unreachable(layer="dropped" | "timeout") if safe:
            return jittered
        case Throttled() if safe:
            asked = error.retry_after or jittered
            return asked if asked <= LONGEST_WAIT else None
        case Fault() if safe and "a proxy in front" in error.message:
            return jittered
        case _:
            return None


def encoded_path(segments: Sequence[str]) -> str:
    """Segments as the path of a URL, each percent-encoded as a whole.

    An empty segment would ask for the collection instead of one thing in it, and deleting a
    collection removes everything (hono 1.1); `.` and `..` do the same once a path is simplified.

    Raises:
        Invalid: for those, and for text that UTF-8 cannot write.
    """
    for segment in segments:
        if segment in ("", ".", ".."):
            said = "an empty id" if not segment else f"the id {segment!r}"
            raise Invalid(f"Nothing was sent: {said} cannot stand in an address.")
    try:
        return "".join("/" + quote(segment, safe="", errors="strict") for segment in segments)
    except UnicodeEncodeError:
        raise Invalid("Nothing was sent: the id holds half a character.") from None
