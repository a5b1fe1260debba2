"""Credentials: their members, secrets by id in 2.x, whole sets in 1.1 (hono 2.5, 3.6)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from registry_backend.domain.secrets import hash_password, verify_password
from tests.end_to_end.hono.client import Api
from tests.registry_backend.registry.makers import certificate, der, ec_key, public_key

BCRYPT = hash_password("known", cost=4)
SHA = base64.b64encode(bytes(64)).decode()
KEY = "VGhlU2hhcmVkS2V5"
MORE = {"enabled": False, "comment": "c", "not-after": "2018-01-01T00:00:00+01:00"}


def entry(kind: str, auth_id: str, *secrets: Any, **members: Any) -> dict[str, Any]:
    """One credential."""
    return {"type": kind, "auth-id": auth_id, "secrets": list(secrets), **members}


def password(auth_id: str, *secrets: Any) -> dict[str, Any]:
    """One hashed-password credential."""
    return entry("hashed-password", auth_id, *secrets)


def put(api: Api, device: str, *entries: object, if_match: str | None = None) -> str:
    """Replace the set; the new version."""
    reply = api("PUT", f"/v1/credentials/{device}", list(entries), if_match=if_match)
    assert reply.status == 204, reply.body
    return reply.etag


def shown(api: Api, device: str) -> Any:
    """The set as it is shown."""
    return api("GET", f"/v1/credentials/{device}").json


def stored_hash(old: Api, device: str) -> str:
    """The first password hash, which only 1.1 shows."""
    found: str = shown(old, device)[0]["secrets"][0]["pwd-hash"]
    return found


def test_2_x_strips_passwords_and_keys_and_gives_ids(api: Api, device: str) -> None:
    """Only id and common members come back (hono 2.5)."""
    put(api, device, password("p", {"pwd-plain": "x", **MORE}), entry("psk", "k", {"key": KEY}))
    first, second = shown(api, device)
    assert set(first["secrets"][0]) == {"id", "enabled", "comment", "not-after"}
    assert first["secrets"][0]["not-after"] == "2017-12-31T23:00:00Z"
    assert set(second["secrets"][0]) == {"id"}
    assert "enabled" not in first


def test_1_1_echoes_hashes_and_keys_without_ids(old: Api, device: str) -> None:
    """What was stored, `pwd-plain` replaced by its hash (hono 3.6)."""
    digest = {"hash-function": "sha-512", "pwd-hash": SHA, "salt": "c2FsdA=="}
    entries = (password("p", {"pwd-plain": "x"}, digest), entry("psk", "k", {"key": KEY}))
    put(old, device, *entries)
    first, second = shown(old, device)
    made, kept = first["secrets"]
    assert set(made) == {"hash-function", "pwd-hash"}
    assert made["hash-function"] == "bcrypt"
    assert verify_password("x", function="bcrypt", pwd_hash=made["pwd-hash"], salt=None)
    assert kept == digest
    assert second["secrets"] == [{"key": KEY}]


def test_a_secret_named_by_its_id_keeps_its_hash_and_nothing_else(
    api: Api, old: Api, device: str
) -> None:
    """Material carries over; comment, validity and state are replaced, not merged."""
    put(api, device, password("p", {"pwd-plain": "x", **MORE}))
    before = stored_hash(old, device)
    (secret,) = shown(api, device)[0]["secrets"]
    put(api, device, password("p", {"id": secret["id"], "comment": "new"}))
    assert stored_hash(old, device) == before
    assert shown(api, device)[0]["secrets"] == [{"id": secret["id"], "comment": "new"}]


def test_a_set_with_a_psk_can_be_written_back_as_it_was_read(
    api: Api, old: Api, device: str
) -> None:
    """Better than Hono, where the key must be entered again (hono 10.3)."""
    put(api, device, entry("psk", "k", {"key": KEY}), password("p", {"pwd-plain": "x"}))
    put(api, device, *shown(api, device))
    assert shown(old, device)[0]["secrets"][0]["key"] == KEY


def test_secrets_and_credentials_left_out_are_gone(api: Api, device: str) -> None:
    """`[]` removes all (hono 3.6, 1)."""
    put(api, device, password("p", {"pwd-plain": "x"}, {"pwd-plain": "y"}), entry("a", "b", {}))
    first = shown(api, device)[0]
    put(api, device, password("p", {"id": first["secrets"][1]["id"]}))
    assert shown(api, device) == [password("p", {"id": first["secrets"][1]["id"]})]
    put(api, device)
    assert shown(api, device) == []


@pytest.mark.parametrize("with_others", [True, False])
def test_an_unknown_secret_id_is_400(api: Api, device: str, *, with_others: bool) -> None:
    """In Hono's words, and the set stays."""
    if with_others:
        put(api, device, password("p", {"pwd-plain": "x"}))
    before = shown(api, device)
    reply = api("PUT", f"/v1/credentials/{device}", [password("p", {"id": "no"})])
    assert reply.status == 400
    told = "has no secret with id: no" if with_others else "no credentials on record for device"
    assert told in reply.error
    assert "[0].secrets[0].id" in reply.error
    assert shown(api, device) == before


