"""The one place where errors become Hono's statuses and bodies (hono 3.2)."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from registry_backend.api.answers import JSON_TYPE, PLAIN_TYPE, Answer
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.errors import (
    AlreadyExists,
    Denied,
    Fault,
    FieldProblem,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
    Throttled,
    Unreachable,
    Unsupported,
    VersionMismatch,
)
from registry_backend.wire.hono_profiles import HonoProfile

STATUSES: dict[type[RegistryError], int] = {
    NotFound: 404,
    AlreadyExists: 409,
    VersionMismatch: 412,
    Invalid: 400,
    Denied: 403,
    LimitReached: 403,
    Throttled: 503,
    Unreachable: 503,
    Unsupported: 501,
    Fault: 500,
}
VERSION_MISMATCH = "resource version mismatch"
"""Hono's own words."""
_SILENT_11 = frozenset({403, 404, 409, 412})
"""1.1 gives these without a body (hono 3.2)."""
_INTERNAL = "the registry cannot do this now; its log says why"

log = logging.getLogger("idconsole.hono")


def failure(error: RegistryError, profile: HonoProfile, *, expected: str = "") -> Answer:
    """The answer to a request that failed. What concerns the operator goes to the log.

    `expected` is what the request's If-Match said.
    """
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    message = str(error)
    if status >= 500 and status != 501:
        log.error("%s", error)
        message = _INTERNAL
    if status == 412:
        message = f"{VERSION_MISMATCH}: {bare_version_hint(expected) or message}"
    problems = error.problems if isinstance(error, Invalid) else ()
    answer = told(status, message, profile, problems=problems)
    if isinstance(error, Throttled) and error.retry_after is not None:
        headers = {"Retry-After": str(int(error.retry_after) + 1)}
        return Answer(answer.status, answer.body, answer.content_type, headers)
    return answer


def bare_version_hint(expected: str) -> str:
    """What to say of an If-Match in a form that Hono does not understand (hono 3.1)."""
    if any(mark in expected for mark in '"*,'):
        return (
            "If-Match is compared as it is. Send the version of an ETag bare, without quotes, or "
            "no If-Match if any version will do."
        )
    return ""


def told(
    status: int, message: str, profile: HonoProfile, *, problems: Sequence[FieldProblem] = ()
) -> Answer:
    """An error with its reason, in the form of the profile; fields beside it where they are known.

    Hono's description lets errors have further members (hono 3.2), and its clients pass over them.
    """
    if profile.json_errors:
        members: JsonObject = {"error": message}
        if problems:
            members["problems"] = [
                {"field": each.field, "problem": each.problem} for each in problems
            ]
        return Answer(status, compact_json(members).encode("utf-8"), JSON_TYPE)
    if status in _SILENT_11:
        return Answer(status)
    return Answer(status, message.encode("utf-8"), PLAIN_TYPE)
