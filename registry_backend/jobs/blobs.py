"""The blobs of one container through the few HTTP verbs that jobs need (iothub 9.1).

Nothing is redirected, no error quotes a body or the address's query, and every wait has an end.
"""

from __future__ import annotations

import asyncio
import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from registry_backend.domain.errors import (
    Denied,
    Fault,
    NotFound,
    RegistryError,
    Unreachable,
    VersionMismatch,
)
from registry_backend.domain.timestamps import now
from registry_backend.jobs.blob_address import BlobContainer

if TYPE_CHECKING:
    from types import TracebackType

    from aiohttp import ClientResponse, ClientSession

Side = Literal["input", "output"]
"""What a container is for a job; named in errors as a hub names it."""
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_WORD = re.compile(r"[A-Za-z]{1,60}")
_RIGHTS = (
    "Check its shared access signature: the container it is for, its rights (read for an input; "
    "read, write and delete for an output) and its times."
)


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a container is waited for."""

    attempts: int = 5
    """For each request that may be repeated."""
    first_pause: float = 0.5
    """Seconds before the second attempt; doubled before each further one."""
    longest_pause: float = 20.0
    request_seconds: float = 60.0
    """For one request from beginning to end, a block of bytes included."""
    last_seconds: float = 8.0
    """For the log of a job that failed or was cancelled; shorter than a job may be silent."""
    block_bytes: int = 4 << 20
    """How much is read or written by one request, and held in memory."""


QUICK = Patience(attempts=2, first_pause=0.2, request_seconds=10.0)
"""While a person waits for the answer whether a job is accepted."""


class BlobMissing(NotFound):
    """The container is there, and has no blob of that name."""


class BlobHead(NamedTuple):
    """What tells one state of a blob from another, and its size in bytes."""

    size: int
    etag: str


@dataclass(slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False, default=b"")

    @property
    def word(self) -> str:
        """The storage's own name for an error; nothing else of what it said."""
        said = self.headers.get("x-ms-error-code", "")
        return said if _WORD.fullmatch(said) else ""


