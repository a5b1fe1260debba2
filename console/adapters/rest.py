"""The one request function of every adapter that speaks HTTP.

Errors of the network, of TLS and of statuses leave here as errors of the domain. Only what is safe
to repeat is repeated: reads, and writes of which not a byte has left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import httpx

from console.adapters.base import CONNECTED, NO_ANSWER
from console.adapters.rest_answer import Answer
from console.adapters.rest_connecting import Connecting
from console.adapters.rest_endpoint import Endpoint, encoded_path, tls_context
from console.adapters.rest_refusals import Refusal, problem_of
from console.adapters.rest_repeating import NotSent, of_unknown_outcome, wait_before_repeating
from console.adapters.rest_unreachable import (
    FOREIGN,
    NOT_SENT,
    refused_certificate,
    unreachable,
)
from console.adapters.rest_words import secrets_in
from registry_backend.domain.document import compact_json
from registry_backend.domain.errors import Fault, RegistryError, Unreachable
from registry_backend.domain.secrets import SECRET_MEMBERS

MAX_ANSWER = 64 * 1024 * 1024
"""Bytes of one answer; more is a fault, not data."""


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
        await self.close()
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
            status = None
            try:
                answer = await self._attempt(method, url, query, sent, content)
                status = answer.status
                if answer.is_success or answer.status in accept:
                    if not safe:
                        answer.check_done(what)
                    return answer
                raise self._refused(answer, what, authorization, hidden)
            except RegistryError as error:
                wait = wait_before_repeating(
                    error, pause, safe=safe, status=status, longest=self.endpoint.longest_wait
                )
                if wait is None:
                    unknown = None if safe else of_unknown_outcome(error, status)
                    if unknown is None:
                        raise
                    raise unknown from None
            await asyncio.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _refused(
        self, answer: Answer, what: str, authorization: str | None, hidden: Sequence[str]
    ) -> RegistryError:
        shown = (authorization, authorization.split(" ")[-1]) if authorization else ()
        return self._explain(
            Refusal(
                answer.status,
                answer.headers,
                answer.body,
                what,
                self.endpoint.url,
                (*hidden, *shown),
            )
        )

    async def _attempt(
        self,
        method: str,
        url: str,
        query: Sequence[tuple[str, str]],
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> Answer:
        client = self._client
        if client is None:
            raise Unreachable("The registry is not open.", layer="refused")
        connecting = Connecting()
        try:
            async with (
                asyncio.timeout(self.endpoint.whole_seconds),
                client.stream(
                    method,
                    url,
                    params=list(query),
                    # as bytes, since versions and tokens may be other text than ASCII
                    headers={name.encode(): text.encode() for name, text in headers.items()},
                    content=content,
                    extensions={"trace": connecting.trace},
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
        finally:
            if self._client is not client:
                await connecting.close()
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
            found = NotSent(found.message, layer=found.layer, hint=found.hint)
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
    "timeout": NO_ANSWER,
    "protocol": "not understood",
}
