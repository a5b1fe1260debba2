"""What a server writes of requests: never their headers, queries or bodies."""

from __future__ import annotations

import asyncio
import errno
import logging
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

log = logging.getLogger("idconsole.server")
http_log = logging.getLogger("idconsole.http")
access = logging.getLogger("idconsole.access")


_OF_NOBODY = (HttpProcessingError, asyncio.InvalidStateError)
"""What is told to the client already, and would show the bytes it sent; and what aiohttp falls
over when a request ends at the very moment at which its end is not waited for any more."""


class _NoFaultOfOurs(logging.Filter):
    """Drops what nobody who runs a server could do anything about."""

    def filter(self, record: logging.LogRecord) -> bool:
        fault = record.exc_info[1] if record.exc_info else None
        return not isinstance(fault, _OF_NOBODY)


http_log.addFilter(_NoFaultOfOurs())


_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_SILENCE_SECONDS = 10.0


class LoopFaults:
    """Tells in a line, now and then, that no connection can be accepted; the rest as the loop does.

    The loop itself would write hundreds of tracebacks a second for as long as it lasts.
    """

    def __init__(self) -> None:
        self._silent_until = 0.0

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What the loop calls with what went wrong."""
        error = context.get("exception")
        if not (isinstance(error, OSError) and error.errno in _EXHAUSTED):
            loop.default_exception_handler(context)
        elif loop.time() >= self._silent_until:
            self._silent_until = loop.time() + _SILENCE_SECONDS
            log.error(
                "No connection can be accepted for now: %s. Those there are go on; allow this "
                "process more open files (LimitNOFILE, ulimit -n) if it happens again.",
                error.strerror,
            )


class AccessLog(AbstractAccessLogger):
    """One line a request: from where, method, path without query, status, milliseconds."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write the line; headers and bodies never are part of it."""
        path = request.raw_path.partition("?")[0]
        self.logger.info(
            "%s %s %s %d %.0f ms",
            request.remote or "unix",
            request.method,
            ascii(path)[1:-1],
            response.status,
            time * 1000,
        )

    @property
    def enabled(self) -> bool:
        """Whether anybody reads it."""
        return self.logger.isEnabledFor(logging.INFO)