BROKEN: list[tuple[Any, str]] = [
    ({"type": "psk"}, "expected an array of credentials, not one object"),
    (5, "not a number"),
    ([None], "[0]: expected an object, not null"),
    ([[]], "[0]: expected an object, not an array"),
    ([{"auth-id": "a", "secrets": [{}]}], "[0].type"),
    ([{"type": "psk", "secrets": [{"key": KEY}]}], "[0].auth-id"),
    ([entry("psk", "", {"key": KEY})], "[0].auth-id"),
    ([{"type": "psk", "auth-id": "a"}], "[0].secrets"),
    ([entry("psk", "a")], "[0].secrets"),
    ([entry("psk", "a", None)], "[0].secrets[0]"),
    ([entry("psk", "a", {})], "[0].secrets[0].key"),
    ([entry("psk", "a", {"key": "%%"})], "[0].secrets[0].key"),
    ([entry("psk", "a", {"key": KEY, "color": 1})], "[0].secrets[0].color"),
    ([entry("psk", "a", {"key": KEY}, color=1)], "[0].color"),
    ([entry("psk", "a", {"key": KEY}, **{"device-id": "4720"})], "[0].device-id"),
    ([entry("Not A Type", "a", {})], "[0].type"),
    ([entry("other", "a", {}, color=1)], "[0].color"),
    ([password("a b", {"pwd-plain": "x"})], "[0].auth-id"),
    ([password("a", {"pwd-plain": ""})], "[0].secrets[0].pwd-plain"),
    ([password("a", {"pwd-plain": "x" * 73})], "[0].secrets[0].pwd-plain"),
    ([password("a", {"pwd-plain": {"x": 1}})], "[0].secrets[0].pwd-plain"),
    ([password("a", {"pwd-hash": SHA})], "[0].secrets[0].hash-function"),
    ([password("a", {"pwd-hash": "x", "hash-function": "bcrypt"})], "[0].secrets[0].pwd-hash"),
    ([password("a", {"pwd-hash": BCRYPT.replace("$2a$", "$2b$"), "hash-function": "bcrypt"})],
     "[0].secrets[0].pwd-hash"),
    ([password("a", {"pwd-hash": BCRYPT.replace("$04$", "$11$"), "hash-function": "bcrypt"})],
     "cost 11"),
    ([entry("psk", "a", {"key": KEY, "not-after": "2020-01-01"})], "[0].secrets[0].not-after"),
    ([entry("psk", "a", {"key": KEY, "not-after": 5})], "[0].secrets[0].not-after"),
    ([entry("psk", "a", {"key": KEY, "not-before": "2021-01-01T00:00:00Z",
                         "not-after": "2020-01-01T00:00:00Z"})], "not-before: is later"),
    ([entry("rpk", "a", {"key": "AAAA", "algorithm": "RSA"})], "[0].secrets[0].key"),
    ([entry("x509-cert", "CN=a", {}, {})], "[0].secrets"),
    ([entry("psk", "a", {"key": KEY}), entry("psk", "a", {"key": KEY})], "[1].auth-id"),
]  # fmt: skip


