"""Values of options that more than one command has."""

from __future__ import annotations

import argparse
from pathlib import Path


def positive(text: str) -> int:
    """A whole number from 1 on. Raises ArgumentTypeError."""
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("must be a whole number from 1 on")
    return number


def seconds(text: str) -> float:
    """A time from 0 to 60 seconds. Raises ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0.0 <= number <= 60.0:
        raise argparse.ArgumentTypeError("must be a number of seconds from 0 to 60")
    return number


def named_path(text: str) -> Path:
    """A path; an empty one would mean the folder of whoever calls. Raises ArgumentTypeError."""
    if not text:
        raise argparse.ArgumentTypeError("a path is needed, and this is empty")
    return Path(text)
