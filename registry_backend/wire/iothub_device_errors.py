"""The hub's errors: numbers, names and bodies, both directions (iothub 4.7, 4.8)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pydantic_core import from_json

from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid

BAD_REQUEST = 400000
INVALID_PROTOCOL_VERSION = 400001
ARGUMENT_INVALID = 400004
ARGUMENT_NULL = 400005
FORMAT_ERROR = 400006
BLOB_CONTAINER_VALIDATION_ERROR = 400008
DEVICE_DEFINED_MULTIPLE_TIMES = 400011
DESERIALIZATION_ERROR = 400012
BULK_REGISTRY_OPERATION_FAILURE = 400013
INVALID_POLICY_KEY = 400035
BULK_REGENERATE_FAILURE = 400036
HUB_NOT_FOUND = 401001
UNAUTHORIZED_ACCESS = 401002
UNAUTHORIZED = 401003
FORBIDDEN = 403000
QUOTA_EXCEEDED = 403002
JOB_QUOTA_EXCEEDED = 403003
NOT_FOUND = 404000
DEVICE_NOT_FOUND = 404001
JOB_NOT_FOUND = 404002
METHOD_NOT_ALLOWED = 405000
NOT_IN_CURRENT_STATE = 405102
REQUEST_TIMEOUT = 408000
CONFLICT = 409000
DEVICE_ALREADY_EXISTS = 409001
PRECONDITION_FAILED = 412001
BODY_TOO_LARGE = 413000
TOO_MANY_DEVICES = 413002
UNSUPPORTED_MEDIA_TYPE = 415000
THROTTLED = 429001
BACKLOG_TIMEOUT = 429003
SERVER_ERROR = 500001
NOT_IMPLEMENTED = 501000
SERVICE_UNAVAILABLE = 503001

NAMES: Mapping[int, str] = {
    BAD_REQUEST: "GenericBadRequest",
    INVALID_PROTOCOL_VERSION: "InvalidProtocolVersion",
    ARGUMENT_INVALID: "ArgumentInvalid",
    ARGUMENT_NULL: "ArgumentNull",
    FORMAT_ERROR: "IotHubFormatError",
    BLOB_CONTAINER_VALIDATION_ERROR: "BlobContainerValidationError",
    DEVICE_DEFINED_MULTIPLE_TIMES: "DeviceDefinedMultipleTimes",
    DESERIALIZATION_ERROR: "DeserializationError",
    BULK_REGISTRY_OPERATION_FAILURE: "BulkRegistryOperationFailure",
    INVALID_POLICY_KEY: "InvalidPolicyKey",
    BULK_REGENERATE_FAILURE: "BulkRegenerateDeviceKeyOperationFailure",
    HUB_NOT_FOUND: "IotHubNotFound",
    UNAUTHORIZED_ACCESS: "IotHubUnauthorizedAccess",
    UNAUTHORIZED: "IotHubUnauthorized",
    FORBIDDEN: "GenericForbidden",
    QUOTA_EXCEEDED: "IotHubQuotaExceeded",
    JOB_QUOTA_EXCEEDED: "JobQuotaExceeded",
    NOT_FOUND: "GenericNotFound",
    DEVICE_NOT_FOUND: "DeviceNotFound",
    JOB_NOT_FOUND: "JobNotFound",
    METHOD_NOT_ALLOWED: "GenericMethodNotAllowed",
    NOT_IN_CURRENT_STATE: "OperationNotAllowedInCurrentState",
    REQUEST_TIMEOUT: "GenericRequestTimeout",
    CONFLICT: "GenericConflict",
    DEVICE_ALREADY_EXISTS: "DeviceAlreadyExists",
    PRECONDITION_FAILED: "PreconditionFailed",
    BODY_TOO_LARGE: "GenericRequestEntityTooLarge",
    TOO_MANY_DEVICES: "TooManyDevices",
    UNSUPPORTED_MEDIA_TYPE: "GenericUnsupportedMediaType",
    THROTTLED: "ThrottlingException",
    BACKLOG_TIMEOUT: "ThrottlingBacklogTimeout",
    SERVER_ERROR: "ServerError",
    NOT_IMPLEMENTED: "GenericNotImplemented",
    SERVICE_UNAVAILABLE: "ServiceUnavailable",
}
CODES: Mapping[str, int] = {name.lower(): code for code, name in NAMES.items()}

HEADER = "iothub-errorcode"
_GIVEN = re.compile(r"ErrorCode:\s*(\w+)", re.IGNORECASE)
_TRACKED = re.compile(r"Tracking ?Id:\s*([0-9a-zA-Z]+)", re.IGNORECASE)


class HubInvalid(Invalid):
    """An input that a hub refuses under a name of its own.

    Args:
        code: Such as 400004; its first three digits are the HTTP status.
        message: As in RegistryError; never quotes a key.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message, code=NAMES[code])


class HubError(NamedTuple):
    """What a hub's failure says, in whichever form it came."""

    code: int
    """0 where only a name is known that is not in the table."""
    name: str
    message: str
    tracking_id: str


def status_of(code: int) -> int:
    """The HTTP status of a number; an absent hub is a 404 whatever its number (iothub 4.8)."""
    return 404 if code == HUB_NOT_FOUND else code // 1000


def format_error(code: int, message: str, *, tracking_id: str, at: datetime) -> JsonObject:
    """The body of a failure (iothub 4.7, form A); the text is never empty."""
    when = at.astimezone(UTC).strftime("%m/%d/%Y %H:%M:%S")
    return {
        "Message": f"ErrorCode:{NAMES[code]};{message or 'no further reason is known'}",
        "ExceptionMessage": f"Tracking ID:{tracking_id}-G:0-TimeStamp:{when}",
    }


def parse_error(body: bytes, *, status: int, header: str | None = None) -> HubError:
    """A failure in any form that hubs send: A, that of 2016, or B, also inside A (iothub 4.7).

    The header's name counts most, then the body's, then the status.
    """
    members = _members(body)
    outer = _text(members, "Message")
    inner = _members(outer.encode("utf-8", "replace"))
    source = inner or members
    named = _GIVEN.search(outer)
    number = source.get("errorCode")
    code = number if isinstance(number, int) else 0
    name = header or (named[1] if named else "") or NAMES.get(code, "")
    code = CODES.get(name.lower(), code) or code or status * 1000
    told = _text(members, "ExceptionMessage") or outer
    found = _TRACKED.search(told)
    tracking_id = _text(source, "trackingId") or (found[1] if found else "")
    return HubError(code, name or NAMES.get(code, ""), _reason(source, outer), tracking_id)


def _members(body: bytes) -> JsonObject:
    try:
        value: Any = from_json(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _text(members: JsonObject, name: str) -> str:
    found = next((value for given, value in members.items() if given.lower() == name.lower()), None)
    return found if isinstance(found, str) else ""


def _reason(source: JsonObject, outer: str) -> str:
    text = _text(source, "message") or outer
    text = text.partition(";")[2] if text.startswith("ErrorCode:") else text
    lines = [line for line in text.splitlines() if not _is_bookkeeping(line)]
    return " ".join(line.strip() for line in lines if line.strip())


def _is_bookkeeping(line: str) -> bool:
    """Lines that the form of 2016 adds below the text."""
    return bool(_GIVEN.match(line.strip()) or _TRACKED.match(line.strip()))
