"""Whatever is sent, the hub answers in its own form and never fails (iothub 4.7)."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.end_to_end.hono.client import Api
from tests.end_to_end.iothub.hub import KEY, NEW, OLD, HubApi

VALUES = st.sampled_from(
    [None, True, 0, -1, 1e300, "", "d", "enabled", "Disabled", KEY, "*", "create", "\x00", "ä"]
)
NAMES = st.sampled_from(
    [
        *("deviceId", "id", "status", "statusReason", "authentication", "symmetricKey", "eTag"),
        *("primaryKey", "secondaryKey", "x509Thumbprint", "primaryThumbprint", "type", "query"),
        *("capabilities", "parentScopes", "deviceScope", "importMode", "policyKey", "devices"),
        *("inputBlobContainerUri", "outputBlobContainerUri", "excludeKeysInExport", " DEVICEID "),
    ]
)
DOCUMENTS = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)
DEVICES = st.dictionaries(NAMES, DOCUMENTS, max_size=5).map(
    lambda members: {**members, "deviceId": "d", "id": "d"}
)
BODIES = (
    st.binary(max_size=60)
    | DOCUMENTS.map(lambda value: json.dumps(value).encode())
    | DEVICES.map(lambda value: json.dumps(value).encode())
    | st.lists(DEVICES, max_size=2).map(lambda value: json.dumps(value).encode())
)
CALLS = st.sampled_from(
    [
        ("PUT", "/devices/d"),
        ("POST", "/devices"),
        ("POST", "/devices/query"),
        ("POST", "/devices/keys/regenerate"),
        ("POST", "/jobs/create"),
        ("GET", "/importdevices"),
    ]
)
QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def assert_told(reply: Any) -> None:
    """A success, or a failure of the client's with code and text."""
    assert reply.status < 500, reply.body
    if reply.status >= 400:
        assert reply.headers["iothub-errorcode"]
        assert reply.json


@QUICK
@given(
    call=CALLS,
    body=BODIES,
    etag=st.sampled_from(
        [None, "*", "MA==", ",", '"', "W/", "é".encode("latin-1").decode("latin-1")]
    ),
    version=st.sampled_from([OLD, "2016-04-30", NEW]),
)
def test_no_body_makes_it_fail(
    server: Api, call: tuple[str, str], body: bytes, etag: str | None, version: str
) -> None:
    """And what it took can be read again, by both APIs."""
    tenant = f"hub-{uuid4()}"
    assert server("POST", f"/v1/tenants/{tenant}").status == 201
    hub = HubApi(Api(server.address, headers={"Host": f"{tenant}.azure-devices.net"}), version)
    assert_told(hub(*call, body=body, if_match=etag))
    listed = hub("GET", "/devices")
    assert listed.status == 200
    assert hub.query("select * from devices").status == 200
    for each in listed.json:
        again = hub("PUT", "/devices/d", each, if_match="*")
        assert again.status == 200
        assert {**again.json, "etag": each["etag"]} == each
        assert server("GET", f"/v1/devices/{tenant}/d").status == 200


@QUICK
@given(
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "PATCH"]),
    path=st.lists(
        st.sampled_from(
            ["devices", "jobs", "v2", "query", "create", "statistics", "twins", "keys", "modules"]
        )
        | st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=4),
        max_size=4,
    ),
    query=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12),
)
def test_no_target_makes_it_fail(server: Api, method: str, path: list[str], query: str) -> None:
    """Neither its path nor its query."""
    segments = "/".join(("", "devices", *path)) if len(path) % 2 else "/".join(("", *path))
    reply = server(method, f"{segments or '/'}?api-version={NEW}&{query}", body=b"{}")
    assert reply.status < 500
    assert reply.status != 400 or reply.body