@pytest.mark.parametrize(("members", "told"), BROKEN)
def test_credentials_that_break_a_rule_are_400_with_the_path(
    api: Api, device: str, members: Any, told: str
) -> None:
    """Also where Hono fails with 500 or drops what it cannot read; the set stays (hono 10.3)."""
    version = put(api, device, entry("psk", "kept", {"key": KEY}))
    reply = api("PUT", f"/v1/credentials/{device}", members)
    assert reply.status == 400
    assert told in reply.error
    assert api("GET", f"/v1/credentials/{device}").etag == version
    assert KEY not in reply.error
    assert "x" * 73 not in reply.error


def test_1_1_keeps_the_old_set_when_the_new_one_is_refused(old: Api, device: str) -> None:
    """Hono 1.1 has dropped it by then (hono 3.6)."""
    put(old, device, entry("psk", "kept", {"key": KEY}))
    reply = old("PUT", f"/v1/credentials/{device}", [password("a", {"pwd-hash": SHA})])
    assert reply.status == 400
    assert b"[0].secrets[0].hash-function" in reply.body
    assert shown(old, device) == [entry("psk", "kept", {"key": KEY})]


def test_1_1_ignores_unknown_members_of_a_credential_but_not_of_a_secret(
    old: Api, device: str
) -> None:
    """`device-id` beside the type is dropped, an `id` in a secret is refused (hono 3.6)."""
    put(old, device, entry("psk", "a", {"key": KEY}, **{"device-id": "4720", "comment": "c"}))
    assert shown(old, device) == [entry("psk", "a", {"key": KEY})]
    reply = old("PUT", f"/v1/credentials/{device}", [entry("psk", "a", {"key": KEY, "id": "1"})])
    assert reply.status == 400
    assert b"[0].secrets[0].id" in reply.body


def test_x509_by_certificate_and_by_name(either: Api, device: str) -> None:
    """With `cert` 2.x takes name and validity from it; names are written as RFC 2253 has them."""
    put(either, device, entry("x509-cert", "o=Acme , cn=device-1", {}))
    assert shown(either, device)[0]["auth-id"] == "O=Acme,CN=device-1"


def test_2_x_reads_a_certificate_in_place_of_auth_id_and_secrets(api: Api, device: str) -> None:
    """What is given beside it is ignored (hono 2.5)."""
    sent = {"type": "x509-cert", "cert": der(certificate()), "auth-id": "CN=ignored"}
    put(api, device, sent)
    (found,) = shown(api, device)
    assert found["auth-id"].startswith("CN=device-1,O=Acme")
    assert "cert" not in found
    (secret,) = found["secrets"]
    assert (secret["not-before"], secret["not-after"]) == (
        "2026-01-01T00:00:00Z",
        "2036-01-01T00:00:00Z",
    )
    put(api, device, found)
    assert shown(api, device) == [found]


def test_raw_public_keys_and_unknown_types_come_back_in_clear(api: Api, device: str) -> None:
    """They are no secrets, or nobody knows whether they are (hono 2.5)."""
    key = {"key": public_key(ec_key()), "algorithm": "EC"}
    free = {"anything": {"deep": [1]}, "not-after": "2030-01-01T00:00:00Z"}
    put(api, device, entry("rpk", "r", key), entry("my-type", "any thing!", free))
    first, second = shown(api, device)
    assert {**key, "id": first["secrets"][0]["id"]} == first["secrets"][0]
    assert {**free, "id": second["secrets"][0]["id"]} == second["secrets"][0]


