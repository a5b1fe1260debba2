"""File names for new principals."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import Path

GENERATED = "00-super.toml"
"""Written by `aziotctl config apply`, which overwrites whatever it finds (identityd 4.1)."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 100


def file_stem(name: str) -> str:
    """A principal's name as a plain, visible file name without extension.

    >>> file_stem("../Fleet agent/7")
    'Fleet-agent-7'
    """
    safe = _UNSAFE.sub("-", name)[:_LONGEST].strip("-.")
    return safe or "principal"


def free_file(folder: Path, name: str) -> Path:
    """A file of the folder that is not there yet, named after the principal."""
    stem = file_stem(name)
    for number in count(1):
        path = folder / (f"{stem}.toml" if number == 1 else f"{stem}-{number}.toml")
        if path.name != GENERATED and not os.path.lexists(path):
            break
    return path
