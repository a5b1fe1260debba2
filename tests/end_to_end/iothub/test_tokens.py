"""Tokens as clients of each kind sign them, shown to a server (iothub 7.1, 9.2)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from registry_backend.domain.policies import Policy
from registry_backend.open import open_registry
from registry_backend.server import Listener, Serving
from tests.end_to_end.hono.client import Api, Reply, running
from tests.end_to_end.iothub.hub import NEW, refusal

HOUR = 3600
REFUSED = (401, "IotHubUnauthorizedAccess")


class Asked(NamedTuple):
    """A server that asks who calls."""

    api: Api
    port: str
    owner: Policy
    reader: Policy

    def token(
        self, resource: str = "localhost", *, key: str = "", seconds: int = HOUR, policy: str = ""
    ) -> str:
        """Signed here, apart from the code under test, over that text as it stands."""
        expiry = int(time.time()) + seconds
        secret = base64.b64decode(key or self.owner.primary_key)
        digest = hmac.new(secret, f"{resource}\n{expiry}".encode(), hashlib.sha256).digest()
        signature = quote(base64.b64encode(digest).decode(), safe="")
        named = f"&skn={policy or self.owner.name}"
        return f"SharedAccessSignature sr={resource}&sig={signature}&se={expiry}{named}"

    def list(self, token: str, host: str = "") -> Reply:
        """The devices, for a client that calls this host."""
        return self.get("/devices", token, host)

    def get(self, path: str, token: str, host: str = "") -> Reply:
        """What is at that path, likewise."""
        called = host or f"localhost:{self.port}"
        return self.api("GET", f"{path}?api-version={NEW}", Authorization=token, Host=called)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """The server, its port and two of its policies."""
    data = tmp_path_factory.mktemp("asked") / "registry.sqlite"

    async def policies(data: Path) -> dict[str, Policy]:
        registry = await open_registry(data)
        try:
            return {policy.name: policy for policy in await registry.policies.ensure()}
        finally:
            await registry.close()

    made = asyncio.run(policies(data))
    with running(Serving(data, [Listener("127.0.0.1", 0)])) as (address,):
        port = address.rpartition(":")[2]
        yield Asked(Api(address), port, made["iothubowner"], made["registryRead"])


@pytest.mark.parametrize("resource", ["localhost", "localhost%3a{}", "localhost%3A{}", "LOCALHOST"])
def test_a_token_over_the_host_opens_it_with_and_without_the_port(
    asked: Asked, resource: str
) -> None:
    """Some clients sign the port, in either case of its escape, and some leave it out."""
    token = asked.token(resource.format(asked.port))
    assert asked.list(token).status == 200
    # Old clients send a Host without a port too.
    expected = 401 if "%3" in resource else 200
    assert asked.list(token, "localhost").status == expected


@pytest.mark.parametrize(
    "resource", ["otherhost", "localhos", "localhost%3a1", "localhost%2fdev", "localhost%2fjobs"]
)
def test_a_token_for_another_place_opens_nothing(asked: Asked, resource: str) -> None:
    """Another host, port or path; a path counts by whole segments."""
    assert refusal(asked.list(asked.token(resource))) == REFUSED


def test_a_token_for_one_path_opens_that_path(asked: Asked) -> None:
    """And what is below it."""
    token = asked.token("localhost%2fdevices")
    assert asked.list(token).status == 200
    assert refusal(asked.get("/devices/no", token)) == (404, "DeviceNotFound")
    assert refusal(asked.get("/statistics/devices", token)) == REFUSED


@pytest.mark.parametrize(("seconds", "status"), [(HOUR, 200), (-240, 200), (-360, 401)])
def test_clocks_may_be_five_minutes_off(asked: Asked, seconds: int, status: int) -> None:
    """A token that ended longer ago is refused, with the time that it names."""
    reply = asked.list(asked.token(seconds=seconds))
    assert reply.status == status
    if status != 200:
        assert refusal(reply) == REFUSED
        assert "expired at" in reply.json["Message"]
        assert "clocks" in reply.json["Message"].lower()


def test_either_key_of_the_policy_signs_and_no_other(asked: Asked) -> None:
    """Nor that of another policy, nor a policy that is not there."""
    assert asked.list(asked.token(key=asked.owner.secondary_key)).status == 200
    for token in (
        asked.token(key=asked.reader.primary_key),
        asked.token(key=base64.b64encode(b"x" * 32).decode()),
        asked.token(policy="nobody"),
        asked.token().partition("&skn")[0],
    ):
        reply = asked.list(token)
        assert refusal(reply) == REFUSED
        assert token not in reply.body.decode()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token.replace("SharedAccessSignature", "Bearer"),
        lambda token: f"{token}&se=1",
        lambda token: token.replace("&se=", "&xe="),
        lambda token: token.replace("sig=", "sig=!"),
        lambda token: token + "x" * 5000,
    ],
    ids=["scheme", "twice", "no expiry", "no base64", "too long"],
)
def test_what_is_no_token_is_refused_in_words(asked: Asked, spoil: object) -> None:
    """The text of the header is never repeated."""
    assert callable(spoil)
    header = spoil(asked.token())
    reply = asked.list(header)
    assert refusal(reply) == REFUSED
    assert "sig=" not in reply.body.decode()


def test_members_stand_in_any_order(asked: Asked) -> None:
    """And their names in any case."""
    scheme, _, members = asked.token().partition(" ")
    turned = "&".join(reversed(members.split("&"))).replace("sig=", "SIG=")
    assert asked.list(f"{scheme.lower()} {turned}").status == 200