def test_type_and_auth_id_belong_to_one_device(api: Api, device: str) -> None:
    """409 naming the owner; the same auth-id of another type is free (hono 3.6)."""
    tenant = device.partition("/")[0]
    api("POST", f"/v1/devices/{tenant}/other")
    put(api, device, entry("psk", "a", {"key": KEY}))
    reply = api("PUT", f"/v1/credentials/{tenant}/other", [entry("psk", "a", {"key": KEY})])
    assert reply.status == 409
    assert "'4711'" in reply.error
    put(api, f"{tenant}/other", password("a", {"pwd-plain": "x"}))


def test_the_credential_limit_counts_credentials_not_secrets(api: Api, device: str) -> None:
    """403 with Hono's words (hono 3.5)."""
    tenant = device.partition("/")[0]
    limits = {"registration-limits": {"max-credentials-per-device": 1}}
    api("PUT", f"/v1/tenants/{tenant}", limits)
    put(api, device, entry("psk", "a", {"key": KEY}, {"key": KEY}))
    two = [entry("psk", "a", {"key": KEY}), entry("psk", "b", {"key": KEY})]
    reply = api("PUT", f"/v1/credentials/{device}", two)
    assert reply.status == 403
    assert reply.error.startswith("configured credentials limit exceeded [")


def test_checks_come_in_hono_s_order(api: Api, device: str) -> None:
    """Parse 400, tenant 404, limit 403, secrets 400, device 404, version 412, owner 409."""
    tenant = device.partition("/")[0]
    limits = {"registration-limits": {"max-credentials-per-device": 1}}
    api("PUT", f"/v1/tenants/{tenant}", limits)
    api("POST", f"/v1/devices/{tenant}/owner")
    put(api, f"{tenant}/owner", entry("psk", "taken", {"key": KEY}))
    bad = password("a", {"pwd-hash": SHA})
    taken = entry("psk", "taken", {"key": KEY})
    unknown_secret = password("a", {"id": "no"})

    def status(path: str, *entries: object, if_match: str = "") -> int:
        reply = api("PUT", f"/v1/credentials/{path}", list(entries), if_match=if_match)
        return reply.status

    assert status("nobody/x", {"type": 5, "color": 1}, bad) == 400
    assert status("nobody/x", bad, bad) == 404
    assert status(f"{tenant}/x", bad, bad) == 403
    assert status(f"{tenant}/x", bad) == 400
    assert status(f"{tenant}/x", taken, if_match="stale") == 404
    assert status(device, unknown_secret, if_match="stale") == 412
    assert status(device, taken, if_match="stale") == 412
    assert status(device, unknown_secret) == 400
    assert status(device, taken) == 409


def test_1_1_makes_the_device_and_tenant_that_credentials_hang_on(old: Api) -> None:
    """It checks neither, and 404 is not used (hono 1); here nothing hangs in the air."""
    path = f"unheard-of-{id(object())}/4710"
    put(old, path, entry("psk", "a", {"key": KEY}))
    assert shown(old, path) == [entry("psk", "a", {"key": KEY})]
    assert old("GET", f"/v1/devices/{path}").json == {}
    assert old("GET", f"/v1/tenants/{path.partition('/')[0]}").json == {"enabled": True}


def test_no_failure_shows_a_secret(either: Api, device: str) -> None:
    """Whatever is wrong with it."""
    sent = [password("a", {"pwd-plain": "topsecret", "not-after": "topsecret", "salt": [1]})]
    reply = either("PUT", f"/v1/credentials/{device}", sent)
    assert reply.status == 400
    assert b"topsecret" not in reply.body
    broken = json.dumps(sent).encode()[:-1] + b",topsecret]"
    assert b"topsecret" not in either("PUT", f"/v1/credentials/{device}", body=broken).body
