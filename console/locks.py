"""Files that several programs change, one at a time."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def locked(path: Path, operation: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Keep other programs from changing a file meanwhile; the lock is a file beside it.

    Args:
        path: The file, which need not be there.
        operation: Of `flock`.

    Raises:
        BlockingIOError: with LOCK_NB, when another program has it.
        OSError: when the lock cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("a") as lock:
        fcntl.flock(lock, operation)
        yield
