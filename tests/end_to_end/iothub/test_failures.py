"""Failures: their form and codes, and what is answered where nothing is (iothub 2.2, 2.3, 4.7)."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from registry_backend.api.iothub import HubOptions
from registry_backend.open import open_registry
from registry_backend.registry import RegistrySettings
from registry_backend.server import Listener, Serving
from registry_backend.wire.sas import make_token
from tests.end_to_end.hono.client import Api, running
from tests.end_to_end.iothub.hub import CODE, NEW, HubApi, refusal

ID = "x-ms-request-id"


class Signed(NamedTuple):
    """A server that asks who calls, and a token of each policy."""

    api: Api
    tokens: dict[str, str]
    data: Path

    def journal(self) -> set[str]:
        """Who wrote to the default tenant."""

        async def read() -> set[str]:
            registry = await open_registry(self.data, read_only=True)
            lines = await registry.journal.page("DEFAULT_TENANT")
            await registry.close()
            return {line.actor for line in lines}

        return asyncio.run(read())


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Signed]:
    """The server as it is without options."""
    data = tmp_path_factory.mktemp("signed") / "registry.sqlite"

    async def keys() -> dict[str, str]:
        registry = await open_registry(data)
        policies = await registry.policies.ensure()
        await registry.close()
        return {policy.name: policy.primary_key for policy in policies}

    policies = asyncio.run(keys())
    with running(Serving(data, [Listener("127.0.0.1", 0)])) as (address,):
        host, expires = address.partition("//")[2], int(time.time()) + 3600
        tokens = {
            name: make_token(host, key, policy=name, expires=expires)
            for name, key in policies.items()
        }
        yield Signed(Api(address), tokens, data)


@pytest.mark.parametrize(
    "version", ["", "2016-02-02", "2015-08-15-preview", "2016-13-01", "latest", "2021-04-12x", " "]
)
def test_an_older_or_missing_version_is_refused(hub: HubApi, version: str) -> None:
    """On each path (iothub 2.2)."""
    for path in ("/devices/d", "/devices", "/statistics/devices", "/jobs"):
        reply = hub.api("GET", f"{path}?api-version={version.replace(' ', '%20')}")
        assert refusal(reply) == (400, "InvalidProtocolVersion")
    assert refusal(hub.api("GET", "/devices")) == (400, "InvalidProtocolVersion")


@pytest.mark.parametrize(
    "version", ["2016-02-03", "2018-06-30", "2020-05-31-preview", "2024-03-31", "2031-01-01"]
)
def test_the_oldest_version_and_any_later_date_are_served(hub: HubApi, version: str) -> None:
    """Whatever they will call it."""
    assert hub.api("GET", f"/devices?api-version={version}").status == 200
    assert hub.api("GET", f"/devices?API-Version={version}").status == 200


def test_every_answer_has_a_request_id_of_its_own(hub: HubApi) -> None:
    """Good or not; the tracking id in the body is the same."""
    replies = [
        hub.put("d"),
        hub.get("d"),
        hub.get("no"),
        hub("PATCH", "/devices/d"),
        hub("GET", "/twins/d"),
        hub.delete("d"),
        hub("POST", "/devices", body=b"x" * (1 << 20 | 1)),
    ]
    assert [each.status for each in replies] == [200, 200, 404, 405, 404, 204, 413]
    assert len({each.headers[ID] for each in replies}) == len(replies)
    tracking = replies[2].json["ExceptionMessage"]
    assert re.fullmatch(
        r"Tracking ID:[0-9a-f]{32}-G:0-TimeStamp:\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", tracking
    )
    assert replies[2].headers[ID].replace("-", "") in tracking
    assert CODE not in replies[0].headers


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/devices/d/commands"),
        ("GET", "/twins/d"),
        ("PATCH", "/twins/d"),
        ("POST", "/twins/d/methods"),
        ("GET", "/configurations"),
        ("PUT", "/configurations/c"),
        ("GET", "/devices/d/modules"),
        ("PUT", "/devices/d/modules/m"),
        ("GET", "/statistics"),
        ("GET", "/statistics/jobs"),
        ("POST", "/jobs/v2/x/cancel"),
    ],
)
def test_what_a_hub_has_and_this_one_has_not_is_not_found(
    hub: HubApi, method: str, path: str
) -> None:
    """With an error body that the hub's clients read (iothub 2.2)."""
    assert refusal(hub(method, path)) == (404, "GenericNotFound")


