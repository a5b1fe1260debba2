"""ETag and If-Match (hono 3.1)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.end_to_end.hono.client import Api, Reply

RESOURCES = ("tenants", "devices", "credentials")
BARE_UUID = re.compile(r"[0-9a-f-]{36}")
STALE = "00000000-0000-4000-8000-000000000000"


def path_and_body(kind: str, device: str) -> tuple[str, object]:
    """One resource of each kind, and a body it takes."""
    name = device.partition("/")[0] if kind == "tenants" else device
    return f"/v1/{kind}/{name}", [] if kind == "credentials" else {}


@pytest.mark.parametrize("kind", RESOURCES)
def test_a_put_with_the_current_version_succeeds_once(either: Api, device: str, kind: str) -> None:
    """The same If-Match a second time is 412: every write has a new version, a bare UUID."""
    path, body = path_and_body(kind, device)
    version = either("GET", path).etag
    assert BARE_UUID.fullmatch(version)
    assert either("PUT", path, body, if_match=version).status == 204
    assert either("PUT", path, body, if_match=version).status == 412


@pytest.mark.parametrize("kind", RESOURCES)
@pytest.mark.parametrize("form", ['"{}"', "*", 'W/"{}"', "{}, {}", STALE])
def test_only_the_bare_version_matches(api: Api, device: str, kind: str, form: str) -> None:
    """Quotes, `*`, weak marks and lists are not understood; the message says how to send it."""
    path, body = path_and_body(kind, device)
    version = api("GET", path).etag
    reply = api("PUT", path, body, if_match=form.replace("{}", version))
    assert reply.status == 412
    assert reply.error.startswith("resource version mismatch")
    assert ("bare" in reply.error) == (form != STALE)
    assert api("GET", path).etag == version


@pytest.mark.parametrize("kind", RESOURCES)
def test_an_empty_if_match_is_ignored(either: Api, device: str, kind: str) -> None:
    """As if it had not been sent."""
    path, body = path_and_body(kind, device)
    assert either("PUT", path, body, if_match="").status == 204


@pytest.mark.parametrize("kind", ["tenants", "devices"])
def test_a_delete_looks_at_if_match(either: Api, device: str, kind: str) -> None:
    """412 with another version, 204 with the current one."""
    path, _ = path_and_body(kind, device)
    assert either("DELETE", path, if_match=STALE).status == 412
    assert either("DELETE", path, if_match=either("GET", path).etag).status == 204


def test_if_match_on_what_is_not_there_is_404(api: Api, tenant: str) -> None:
    """Nothing there has a version."""
    assert api("PUT", "/v1/tenants/nobody", {}, if_match=STALE).status == 404
    assert api("PUT", f"/v1/devices/{tenant}/nobody", {}, if_match=STALE).status == 404
    assert api("DELETE", f"/v1/devices/{tenant}/nobody", if_match=STALE).status == 404
    assert api("PUT", f"/v1/credentials/{tenant}/nobody", [], if_match=STALE).status == 404


def test_1_1_credentials_with_if_match_are_412_before_there_are_any(old: Api, device: str) -> None:
    """As Hono's own tests of 1.1 assert."""
    assert old("PUT", f"/v1/credentials/{device}", [], if_match=STALE).status == 412


def test_a_post_ignores_if_match(either: Api, tenant: str) -> None:
    """There is no version to match."""
    assert either("POST", f"/v1/devices/{tenant}/new", if_match=STALE).status == 201


def test_an_unchanged_put_has_a_new_version(either: Api, device: str) -> None:
    """A write is a write."""
    path = f"/v1/devices/{device}"
    versions = {either("PUT", path, {}).etag for _ in range(3)}
    assert len(versions) == 3


def test_device_and_credentials_have_versions_of_their_own(either: Api, device: str) -> None:
    """A write to one leaves the other's as it was."""
    attributes = either("GET", f"/v1/devices/{device}").etag
    credentials = either("PUT", f"/v1/credentials/{device}", []).etag
    assert either("GET", f"/v1/devices/{device}").etag == attributes
    either("PUT", f"/v1/devices/{device}", {})
    assert either("GET", f"/v1/credentials/{device}").etag == credentials


@pytest.mark.parametrize("kind", RESOURCES)
def test_of_parallel_writes_on_one_version_exactly_one_wins(
    api: Api, device: str, kind: str
) -> None:
    """Twelve clients, one version: one 204, the others 412, and the winner's version stays."""
    path, body = path_and_body(kind, device)
    version = api("GET", path).etag

    def put(_: int) -> Reply:
        return api("PUT", path, body, if_match=version)

    with ThreadPoolExecutor(12) as clients:
        replies = list(clients.map(put, range(12)))
    assert sorted(reply.status for reply in replies) == [204] + [412] * 11
    winner = next(reply for reply in replies if reply.status == 204)
    assert api("GET", path).etag == winner.etag


def test_of_parallel_posts_under_one_id_exactly_one_creates(api: Api, tenant: str) -> None:
    """The others are 409."""

    def post(_: int) -> int:
        return api("POST", f"/v1/devices/{tenant}/same").status

    with ThreadPoolExecutor(8) as clients:
        assert sorted(clients.map(post, range(8))) == [201] + [409] * 7
