"""What the library that reads requests may write to the log."""

from __future__ import annotations

import asyncio
import logging

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from registry_backend.server_log import http_log


@pytest.mark.parametrize(
    ("fault", "is_written"),
    [
        (BadHttpMessage("the bytes of a client"), False),
        (asyncio.InvalidStateError("invalid state"), False),
        (ValueError("a fault of ours"), True),
    ],
)
def test_only_faults_that_somebody_can_mend_are_written(
    fault: Exception, is_written: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither what a client did, nor what the library falls over at the end of a server."""
    caplog.set_level(logging.ERROR, logger=http_log.name)
    http_log.error("Unhandled exception", exc_info=fault)
    assert bool(caplog.records) == is_written