@pytest.mark.parametrize("path", ["/", "/messages", "/v2/devices", "/devices/v1/t/d"])
def test_what_is_no_hubs_is_answered_as_hono_does(hub: HubApi, path: str) -> None:
    """A page (hono 1.1)."""
    reply = hub("GET", path)
    assert reply.status == 404
    assert reply.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/devices/d", "DELETE, GET, PUT"),
        ("POST", "/devices/d", "DELETE, GET, PUT"),
        ("PUT", "/devices", "GET, POST"),
        ("HEAD", "/devices/d", "DELETE, GET, PUT"),
        ("DELETE", "/statistics/devices", "GET"),
        ("PUT", "/jobs", "GET"),
        ("DELETE", "/importdevices", "GET, POST"),
    ],
)
def test_a_known_path_says_which_methods_it_has(
    hub: HubApi, method: str, path: str, allowed: str
) -> None:
    """405 with Allow."""
    reply = hub(method, path)
    assert (reply.status, reply.headers[CODE]) == (405, "GenericMethodNotAllowed")
    assert reply.headers["allow"] == allowed


def test_a_hub_that_is_not_there_is_not_found(server: Api) -> None:
    """By the name of the host; no write makes it (iothub 2.3)."""
    nowhere = HubApi(Api(server.address, headers={"Host": "nowhere.azure-devices.net"}))
    for reply in (
        nowhere.put("d"),
        nowhere.put("d", if_match="*"),
        nowhere.get("d"),
        nowhere.delete("d"),
        nowhere.bulk({"id": "d"}),
        nowhere("GET", "/devices"),
        nowhere("GET", "/statistics/devices"),
        nowhere("GET", "/statistics/service"),
        nowhere("GET", "/jobs"),
        nowhere("GET", "/jobs/x"),
        nowhere("DELETE", "/jobs/x"),
        nowhere("GET", "/jobs/v2/x"),
        nowhere("GET", "/jobs/v2/query"),
        nowhere.query("select * from devices"),
    ):
        assert refusal(reply) == (404, "IotHubNotFound")
    assert server("GET", "/v1/tenants/nowhere").status == 404


def test_a_host_in_another_case_is_the_only_tenant_of_that_name(server: Api) -> None:
    """Clients write hosts in lower case; where several tenants differ by case, none is guessed."""
    for tenant in ("Big-Dock", "Pier", "PIER"):
        assert server("POST", f"/v1/tenants/{tenant}", {}).status == 201
    hubs = {
        name: HubApi(Api(server.address, headers={"Host": f"{name}.azure-devices.net"}))
        for name in ("Big-Dock", "big-dock", "pier", "PIER")
    }
    made = hubs["big-dock"].put("d")
    assert made.status == 200
    assert hubs["Big-Dock"].get("d").json == made.json
    assert server("GET", "/v1/devices/Big-Dock/d").status == 200
    assert refusal(hubs["pier"].get("d")) == (404, "IotHubNotFound")
    assert hubs["PIER"].put("d").status == 200
    assert server("GET", "/v1/devices/Pier/d").status == 404
    for name in ("Big-Dock", "BIG-DOCK", "Pier", "PIER"):
        server("DELETE", f"/v1/tenants/{name}")


def test_other_hosts_have_the_default_tenants_hub(folder: Path) -> None:
    """Empty at first, and made by the first write (design 3)."""
    options = HubOptions(signed=False, default_tenant="plant")
    serving = Serving(folder / "registry.sqlite", [Listener("127.0.0.1", 0, hub=options)])
    with running(serving) as (address,):
        api = Api(address)
        hub = HubApi(api)
        assert hub("GET", "/devices").json == []
        assert hub.query("select count() from devices").json == [{"$1": 0}]
        assert hub("GET", "/statistics/devices").json["totalDeviceCount"] == 0
        assert refusal(hub.get("d")) == (404, "DeviceNotFound")
        assert refusal(hub.put("d", if_match="*")) == (404, "DeviceNotFound")
        assert api("GET", "/v1/tenants/plant").status == 404
        assert hub.put("d").status == 200
        assert api("GET", "/v1/devices/plant/d").status == 200
        named = HubApi(Api(address, headers={"Host": "plant.azure-devices.net:443"}))
        assert named.get("d").json == hub.get("d").json


