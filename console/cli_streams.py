"""The three streams that every program has, unless its caller closed one."""

from __future__ import annotations

import os
import sys


def open_closed_streams() -> None:
    """Let what a caller closed lead nowhere, before a file of the registry takes its number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)
