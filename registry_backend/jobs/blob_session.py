"""The HTTP client of blob containers; loaded when the first of them is used."""

from __future__ import annotations

import socket

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, ThreadedResolver
from aiohttp.abc import ResolveResult

from registry_backend.jobs.blob_address import is_forbidden


class _Resolver(ThreadedResolver):
    """Names that lead to a machine's own credentials lead nowhere."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        usable = [each for each in found if not is_forbidden(each["host"])]
        if not usable:
            raise OSError(None, "its name leads to no blob container")
        return usable


def open_session() -> ClientSession:
    """A client that keeps no cookies and unpacks nothing; its time limits are the caller's."""
    return ClientSession(
        auto_decompress=False,
        connector=TCPConnector(resolver=_Resolver(), limit=2),
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=None),
    )
