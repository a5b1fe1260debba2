"""Refusing a part of Hono's files: where it stands, and what was never filled in (hono 4.1)."""

from __future__ import annotations

import re
from typing import Any

from registry_backend.wire.import_errors import ARGUMENT_INVALID, LineFault

_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")


class Refused(Exception):
    """A part of a file that cannot be used; the parts beside it can."""

    def __init__(self, fault: LineFault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def refuse(path: str, problem: str, device_id: object = None) -> Refused:
    """The refusal of what stands at a path, and of which device that is where it is known."""
    named = device_id if isinstance(device_id, str) else None
    return Refused(LineFault(ARGUMENT_INVALID, f"{path}: {problem}", named))


def check_filled_in(value: Any, path: str, device_id: str | None) -> None:
    """Refuse what still holds a `${…}` that a build should have replaced (hono 4.1).

    Raises:
        Refused: naming the path of the text.
    """
    if isinstance(value, str):
        match = _PLACEHOLDER.search(value)
        if match:
            raise refuse(path, f"the placeholder {match.group()} was never filled in", device_id)
    elif isinstance(value, dict):
        for name, content in value.items():
            check_filled_in(content, f"{path}.{name}", device_id)
    elif isinstance(value, list):
        for index, content in enumerate(value):
            check_filled_in(content, f"{path}[{index}]", device_id)
