"""Every recorded answer of the real daemon, asked again over a real socket from the same uids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.identity.client import JSON, Running
from tests.end_to_end.identity.conftest import RECORDED

VECTORS: list[dict[str, Any]] = RECORDED["vectors"]
GROUPS = list(dict.fromkeys((each["config"], each["uid"]) for each in VECTORS))
VOLATILE = {
    "<key handle>": re.compile(r"sr=.+&sig=.+"),
    "<derived key handle>": re.compile(r"sr=.+&sig=.+"),
    "<genId>": re.compile(r"\d+"),
    "<PRIVATE KEY PEM>": re.compile(r"-----BEGIN PRIVATE KEY-----\n.+", re.DOTALL),
    "<CERTIFICATE PEM>": re.compile(r"-----BEGIN CERTIFICATE-----\n.+", re.DOTALL),
    "<RFC3339 +00:00>": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"),
}


def differences(expected: Any, found: Any, path: str = "") -> Iterator[str]:
    """Where an answer is another than the recorded one; what changes each time fits its form."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        for name in expected:
            yield from differences(expected[name], found[name], f"{path}/{name}")
    elif expected in VOLATILE if isinstance(expected, str) else False:
        if not (isinstance(found, str) and VOLATILE[expected].fullmatch(found)):
            yield f"{path}: {found!r} is no {expected}"
    elif expected != found:
        yield f"{path}: {found!r} instead of {expected!r}"


def comparable(members: Any, status: int) -> Any:
    """An answer without what is not the contract, as the file's own note has it."""
    if status == 422:
        return {"message": "…"} if set(members) == {"message"} else members
    if status == 404:
        return {"message": re.sub(r"ErrorCode:.*", "ErrorCode:…", members["message"])}
    return members


OF_A_BODY = {"content-type", "content-length"}
OURS = {"connection", "server"}
"""That it ends as was asked for, and who answers instead of the daemon."""


def expected_headers(vector: dict[str, Any]) -> set[str]:
    """What the head of an answer holds (identityd 6)."""
    return {"date"} if vector["response_content_type"] is None else {"date", *OF_A_BODY}


def mismatch(vector: dict[str, Any], service: Running) -> list[str]:
    """How the service answers otherwise than the daemon did."""
    body = vector["body"]
    reply = service.api.of(vector["uid"])(
        vector["method"],
        vector["target"],
        body=None if body is None else body.encode(),
        content_type=vector["content_type"],
    )
    status = vector["status"]
    found = [f"status {reply.status} instead of {status}"] if reply.status != status else []
    kind = reply.headers.get("content-type")
    if kind != vector["response_content_type"]:
        found.append(f"content type {kind} instead of {vector['response_content_type']}")
    if (names := reply.headers.keys() - OURS) != expected_headers(vector):
        found.append(f"headers {sorted(names)}")
    if not vector["response"] or found:
        return found + ([f"body {reply.body!r}"] if reply.body and not vector["response"] else [])
    expected = comparable(json.loads(vector["response"]), status)
    return list(differences(expected, comparable(reply.json, status)))


@pytest.mark.parametrize(("config", "uid"), GROUPS)
def test_the_service_answers_as_the_daemon_did(
    config: str, uid: int, hubless: Running, manual: Running
) -> None:
    """Status, headers and JSON body are those recorded, in the order they were asked for."""
    service = hubless if config == "none" else manual
    asked = [each for each in VECTORS if (each["config"], each["uid"]) == (config, uid)]
    wrong = [
        (f"{each['method']} {each['target']} {each['body']}", found)
        for each in asked
        if (found := mismatch(each, service))
    ]
    assert wrong == []


def test_no_recording_is_left_out() -> None:
    """All 96 are asked, none is exempted, and each has a body of JSON or none.

    Not compared, as the recordings' own note has it: what a 422 says, and in a 404 the hub's own
    words. What changes each time (keys, certificates, generations) must have its form.
    """
    assert len(VECTORS) == 96
    assert {each["response_content_type"] for each in VECTORS} == {JSON, None}
