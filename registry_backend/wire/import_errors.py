"""Lines of `importErrors.log`: what an import did not apply, and why (iothub 6.5, 4.8)."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic_core import from_json

from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.imports import (
    ARGUMENT_INVALID,
    ARGUMENT_NULL,
    CONFLICT,
    DESERIALIZATION_ERROR,
    DEVICE_ALREADY_EXISTS,
    DEVICE_NOT_FOUND,
    PRECONDITION_FAILED,
    QUOTA_EXCEEDED,
)
from registry_backend.domain.jobs import JobError

__all__ = [
    "ARGUMENT_INVALID",
    "ARGUMENT_NULL",
    "CONFLICT",
    "DESERIALIZATION_ERROR",
    "DEVICE_ALREADY_EXISTS",
    "DEVICE_NOT_FOUND",
    "PRECONDITION_FAILED",
    "QUOTA_EXCEEDED",
    "LineFault",
    "format_error_line",
    "parse_error_line",
]


class LineFault(NamedTuple):
    """Why a line cannot be used; cheap to send between processes."""

    code: int
    message: str
    device_id: str | None = None

    def at(self, line: int | None) -> JobError:
        """The fault as a job's error."""
        return JobError(line=line, device_id=self.device_id, code=self.code, message=self.message)


def format_error_line(error: JobError) -> str:
    """One line of the log without its newline.

    `line` is our own addition; readers of the original log pass over members they do not know.
    """
    members: JsonObject = {} if error.device_id is None else {"deviceId": error.device_id}
    members |= {"errorCode": error.code, "errorStatus": error.message}
    if error.line is not None:
        members["line"] = error.line
    return compact_json(members)


def parse_error_line(line: bytes) -> JobError:
    """Read one line of a log, ours or a hub's; a line that is no JSON becomes its own message."""
    text = line.decode("utf-8", "replace").strip()
    try:
        members: Any = from_json(text)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        return JobError(code=0, message=text)
    number, device_id, code = (members.get(name) for name in ("line", "deviceId", "errorCode"))
    return JobError(
        line=number if isinstance(number, int) else None,
        device_id=device_id if isinstance(device_id, str) else None,
        code=code if isinstance(code, int) else 0,
        message=str(members.get("errorStatus") or ""),
    )
