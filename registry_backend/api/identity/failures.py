"""The one place where errors become the Identity Service's statuses and texts (identityd 1.2)."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from registry_backend.api.answers import Answer
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.errors import RegistryError
from registry_backend.identityd.behaviour_errors import (
    BadParameter,
    HubFailed,
    NoDevice,
    NotAuthorized,
    ProvisioningFailed,
)
from registry_backend.identityd.bodies import JSON
from registry_backend.wire.identity import error_json

INTERNAL = "internal error"
"""All that a caller is told of what only the operator can mend."""

log = logging.getLogger("idconsole.identity")


def failure(error: RegistryError) -> Answer:
    """The answer to a call that failed. What concerns the operator goes to the log."""
    match error:
        case NotAuthorized():
            return told(401, error.message)
        case BadParameter(cause=str(cause)):
            return told(400, error.message, (cause,))
        case NoDevice():
            return told(400, error.message)
        case HubFailed(cause=str(cause)):
            return told(404, error.message, (cause,))
        case ProvisioningFailed(cause=cause):
            return told(404, error.message, () if cause is None else (cause,))
        case _:
            log.error("%s", error)
            return told(500, INTERNAL)


def told(status: int, message: str, causes: Iterable[str] = ()) -> Answer:
    """An error with its reasons."""
    return json_answer(error_json(message, causes), status=status)


def json_answer(members: JsonObject, *, status: int = 200) -> Answer:
    """An answer with a body."""
    return Answer(status, compact_json(members).encode("utf-8"), JSON)
