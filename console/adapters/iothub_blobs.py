"""Files of a blob container, read by its address with a shared access signature (iothub 9.1).

The signature is a secret: no message shows more of an address than what stands before its `?`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from urllib.parse import quote, urlsplit, urlunsplit

import httpx

from console.adapters.rest_connecting import Connecting
from console.adapters.rest_endpoint import Endpoint, tls_context
from console.adapters.rest_unreachable import FOREIGN, unreachable
from registry_backend.domain.errors import Denied, Fault, Invalid, NotFound
from registry_backend.domain.jobs import without_query

MOST_BYTES = 64 * 1024 * 1024
"""Of a file that is read as a whole."""
LONGEST_LINE = 1024 * 1024


def is_container(folder: str) -> bool:
    """Whether it is the address of a container, not a folder of this machine."""
    return folder.lower().startswith(("http://", "https://"))


async def blob_lines(container: str, name: str, *, proxy: str | None) -> AsyncGenerator[bytes]:
    """The lines of a file, read as they are asked for; whoever stops early closes them.

    Raises:
        NotFound: when there is no such file.
        Denied: when the signature does not allow it.
        Unreachable, Fault, Invalid: as far as that.
    """
    shown = f"{without_query(container)}/{name}"
    context = await asyncio.to_thread(tls_context, Endpoint(without_query(container)))
    rest = b""
    try:
        async with (
            httpx.AsyncClient(verify=context, proxy=proxy, timeout=30.0) as client,
            client.stream(
                "GET", _address(container, name), extensions={"trace": Connecting().trace}
            ) as response,
        ):
            _check(response.status_code, shown)
            async for chunk in response.aiter_bytes():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    yield line
                if len(rest) > LONGEST_LINE:
                    raise Invalid(f"{shown} has a line of more than a megabyte.")
    except FOREIGN as error:
        raise unreachable(error, without_query(container)) from None
    if rest:
        yield rest


async def blob_size_in_lines(container: str, name: str, *, proxy: str | None) -> int:
    """How many lines a file has that are not blank; stops counting at 64 MB."""
    count = size = 0
    async with aclosing(blob_lines(container, name, proxy=proxy)) as lines:
        async for line in lines:
            count += bool(line.strip())
            size += len(line)
            if size > MOST_BYTES:
                break
    return count


def _address(container: str, name: str) -> str:
    parts = urlsplit(container)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{quote(name)}"))


def _check(status: int, shown: str) -> None:
    if status == 404:
        raise NotFound(f"There is no file {shown}.")
    if status in (401, 403):
        raise Denied(
            f"{shown} may not be read (HTTP {status}).",
            hint="The container's shared access signature may be over, or lack the right to read.",
        )
    if not 200 <= status < 300:
        raise Fault(f"{shown} cannot be read (HTTP {status}).")
