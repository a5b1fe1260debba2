"""Values that Hono's own types do not hold, and those it prints in one form (hono 2.2 to 2.6)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from registry_backend.api.hono import HonoOptions
from registry_backend.api.hono.openapi import describe
from tests.end_to_end.hono.client import Api
from tests.end_to_end.hono.test_credentials import entry
from tests.end_to_end.hono.test_tenants import anchor, refused
from tests.registry_backend.registry.makers import certificate, der, ec_key, pem, public_key

INT, LONG = 2**31 - 1, 2**63 - 1
SINCE = {"effective-since": "2020-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("minimum-message-size", INT),
        ("registration-limits.max-devices", INT),
        ("registration-limits.max-credentials-per-device", INT),
        ("resource-limits.max-connections", INT),
        ("resource-limits.max-ttl", LONG),
        ("resource-limits.max-ttl-telemetry-qos0", LONG),
        ("resource-limits.max-ttl-telemetry-qos1", LONG),
        ("resource-limits.max-ttl-command-response", LONG),
        ("resource-limits.data-volume.max-bytes", LONG),
        ("resource-limits.connection-duration.max-minutes", LONG),
        ("resource-limits.data-volume.period.no-of-days", INT),
    ],
)
def test_a_number_is_as_great_as_its_type_and_no_greater(
    api: Api, tenant: str, path: str, most: int
) -> None:
    """As it is described, too."""
    schema = describe(HonoOptions(), None)["components"]["schemas"]["Tenant"]

    def sent(value: int) -> dict[str, Any]:
        inner: Any = value
        for name in reversed(path.split(".")):
            inner = {name: inner}
            if name in ("max-bytes", "max-minutes", "period"):
                inner |= SINCE
        found: dict[str, Any] = inner
        return found

    assert api("PUT", f"/v1/tenants/{tenant}", sent(most)).status == 204
    assert f"{path}: must be at most {most}" in refused(api, tenant, sent(most + 1))
    for name in path.split("."):
        schema = schema["properties"][name]
    assert schema["maximum"] == most


def test_registration_limits_are_both_printed_once_the_object_is_there(
    api: Api, old: Api, tenant: str
) -> None:
    """An empty object limits nothing, and says so (hono 2.2)."""
    assert api("PUT", f"/v1/tenants/{tenant}", {"registration-limits": {}}).status == 204
    assert api("GET", f"/v1/tenants/{tenant}").json == {
        "registration-limits": {"max-devices": -1, "max-credentials-per-device": -1}
    }
    assert "registration-limits" not in old("GET", f"/v1/tenants/{tenant}").json


# OCSP


def test_how_certificates_are_asked_about_comes_back_as_it_was_sent(api: Api, tenant: str) -> None:
    """The certificate as base64 DER, however it was given (hono 2.3)."""
    responder = certificate("Responder")
    ocsp = {
        "ocsp-revocation-enabled": True,
        "ocsp-responder-uri": "http://ocsp.example/a?b=c",
        "ocsp-responder-cert": pem(responder),
        "ocsp-nonce-enabled": False,
    }
    sent = {"trusted-ca": [{**anchor(tenant), **ocsp}]}
    assert api("PUT", f"/v1/tenants/{tenant}", sent).status == 204
    (shown,) = api("GET", f"/v1/tenants/{tenant}").json["trusted-ca"]
    expected = {**ocsp, "ocsp-responder-cert": der(responder)}
    assert {name: shown[name] for name in ocsp} == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ocsp-revocation-enabled", "maybe"),
        ("ocsp-nonce-enabled", []),
        ("ocsp-responder-uri", "no address"),
        ("ocsp-responder-uri", "//ocsp.example"),
        ("ocsp-responder-uri", 5.5),
        ("ocsp-responder-cert", "bm9uZQ=="),
        ("ocsp-responder-cert", "not base64"),
        ("ocsp-responder-cert", {}),
    ],
)
def test_what_would_not_work_is_400_with_its_member(
    api: Api, tenant: str, name: str, value: object
) -> None:
    """An anchor that asks nobody, or somebody who cannot be, would let devices in or keep them."""
    members = {"trusted-ca": [{**anchor(tenant), name: value}]}
    reply = api("PUT", f"/v1/tenants/{tenant}", members)
    assert reply.status == 400
    assert f"trusted-ca[0].{name}: " in reply.error


def test_the_types_of_ocsp_members_are_described() -> None:
    """As those of any other member."""
    schemas = describe(HonoOptions(), None)["components"]["schemas"]
    members = schemas["Tenant"]["properties"]["trusted-ca"]["items"]["properties"]
    assert {name: each["type"] for name, each in members.items() if name.startswith("ocsp")} == {
        "ocsp-revocation-enabled": "boolean",
        "ocsp-responder-uri": "string",
        "ocsp-responder-cert": "string",
        "ocsp-nonce-enabled": "boolean",
    }


# binary and sets


def without_padding(encoded: str) -> str:
    """As some write it."""
    return encoded.rstrip("=")


def url_safe(encoded: str) -> str:
    """In the other alphabet; the same where none of its letters occur."""
    return encoded.replace("+", "-").replace("/", "_")


def test_binary_members_are_printed_padded(api: Api, old: Api, device: str) -> None:
    """However they came (hono 2.6)."""
    key, public = "/+8=", public_key(ec_key())
    assert public.endswith("=")
    sent = [
        entry("psk", "k", {"key": without_padding(key)}),
        entry("rpk", "r", {"key": without_padding(public), "algorithm": "EC"}),
    ]
    assert api("PUT", f"/v1/credentials/{device}", sent).status == 204
    keys = [each["secrets"][0]["key"] for each in old("GET", f"/v1/credentials/{device}").json]
    assert keys == [key, public]
    tenant = device.partition("/")[0]
    mine = {**anchor(tenant), "public-key": without_padding(public)}
    assert api("PUT", f"/v1/tenants/{tenant}", {"trusted-ca": [mine]}).status == 204
    (shown,) = api("GET", f"/v1/tenants/{tenant}").json["trusted-ca"]
    assert shown["public-key"] == public


def test_the_url_safe_alphabet_is_400(api: Api, device: str) -> None:
    """Hono's own reader refuses it (hono 2.6); other members may hold these letters."""
    key = url_safe(base64.b64encode(b"\xff\xef").decode())
    reply = api("PUT", f"/v1/credentials/{device}", [entry("psk", "a-b", {"key": key})])
    assert reply.status == 400
    assert "[0].secrets[0].key: must be standard base64" in reply.error
    assert key not in reply.error
    tenant = device.partition("/")[0]
    mine = {**anchor(tenant), "public-key": "a-_b"}
    assert "trusted-ca[0].public-key: must be standard base64" in refused(
        api, tenant, {"trusted-ca": [mine]}
    )
    other = [entry("token", "a-b", {"key": key})]
    assert api("PUT", f"/v1/credentials/{device}", other).status == 204


def test_authorities_are_a_set(api: Api, device: str) -> None:
    """Each once, in the order they came (hono 2.4)."""
    assert api("PUT", f"/v1/devices/{device}", {"authorities": ["b", "a", "b"]}).status == 204
    assert api("GET", f"/v1/devices/{device}").json["authorities"] == ["b", "a"]
