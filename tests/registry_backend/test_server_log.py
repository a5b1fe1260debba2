"""What the library that reads requests may write to the log."""

from __future__ import annotations

import asyncio
import errno
import logging

import pytest
from aiohttp.http_exceptions import BadHttpMessage

from registry_backend.server_log import LoopFaults, http_log


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


async def test_no_more_open_files_is_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """However often the loop comes upon it; anything else is told as ever."""
    loop, faults = asyncio.get_running_loop(), LoopFaults()
    for _ in range(100):
        context = {"message": "socket.accept()", "exception": OSError(errno.EMFILE, "Too many")}
        faults(loop, context)
    (record,) = caplog.records
    assert "No connection can be accepted for now: Too many." in record.getMessage()
    assert record.exc_info is None
    faults(loop, {"message": "a fault of ours", "exception": OSError(errno.EIO, "bad disk")})
    assert "a fault of ours" in caplog.text