class Blobs:
    """A container while it is used; an async context manager.

    Its methods raise Denied, NotFound, Unreachable, Fault, and VersionMismatch where they say so.
    """

    def __init__(
        self, container: BlobContainer, side: Side, patience: Patience | None = None
    ) -> None:
        self.container = container
        self._side = side
        self._patience = patience or Patience()
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        open_session = await asyncio.to_thread(_load)
        self._session = open_session()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def head(self, name: str) -> BlobHead:
        """Size and ETag of a blob."""
        answer = await self._send("HEAD", name, "read from", good=(200,))
        size = answer.headers.get("Content-Length", "")
        if not size.isdigit():
            raise self._strange(name, "did not say how long it is")
        return BlobHead(int(size), answer.headers.get("ETag", ""))

    async def find(self, names: Iterable[str]) -> dict[str, BlobHead]:
        """Those of the blobs that are there."""
        found = {}
        for name in names:
            try:
                found[name] = await self.head(name)
            except BlobMissing:
                continue
        return found

    async def read(self, name: str, state: BlobHead, *, offset: int, length: int) -> bytes:
        """Bytes of a blob in a known state. Raises VersionMismatch when it has changed."""
        length = min(length, state.size - offset)
        if length <= 0:
            return b""
        headers = {"Range": f"bytes={offset}-{offset + length - 1}"}
        if state.etag:
            headers["If-Match"] = state.etag
        good = (200, 206) if length == state.size else (206,)
        answer = await self._send("GET", name, "read from", headers, good=good, most=length)
        etag = answer.headers.get("ETag", "")
        if len(answer.body) != length or (state.etag and etag and etag != state.etag):
            raise self._changed(name)
        return answer.body

    async def put(self, name: str, content: bytes) -> None:
        """Write a small blob, in place of one of that name."""
        headers = {"x-ms-blob-type": "BlockBlob", "Content-Type": "application/octet-stream"}
        await self._send("PUT", name, "write to", headers, content, good=(201,))

    async def put_block(self, name: str, number: int, content: bytes) -> None:
        """Hand over a part of a blob; it counts once `put_blocks` names it."""
        query = f"comp=block&blockid={_block_id(number).replace('=', '%3D')}"
        await self._send("PUT", name, "write to", {}, content, good=(201,), query=query)

    async def put_blocks(self, name: str, numbers: Iterable[int]) -> None:
        """Make a blob of the parts handed over, in place of one of that name."""
        listed = "".join(f"<Latest>{_block_id(number)}</Latest>" for number in numbers)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
        headers = {"Content-Type": "application/xml", "x-ms-blob-content-type": "text/plain"}
        content = body.encode("ascii")
        await self._send(
            "PUT", name, "write to", headers, content, good=(201,), query="comp=blocklist"
        )

    async def delete(self, name: str) -> None:
        """Remove a blob."""
        await self._send("DELETE", name, "delete from", good=(202, 404))

    async def _send(
        self,
        method: str,
        name: str,
        doing: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        good: tuple[int, ...],
        query: str = "",
        most: int = 0,
    ) -> _Answer:
        pause = self._patience.first_pause
        for attempt in range(1, self._patience.attempts + 1):
            last = attempt == self._patience.attempts
            try:
                answer = await self._ask(method, name, query, headers or {}, body, most)
            except Unreachable as error:
                if last or error.layer == "tls":
                    raise
            else:
                if answer.status in good:
                    return answer
                if last or answer.status not in _AGAIN:
                    raise self._refusal(answer, name, doing)
                pause = max(pause, _asked_pause(answer.headers))
            await asyncio.sleep(min(pause, self._patience.longest_pause))
            pause *= 2
        raise AssertionError  # the last attempt returns or raises

    async def _ask(
        self,
        method: str,
        name: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes | None,
        most: int,
    ) -> _Answer:
        import aiohttp  # noqa: PLC0415 - only jobs with blob containers need it
        from yarl import URL  # noqa: PLC0415 - comes with aiohttp

        if self._session is None:
            raise Fault("The container is not open.")
        url = URL(self.container.blob(name, query), encoded=True)
        seconds = self._patience.request_seconds
        try:
            async with (
                asyncio.timeout(seconds),
                self._session.request(
                    method, url, headers=headers, data=body, allow_redirects=False
                ) as response,
            ):
                return _Answer(response.status, response.headers, await _body(response, most))
        except TimeoutError:
            raise self._unreachable(f"took more than {seconds:g} seconds", "timeout") from None
        except aiohttp.ClientConnectorDNSError:
            raise self._unreachable("has a name that nobody knows", "name") from None
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError):
            raise self._unreachable("has a certificate that is not trusted", "tls") from None
        except aiohttp.ClientConnectorError as error:
            number = error.os_error.errno
            reason = os.strerror(number) if number else "no connection"
            raise self._unreachable(f"cannot be reached: {reason}", "refused") from None
        except (aiohttp.ClientError, OSError):
            raise self._unreachable("broke off", "dropped") from None

    def _unreachable(
        self, what: str, layer: Literal["timeout", "name", "tls", "refused", "dropped"]
    ) -> Unreachable:
        return Unreachable(
            f"The {self._side} blob container at {self.container.shown} {what}.",
            layer=layer,
            hint="Check the address and the network between.",
        )

    def _refusal(self, answer: _Answer, name: str, doing: str) -> RegistryError:
        said = f"{answer.status} {answer.word}".rstrip()
        where = f"{self.container.shown_blob(name)} answered {said}."
        if answer.status in (401, 403):
            return Denied(
                f"Unauthorized to {doing} {self._side} blob container.",
                hint=f"{where} {self.container.untimely(now()) or _RIGHTS}",
            )
        if answer.status == 404 and doing == "read from" and answer.word != "ContainerNotFound":
            return BlobMissing(f"The {self._side} blob container has no blob {name}.", hint=where)
        if answer.status == 404:
            return NotFound(f"The {self._side} blob container does not exist.", hint=where)
        if answer.status == 400:
            return Fault(
                f"The {self._side} blob container failed: {where}",
                hint="Check that its address names a container, and the whole signature.",
            )
        if answer.status in (412, 416):
            return self._changed(name)
        return Fault(
            f"The {self._side} blob container failed: {where}",
            hint="Start the job again once the storage is well.",
        )

    def _changed(self, name: str) -> VersionMismatch:
        return VersionMismatch(
            f"The blob {name} in the {self._side} blob container was changed while it was read.",
            hint="Start the import again once nobody writes to it.",
        )

    def _strange(self, name: str, what: str) -> Fault:
        return Fault(f"{self.container.shown_blob(name)} {what}; it seems to be no blob.")


def _load() -> Callable[[], ClientSession]:
    """The client's opener; loading it the first time takes longer than a screen may wait."""
    from registry_backend.jobs.blob_session import open_session  # noqa: PLC0415 - see above

    return open_session


async def _body(response: ClientResponse, most: int) -> bytes:
    """What a range was asked for, and nothing of any other answer."""
    if response.status not in (200, 206) or not most:
        return b""
    found = bytearray()
    async for part in response.content.iter_chunked(1 << 16):
        found += part
        if len(found) > most:
            break
    return bytes(found)


def _asked_pause(headers: Mapping[str, str]) -> float:
    said = headers.get("Retry-After", "")
    return float(said) if said.isdigit() else 0.0


def _block_id(number: int) -> str:
    """All of one length, as a container demands."""
    return b64encode(b"%010d" % number).decode("ascii")
