"""Request bodies as hubs read them: any Content-Type, or none (iothub 2)."""

from __future__ import annotations

from typing import Any

from registry_backend.api.iothub.service import Call
from registry_backend.domain.document import check_depth, parse_json
from registry_backend.domain.errors import Invalid
from registry_backend.wire.iothub_device_errors import (
    ARGUMENT_INVALID,
    ARGUMENT_NULL,
    FORMAT_ERROR,
    HubInvalid,
)


def read_json(call: Call) -> Any:
    """The decoded body. Raises HubInvalid."""
    if not call.body.strip():
        raise HubInvalid(ARGUMENT_NULL, "The request has no body.")
    try:
        value = parse_json(call.body, what="The body")
    except Invalid as error:
        raise HubInvalid(FORMAT_ERROR, error.message) from None
    try:
        check_depth(value)
    except Invalid as error:
        raise HubInvalid(ARGUMENT_INVALID, f"The body {error.problems[0].problem}.") from None
    return value