def test_a_body_that_is_too_long_is_refused(hub: HubApi) -> None:
    """413, and the connection is not used for what follows."""
    reply = hub("POST", "/devices", body=b"[" + b" " * (1 << 20) + b"]")
    assert refusal(reply) == (413, "GenericRequestEntityTooLarge")
    assert reply.headers["connection"] == "close"


def test_a_compressed_body_is_refused(hub: HubApi) -> None:
    """In words, not with a fault; one that is said to be plain is read."""
    reply = hub("PUT", "/devices/d", body=b"\x1f\x8b", Content_Encoding="gzip")
    assert refusal(reply) == (415, "GenericUnsupportedMediaType")
    assert "gzip" in reply.json["Message"]
    plain = hub("PUT", "/devices/d", {"deviceId": "d"}, Content_Encoding="identity")
    assert plain.status == 200


def test_more_devices_than_the_tenant_may_have_are_refused(server: Api, hub: HubApi) -> None:
    """403, of one device and of each in a bulk call (iothub 2.3)."""
    tenant = hub.api.headers["Host"].partition(".")[0]
    limits = {"registration-limits": {"max-devices": 1}}
    assert server("PUT", f"/v1/tenants/{tenant}", limits).status == 204
    assert hub.put("a").status == 200
    assert refusal(hub.put("b")) == (403, "IotHubQuotaExceeded")
    bulk = hub.bulk({"id": "a", "importMode": "delete"}, {"id": "c"}, {"id": "d"})
    assert bulk.json["errors"][0]["errorCode"] == "IotHubQuotaExceeded"
    assert [each["deviceId"] for each in hub("GET", "/devices").json] == ["c"]


def test_a_tier_has_its_own_quota_and_rates(folder: Path) -> None:
    """F1 takes 500 devices and a hundred calls a minute, then asks to wait (iothub 8)."""
    options = HubOptions(signed=False, tier="F1")
    serving = Serving(folder / "registry.sqlite", [Listener("127.0.0.1", 0, hub=options)])
    with running(serving) as (address,):
        hub = HubApi(Api(address))
        for begin in range(0, 500, 100):
            assert hub.bulk(*({"id": f"d{begin + n}"} for n in range(100))).status == 200
        assert refusal(hub.put("one-more")) == (403, "IotHubQuotaExceeded")
        assert Api(address)("POST", "/v1/devices/DEFAULT_TENANT/one-more").status == 403
        replies = [hub.get("d1") for _ in range(110)]
        throttled = [each for each in replies if each.status == 429]
        assert throttled
        assert refusal(throttled[0]) == (429, "ThrottlingBacklogTimeout")
        assert int(throttled[0].headers["retry-after"]) >= 1
        assert "Operation type: CRUD" in throttled[0].json["Message"]
        assert hub.query("select * from devices").status == 200


def test_a_registry_to_be_read_refuses_writes_and_jobs(folder: Path) -> None:
    """403, and everything can still be looked at."""
    data = folder / "registry.sqlite"
    listener = Listener("127.0.0.1", 0, hub=HubOptions(signed=False))
    with running(Serving(data, [listener])) as (address,):
        HubApi(Api(address)).put("d")
    with running(Serving(data, [listener], read_only=True)) as (address,):
        hub = HubApi(Api(address))
        assert hub.get("d").status == 200
        assert hub("GET", "/jobs").json == []
        job = {"type": "export", "outputBlobContainerUri": folder.as_uri()}
        for reply in (hub.put("e"), hub.delete("d"), hub("POST", "/jobs/create", job)):
            assert refusal(reply) == (403, "GenericForbidden")
        assert [each.name for each in folder.glob("devices*")] == []


