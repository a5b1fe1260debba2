"""Who runs a job, and whether that program still lives."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from pathlib import Path

from registry_backend.domain.jobs import Job

STALE_AFTER = timedelta(seconds=15)
"""A running job whose owner was silent for so long may be taken over."""
_UNKNOWN = "0"
"""When a process started, where that cannot be read: `/proc` may hide those of other users."""
_ENDED = "ended"


def this_process() -> str:
    """This program as an owner: host, process id, and when it started, which ids alone reuse."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def is_gone(owner: str) -> bool:
    """Whether the owner is a process of this machine that has ended; False when unknown."""
    parts = owner.split(":")
    if len(parts) < 3 or parts[0] != socket.gethostname() or not parts[1].isdigit():
        return False
    started = _started(int(parts[1]))
    if _UNKNOWN in (started, parts[2]):
        return started == _ENDED
    return started != parts[2]


def may_be_taken(job: Job, *, at: datetime) -> bool:
    """Whether nobody runs an unfinished job any more."""
    if job.status.finished:
        return False
    if job.owner is None or job.heartbeat_at is None:
        return True
    return at - job.heartbeat_at > STALE_AFTER or is_gone(job.owner)


def _started(pid: int) -> str:
    """Clock ticks from the machine's start to the process's, `_ENDED`, or `_UNKNOWN`."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return _ENDED if _no_such_process(pid) else _UNKNOWN
    # The second field is the program's name in parentheses, which may hold blanks.
    fields = line.rpartition(")")[2].split()
    return _ENDED if fields[0] in ("Z", "X") else fields[19]


def _no_such_process(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
