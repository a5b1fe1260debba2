"""Request bodies and answers as Hono has them (hono 3.1, 3.2)."""

from __future__ import annotations

from typing import Any

from registry_backend.api.answers import JSON_TYPE, Answer
from registry_backend.api.hono.service import Call
from registry_backend.api.targets import path_of
from registry_backend.domain.document import json_bytes, parse_json
from registry_backend.domain.errors import Invalid


def required_json(call: Call) -> Any:
    """The body of a PUT. Raises Invalid in Hono's words (hono 3.2)."""
    if not call.content_type:
        raise Invalid("Missing Content-Type header")
    return _json(call)


def optional_json(call: Call) -> Any:
    """The body of a POST, an empty object where there is none. Raises Invalid."""
    if not call.body:
        return {}
    if not call.content_type:
        raise Invalid("Missing Content-Type header")
    return _json(call)


def json_answer(status: int, members: Any, *, version: str = "", location: str = "") -> Answer:
    """An answer with a JSON body; ETags are bare (hono 3.1)."""
    headers = {"ETag": version} if version else {}
    if location:
        headers["Location"] = location
    return Answer(status, json_bytes(members), JSON_TYPE, headers)


def created(version: str, resource: str, *ids: str) -> Answer:
    """201, with where the new thing is and the id it got (hono 1)."""
    location = path_of("v1", resource, *ids)
    return json_answer(201, {"id": ids[-1]}, version=version, location=location)


def no_content(version: str = "") -> Answer:
    """204, with the new version where there is one."""
    return Answer(204, headers={"ETag": version} if version else {})


def _json(call: Call) -> Any:
    kind = call.content_type.partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Invalid(f"Unsupported Content-Type [{kind}]: send application/json.")
    if not call.body:
        raise Invalid("Empty body")
    try:
        value = parse_json(call.body, what="The body")
    except Invalid as error:
        raise Invalid(f"Invalid JSON: {error.message}") from None
    if value is None:
        raise Invalid("Null body")
    return value
