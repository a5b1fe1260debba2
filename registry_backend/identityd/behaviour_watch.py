"""Noticing that a configuration changed, by looking at it again and again (identityd 4.5)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from registry_backend.identityd.behaviour_config import ConfigPaths

POLL_SECONDS = 1.0

Mark = tuple[str, int, int, int]
"""A path with what tells that its file is another: inode, size and time of change."""


def marks(paths: ConfigPaths) -> tuple[Mark, ...]:
    """What the main file and the files of the folder look like now; unreadable ones look alike."""
    # As they are read: through a link of the main file, and never through those of the folder.
    overrides = (_mark(path, follow_links=False) for path in _entries(paths.config_dir))
    return (_mark(paths.main_file, follow_links=True), *overrides)


async def watch(
    paths: ConfigPaths,
    changed: Callable[[], Awaitable[None]],
    *,
    known: tuple[Mark, ...],
    seconds: float = POLL_SECONDS,
) -> None:
    """Tell of each change once the files have been still for one look; runs until cancelled.

    Args:
        paths: What to look at.
        changed: Told of a change; the next look waits for it.
        known: What it looked like when it was last read.
        seconds: Between two looks.
    """
    before = known
    while True:
        await asyncio.sleep(seconds)
        found = await asyncio.to_thread(marks, paths)
        if found != known and found == before:
            known = found
            await changed()
        before = found


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.toml"), key=os.fsencode)
    except OSError:
        return []


def _mark(path: Path, *, follow_links: bool) -> Mark:
    try:
        found = path.stat(follow_symlinks=follow_links)
    except OSError:
        return (str(path), 0, 0, 0)
    return (str(path), found.st_ino, found.st_size, found.st_ctime_ns)
