"""What a hub's refusals mean, whichever of its forms they come in (iothub 2.3, 4.7, 4.8). Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from console.adapters.rest_refusals import Refusal, problem_of, retry_after
from console.adapters.rest_words import hidden_in, short
from registry_backend.domain.errors import (
    AlreadyExists,
    Denied,
    Fault,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
    Throttled,
    Unsupported,
    VersionMismatch,
)
from registry_backend.wire.iothub_device_errors import (
    BLOB_CONTAINER_VALIDATION_ERROR,
    CODES,
    DEVICE_ALREADY_EXISTS,
    DEVICE_NOT_FOUND,
    HEADER,
    HUB_NOT_FOUND,
    INVALID_PROTOCOL_VERSION,
    JOB_QUOTA_EXCEEDED,
    NAMES,
    NOT_IN_CURRENT_STATE,
    PRECONDITION_FAILED,
    QUOTA_EXCEEDED,
    HubError,
    parse_error,
)

WAIT_SECONDS = 10.0
"""What a hub that slows its callers down asks for where it names no time (iothub 8)."""
CLOCK_MINUTES = 2
"""Two clocks that differ by more are worth telling; five make a hub refuse tokens (iothub 7.1)."""

_BY_CODE: Mapping[int, Callable[..., RegistryError]] = {
    HUB_NOT_FOUND: NotFound,
    QUOTA_EXCEEDED: LimitReached,
    JOB_QUOTA_EXCEEDED: LimitReached,
    NOT_IN_CURRENT_STATE: Invalid,
}
_BY_STATUS: Mapping[int, Callable[..., RegistryError]] = {
    400: Invalid,
    401: Denied,
    403: Denied,
    404: NotFound,
    405: Unsupported,
    409: AlreadyExists,
    412: VersionMismatch,
    413: Invalid,
    415: Invalid,
    429: Throttled,
    501: Unsupported,
}
_VERDICTS = {
    HUB_NOT_FOUND: "there is no such hub",
    QUOTA_EXCEEDED: "the hub has reached a quota",
    JOB_QUOTA_EXCEEDED: "a hub runs one import or export at a time, and one is running",
    DEVICE_NOT_FOUND: "not found",
    DEVICE_ALREADY_EXISTS: "a device with that id is registered already",
    PRECONDITION_FAILED: "it was changed since it was read",
    BLOB_CONTAINER_VALIDATION_ERROR: "the hub cannot use the container",
    INVALID_PROTOCOL_VERSION: "the hub does not know this version of its API",
    400: "not accepted",
    401: "the connection string was not accepted",
    403: "not permitted",
    404: "not found",
    405: "not possible here",
    409: "it is there already",
    412: "it was changed since it was read",
    413: "too much at once",
    429: "the hub asks to slow down",
}
_HINTS = {
    HUB_NOT_FOUND: "Check HostName in the connection string.",
    QUOTA_EXCEEDED: "It may be the number of devices, or the messages of the day.",
    JOB_QUOTA_EXCEEDED: "Wait for it, or cancel it in the list of jobs.",
    BLOB_CONTAINER_VALIDATION_ERROR: (
        "Its shared access signature needs read, write and delete and must not be over; an import "
        "needs the file named there."
    ),
    INVALID_PROTOCOL_VERSION: "Set api-version of the context.",
}


def hub_problem(refusal: Refusal) -> RegistryError:
    """One error with the hub's name and number for it, its words, and what we make of them."""
    header = refusal.headers.get(HEADER)
    if not header and not refusal.body.lstrip().startswith(b"{"):
        return problem_of(refusal)  # a proxy's page, or anything else that is no hub's
    return error_of(parse_error(refusal.body, status=refusal.status, header=header), refusal)


def error_of(error: HubError, refusal: Refusal) -> RegistryError:
    """A hub's error, read already, as ours."""
    code = CODES.get(error.name.lower(), error.code)
    status = refusal.status
    verdict = _VERDICTS.get(code) or _VERDICTS.get(status) or "the hub failed"
    if _lacks_right(error):
        verdict = "the policy of the connection string may not do this"
    words = short(hidden_in(error.message, refusal.hidden))
    said = f"; the hub says: {words.rstrip('.')}" if words else ""
    tracked = f" Tracking id {error.tracking_id}." if error.tracking_id else ""
    message = (
        f"{refusal.what[:1].upper()}{refusal.what[1:]}: {verdict} "
        f"({error.name}, HTTP {status}){said}.{tracked}"
    )
    hint = _HINTS.get(code, "")
    if status == 401 and code != HUB_NOT_FOUND:
        hint = clock_hint(refusal.headers.get("date"), datetime.now(UTC)) or (
            "Use the connection string of a policy that has the right for this."
            if _lacks_right(error)
            else "Check the connection string; its policy may lack the right for this."
        )
    if status == 429:
        return Throttled(message, retry_after=retry_after(refusal.headers) or WAIT_SECONDS)
    return (_BY_CODE.get(code) or _BY_STATUS.get(status) or Fault)(message, hint=hint)


def _lacks_right(error: HubError) -> bool:
    """Whether the token was believed; the name and number alone do not tell (iothub 4.8)."""
    return "does not allow access" in error.message


def clock_hint(date: str | None, now: datetime) -> str:
    """How far this machine's clock is off the hub's; empty where they agree, or it told no time."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return ""
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    minutes = round((now - theirs).total_seconds() / 60)
    if abs(minutes) < CLOCK_MINUTES:
        return ""
    side = "ahead of" if minutes > 0 else "behind"
    return (
        f"This machine's clock is {abs(minutes):,} minutes {side} the hub's, and a token counts "
        "for five minutes beyond its time at most: set the clock."
    )


def line_error(code: int, name: str, text: str, what: str) -> RegistryError:
    """What a bulk call says of one device."""
    known = code or CODES.get(name.lower(), 0)
    shown = name or NAMES.get(known, str(known))
    status = known // 1000
    verdict = _VERDICTS.get(known) or _VERDICTS.get(status) or "not done"
    said = f"; the hub says: {text.rstrip('.')}" if text else ""
    message = f"{what[:1].upper()}{what[1:]}: {verdict} ({shown}){said}."
    return (_BY_CODE.get(known) or _BY_STATUS.get(status) or Fault)(message)
