"""The members of a tenant (hono 2.2, 2.3)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.hono.client import Api
from tests.registry_backend.registry.makers import certificate, der, ec_key, public_key

WHOLE: dict[str, Any] = {
    "enabled": True,
    "alias": "",
    "ext": {"free": {"form": [1, None]}},
    "defaults": {"ttl": 30},
    "adapters": [
        {"type": "hono-http", "enabled": True, "ext": {"a": 1}},
        {"type": "hono-mqtt", "enabled": False, "device-authentication-required": False},
    ],
    "minimum-message-size": 4096,
    "resource-limits": {
        "max-connections": 100,
        "max-ttl": 30,
        "max-ttl-telemetry-qos0": 5,
        "data-volume": {
            "effective-since": "2020-01-01T00:00:00Z",
            "max-bytes": 1000,
            "period": {"mode": "days", "no-of-days": 7},
        },
        "ext": {"x": 1},
    },
    "registration-limits": {"max-devices": 100, "max-credentials-per-device": 5},
    "tracing": {"sampling-mode": "all", "sampling-mode-per-auth-id": {"sensor1": "none"}},
    "trust-anchor-group": "shared",
}


def anchor(name: str) -> dict[str, Any]:
    """A trust anchor given member by member."""
    return {
        "subject-dn": f"CN={name}",
        "public-key": public_key(ec_key()),
        "algorithm": "EC",
        "not-before": "2020-01-01T00:00:00+01:00",
        "not-after": "2040-01-01T00:00:00Z",
    }


def refused(api: Api, tenant: str, members: object) -> str:
    """The message of the 400 that such a tenant gets."""
    reply = api("PUT", f"/v1/tenants/{tenant}", members)
    assert reply.status == 400
    assert reply.error.startswith("request does not contain a valid Tenant object: ")
    return reply.error


def test_a_whole_tenant_comes_back_as_it_was_sent(api: Api, tenant: str) -> None:
    """Every member that 2.x knows."""
    sent = {**WHOLE, "alias": f"a-{uuid4()}"}
    assert api("PUT", f"/v1/tenants/{tenant}", sent).status == 204
    assert api("GET", f"/v1/tenants/{tenant}").json == sent


def test_an_empty_tenant_shows_nothing_in_2_x_and_enabled_in_1_1(
    api: Api, old: Api, tenant: str
) -> None:
    """As Hono has it (hono 3.4)."""
    assert api("GET", f"/v1/tenants/{tenant}").json == {}
    assert old("GET", f"/v1/tenants/{tenant}").json == {"enabled": True}


def test_what_says_nothing_is_left_out(api: Api, tenant: str) -> None:
    """A message size of 0, limits of -1 and nulls; registration limits are always both there."""
    sent = {
        "minimum-message-size": 0,
        "resource-limits": {"max-connections": -1, "max-ttl": 5},
        "registration-limits": {"max-devices": 3},
        "ext": None,
        "adapters": None,
    }
    assert api("PUT", f"/v1/tenants/{tenant}", sent).status == 204
    assert api("GET", f"/v1/tenants/{tenant}").json == {
        "resource-limits": {"max-ttl": 5},
        "registration-limits": {"max-devices": 3, "max-credentials-per-device": -1},
    }


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"id": "x"}, "id"),
        ({"tenant-id": "x"}, "tenant-id"),
        ({"status": {}}, "status"),
        ({"adapters": [{"type": "a", "color": 1}]}, "adapters[0].color"),
        ({"adapters": []}, "adapters"),
        ({"adapters": [{"enabled": True}]}, "adapters[0].type"),
        ({"adapters": [{"type": "a"}, {"type": "a"}]}, "adapters"),
        ({"adapters": [None]}, "adapters[0]"),
        ({"resource-limits": {"max-connections": -2}}, "resource-limits.max-connections"),
        ({"resource-limits": {"data-volume": {}}}, "resource-limits.data-volume.effective-since"),
        ({"registration-limits": {"max": 1}}, "registration-limits.max"),
        ({"minimum-message-size": -1}, "minimum-message-size"),
        ({"tracing": {"sampling-mode": "some"}}, "tracing.sampling-mode"),
        ({"alias": None}, "alias"),
        ({"alias": "Not An Alias"}, "alias"),
        ({"trusted-ca": [{"cert": "bm9uZQ=="}]}, "trusted-ca[0].cert"),
        ({"trusted-ca": [{"subject-dn": "CN=a"}]}, "trusted-ca[0].public-key"),
        ({"trusted-ca": {"subject-dn": "CN=a"}}, "trusted-ca"),
        ({"ext": []}, "ext"),
        ({"enabled": {}}, "enabled"),
        ([], "expected an object, not an array"),
        ("text", "expected an object, not a text"),
    ],
)
def test_a_tenant_that_breaks_a_rule_is_400_with_the_path(
    api: Api, tenant: str, members: object, path: str
) -> None:
    """Unknown members at every level, and each rule of hono 2.2; nothing was written."""
    before = api("GET", f"/v1/tenants/{tenant}").etag
    reply = api("PUT", f"/v1/tenants/{tenant}", members)
    assert reply.status == 400
    assert path in reply.error
    assert api("GET", f"/v1/tenants/{tenant}").etag == before


def test_several_faults_are_told_together(api: Api, tenant: str) -> None:
    """So that one round is enough."""
    message = refused(api, tenant, {"a": 1, "adapters": [{"type": "x", "b": 2}]})
    assert "a: is not" in message
    assert "adapters[0].b: is not" in message


def test_a_certificate_becomes_what_is_derived_from_it(either: Api, tenant: str) -> None:
    """`cert` is write-only and overrides what stands beside it (hono 2.3)."""
    sent = {"cert": der(certificate(f"CA {tenant}")), "subject-dn": "CN=ignored"}
    assert either("PUT", f"/v1/tenants/{tenant}", {"trusted-ca": [sent]}).status == 204
    (shown,) = either("GET", f"/v1/tenants/{tenant}").json["trusted-ca"]
    assert "cert" not in shown
    assert shown["subject-dn"].startswith(f"CN=CA {tenant},O=Acme")
    assert shown["public-key"] == public_key(ec_key())
    assert (shown["algorithm"], shown["not-after"]) == ("EC", "2036-01-01T00:00:00Z")


def test_trust_anchors_get_ids_in_2_x_and_keep_them_when_1_1_writes(
    api: Api, old: Api, tenant: str
) -> None:
    """What 1.1 cannot see it cannot destroy: ids, templates, the alias."""
    sent = {**anchor(tenant), "auth-id-template": "{{subject-cn}}"}
    alias = f"a-{uuid4()}"
    api("PUT", f"/v1/tenants/{tenant}", {"trusted-ca": [sent], "alias": alias})
    (first,) = api("GET", f"/v1/tenants/{tenant}").json["trusted-ca"]
    assert first["not-before"] == "2019-12-31T23:00:00Z"
    seen = old("GET", f"/v1/tenants/{tenant}").json
    assert "id" not in seen["trusted-ca"][0]
    assert "alias" not in seen
    assert old("PUT", f"/v1/tenants/{tenant}", {**seen, "ext": {"n": 1}}).status == 204
    after = api("GET", f"/v1/tenants/{tenant}").json
    assert after["trusted-ca"] == [first]
    assert (after["alias"], after["ext"]) == (alias, {"n": 1})


def test_a_trust_anchor_or_alias_of_another_tenant_is_409(api: Api, tenant: str) -> None:
    """Unless both tenants are in one trust-anchor-group."""
    mine = {"trusted-ca": [anchor(tenant)], "trust-anchor-group": "g", "alias": f"a-{tenant}"}
    assert api("PUT", f"/v1/tenants/{tenant}", mine).status == 204
    other = f"/v1/tenants/other-{uuid4()}"
    taken = api("POST", other, {"trusted-ca": [anchor(tenant)]})
    assert taken.status == 409
    assert "trusted-ca[0]" in taken.error
    assert api("POST", other, {"alias": f"a-{tenant}"}).status == 409
    shared = {"trusted-ca": [anchor(tenant)], "trust-anchor-group": "g"}
    assert api("POST", other, shared).status == 201


def test_1_1_ignores_unknown_members_at_the_top_and_refuses_them_below(
    old: Api, tenant: str
) -> None:
    """Hono 2, the reason as plain text."""
    assert old("PUT", f"/v1/tenants/{tenant}", {"color": 1, "alias": "A B"}).status == 204
    assert old("GET", f"/v1/tenants/{tenant}").json == {"enabled": True}
    reply = old("PUT", f"/v1/tenants/{tenant}", {"adapters": [{"type": "a", "color": 1}]})
    assert reply.status == 400
    assert b"adapters[0].color" in reply.body


def test_1_1_writes_enabled_into_adapters(api: Api, old: Api, tenant: str) -> None:
    """Against its own description, and into the stored object; 2.x leaves them as sent."""
    old("PUT", f"/v1/tenants/{tenant}", {"adapters": [{"type": "a"}]})
    assert api("GET", f"/v1/tenants/{tenant}").json["adapters"] == [{"type": "a", "enabled": True}]
    api("PUT", f"/v1/tenants/{tenant}", {"adapters": [{"type": "a"}]})
    assert api("GET", f"/v1/tenants/{tenant}").json["adapters"] == [{"type": "a"}]


def test_1_1_takes_any_id(api: Api, old: Api) -> None:
    """It has no pattern; 2.x has one (hono 2.1)."""
    tenant_id = f"a%20b-{uuid4()}"
    assert api("POST", f"/v1/tenants/{tenant_id}").status == 400
    assert old("POST", f"/v1/tenants/{tenant_id}").status == 201
    assert old("POST", "/v1/tenants/%00").status == 400


def test_1_1_answers_most_failures_without_a_body(old: Api, tenant: str) -> None:
    """404, 409 and 412 say no word (hono 3.2)."""
    replies = (
        old("GET", "/v1/tenants/nobody"),
        old("POST", f"/v1/tenants/{tenant}"),
        old("PUT", f"/v1/tenants/{tenant}", {}, if_match="x"),
    )
    assert [(reply.status, reply.body) for reply in replies] == [(404, b""), (409, b""), (412, b"")]
