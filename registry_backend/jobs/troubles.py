"""What this machine's own files refuse, as sentences: where, why, and what to do about it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NEXT = {
    errno.ENOSPC: "Make room there, then start the job again.",
    errno.EDQUOT: "Make room there, then start the job again.",
    errno.EACCES: "Check its permissions, then start the job again.",
    errno.EPERM: "Check its permissions, then start the job again.",
    errno.EROFS: "Name a place that can be written to.",
    errno.ENOENT: "Put it there again, then start the job again.",
}


@contextmanager
def about(path: Path) -> Iterator[None]:
    """Let errors tell which file they are about; of reading and writing, the system's do not."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(path)
        raise


def told(error: OSError) -> str:
    """An error as a sentence on the file, and one on what to do.

    >>> told(OSError(errno.ENOSPC, "No space left on device", "/srv/devices.txt"))
    '/srv/devices.txt: No space left on device. Make room there, then start the job again.'
    """
    where = f"{error.filename}: " if error.filename else ""
    what = f"{where}{error.strerror or error}."
    advice = _NEXT.get(error.errno or 0, "") if error.filename else ""
    return f"{what} {advice}".rstrip()