@pytest.mark.parametrize(
    ("method", "path", "right", "or_right"),
    [
        ("GET", "/devices", "registryRead", None),
        ("GET", "/devices/d", "registryRead", None),
        ("PUT", "/devices/d", "registryReadWrite", None),
        ("DELETE", "/devices/d", "registryReadWrite", None),
        ("POST", "/devices", "registryReadWrite", None),
        ("POST", "/devices/keys/regenerate", "registryReadWrite", None),
        ("POST", "/devices/query", "service", None),
        ("GET", "/statistics/devices", "registryRead", None),
        ("GET", "/statistics/service", "registryRead", "service"),
        ("POST", "/jobs/create", "registryReadWrite", None),
        ("GET", "/importdevices", "registryReadWrite", None),
        ("GET", "/jobs", "registryRead", None),
        ("GET", "/jobs/x", "registryRead", None),
        ("DELETE", "/jobs/x", "registryReadWrite", None),
    ],
)
def test_each_call_needs_its_right(
    signed: Signed, method: str, path: str, right: str, or_right: str | None
) -> None:
    """401 without a token and with a policy that lacks the right; writing includes reading."""
    target = f"{path}?api-version={NEW}"
    assert refusal(signed.api(method, target)) == (401, "IotHubUnauthorized")
    assert refusal(signed.api(method, target, Authorization="SharedAccessSignature x"))[0] == 401
    allowed = {right, or_right, "iothubowner"}
    allowed |= {"registryReadWrite"} if right == "registryRead" else set()
    for policy, token in signed.tokens.items():
        reply = signed.api(method, target, Authorization=token)
        assert (reply.status == 401) is (policy not in allowed), policy
        if reply.status == 401:
            assert refusal(reply) == (401, "IotHubUnauthorized")
            assert token not in reply.body.decode()


def test_a_token_may_stand_in_the_query(signed: Signed) -> None:
    """As the guide of 2016 allows (iothub 2)."""
    token = quote(signed.tokens["registryRead"], safe="")
    assert signed.api("GET", f"/devices?api-version={NEW}&Authorization={token}").status == 200


def test_costly_settings_are_kept_beside_a_tiers_quota(folder: Path) -> None:
    """The smaller of the two limits holds."""
    options = HubOptions(signed=False, tier="S1")
    settings = RegistrySettings(max_devices_per_tenant=1)
    serving = Serving(
        folder / "r.sqlite", [Listener("127.0.0.1", 0, hub=options)], settings=settings
    )
    with running(serving) as (address,):
        hub = HubApi(Api(address))
        assert hub.put("a").status == 200
        assert refusal(hub.put("b")) == (403, "IotHubQuotaExceeded")


def test_pages_of_a_browser_may_not_write_where_everybody_may_call(hub: HubApi) -> None:
    """A page anywhere could send that much without being asked first; reading shows it nothing."""
    foreign = {"Origin": "https://elsewhere.example"}
    body = b'[{"id":"d"}]'
    reply = hub("POST", "/devices", body=body, content_type="text/plain", **foreign)
    assert refusal(reply) == (403, "GenericForbidden")
    listed = hub("GET", "/devices", **foreign)
    assert (listed.status, listed.json) == (200, [])
    assert "access-control-allow-origin" not in listed.headers


def test_pages_of_a_browser_may_write_with_a_token(signed: Signed) -> None:
    """Nobody else has it."""
    target = f"/devices/page?api-version={NEW}"
    token = signed.tokens["registryReadWrite"]
    members = {"deviceId": "page"}
    reply = signed.api("PUT", target, members, Origin="https://own.example", Authorization=token)
    assert reply.status == 200


def test_a_journal_line_names_the_policy(signed: Signed) -> None:
    """Who wrote is kept with what was written."""
    token = signed.tokens["registryReadWrite"]
    target = f"/devices/told?api-version={NEW}"
    reply = signed.api("PUT", target, {"deviceId": "told"}, Authorization=token)
    assert reply.status == 200
    again = signed.api("PUT", target, {"deviceId": "told"}, Authorization=token, if_match="*")
    assert again.status == 200
    assert signed.journal() >= {"iothub:registryReadWrite"}
