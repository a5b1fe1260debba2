"""The one place where errors become a hub's numbers, statuses and bodies (iothub 2.3, 4.8)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from registry_backend.api.answers import JSON_TYPE, Answer
from registry_backend.api.sas_authentication import Unauthorized
from registry_backend.api.throttling import whole_seconds
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.errors import (
    AlreadyExists,
    Denied,
    Fault,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
    Throttled,
    Unreachable,
    Unsupported,
    VersionMismatch,
)
from registry_backend.registry.device_rules import DeviceLimitReached
from registry_backend.registry.hub_devices import CredentialTaken
from registry_backend.wire import iothub_device_errors as numbers

CODES: dict[type[RegistryError], int] = {
    NotFound: numbers.DEVICE_NOT_FOUND,
    CredentialTaken: numbers.CONFLICT,
    AlreadyExists: numbers.DEVICE_ALREADY_EXISTS,
    VersionMismatch: numbers.PRECONDITION_FAILED,
    Invalid: numbers.ARGUMENT_INVALID,
    Denied: numbers.FORBIDDEN,
    LimitReached: numbers.QUOTA_EXCEEDED,
    Throttled: numbers.BACKLOG_TIMEOUT,
    Unreachable: numbers.SERVICE_UNAVAILABLE,
    Unsupported: numbers.NOT_IMPLEMENTED,
    Fault: numbers.SERVER_ERROR,
}
FailureMembers = Callable[[int, str], JsonObject]
"""From a number and a text the members that a call's clients expect beside those of a failure."""
_QUOTA = "Total number of devices on IotHub exceeded the allocated quota."
"""In the words of hubs (iothub 4.8)."""
_INTERNAL = "The registry cannot do this now; its log says why."

log = logging.getLogger("idconsole.iothub")


def code_of(
    error: RegistryError,
    *,
    absent: int = numbers.DEVICE_NOT_FOUND,
    limit: int = numbers.QUOTA_EXCEEDED,
) -> int:
    """The number of an error, its own where it has one.

    Args:
        error: What went wrong.
        absent: What it is where something is not there.
        limit: What it is where a limit is reached.
    """
    if isinstance(error, Unauthorized):
        return error.code
    if isinstance(error, Invalid) and error.code.lower() in numbers.CODES:
        return numbers.CODES[error.code.lower()]
    if isinstance(error, NotFound | LimitReached):
        return absent if isinstance(error, NotFound) else limit
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)


def message_of(error: RegistryError, code: int) -> str:
    """What a client is told; what concerns the operator goes to the log."""
    if code // 1000 >= 500 and code != numbers.NOT_IMPLEMENTED:
        log.error("%s", error)
        return _INTERNAL
    if isinstance(error, DeviceLimitReached):
        return f"{_QUOTA} The limit is {error.limit:,}."
    if code == numbers.PRECONDITION_FAILED and not error.message.startswith("Precondition"):
        return f"Precondition failed: {error}"
    return str(error)


def failure(
    error: RegistryError, *, code: int, request_id: str, result: FailureMembers | None = None
) -> Answer:
    """The answer to a request that failed, under a number of `code_of`.

    Args:
        error: What went wrong.
        code: Its number.
        request_id: As in `told`.
        result: What else the body of a 400 holds.
    """
    message = message_of(error, code)
    members = result(code, message) if result and numbers.status_of(code) == 400 else {}
    answer = told(code, message, request_id=request_id, beside=members)
    if isinstance(error, Throttled) and error.retry_after is not None:
        headers = {**answer.headers, "Retry-After": str(whole_seconds(error.retry_after))}
        return Answer(answer.status, answer.body, answer.content_type, headers)
    return answer


def told(code: int, message: str, *, request_id: str, beside: JsonObject | None = None) -> Answer:
    """A failure in form A, with the header that its name is in (iothub 4.7).

    Args:
        code: Its number.
        message: Why, without secrets.
        request_id: Whose digits are the tracking id.
        beside: Further members of the body.
    """
    members = numbers.format_error(
        code, message, tracking_id=request_id.replace("-", ""), at=datetime.now(UTC)
    )
    headers = {numbers.HEADER: numbers.NAMES[code]}
    body = compact_json({**members, **(beside or {})}).encode("utf-8")
    return Answer(numbers.status_of(code), body, JSON_TYPE, headers)
