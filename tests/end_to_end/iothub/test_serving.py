"""`idconsole serve` with a hub: who may call, which tenant, which tier (iothub 7, 8; design 6)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from registry_backend.api.iothub import HubOptions
from registry_backend.domain.errors import Denied, Invalid
from registry_backend.server import Listener, Serving, check_protection
from registry_backend.server_options import hub_options, read_authentication
from tests.end_to_end.hono.client import Api, running
from tests.end_to_end.hono.test_stopping import serving
from tests.end_to_end.iothub.hub import HubApi, refusal
from tests.end_to_end.program import Program


def options(*words: str, tenant: str = "t", tier: str | None = None, units: int = 1) -> HubOptions:
    """What a command line of these words comes to."""
    return hub_options(words=words, default_tenant=tenant, tier=tier, units=units, shaping=0.0)


def test_tokens_are_asked_for_unless_said_otherwise() -> None:
    """Also where Hono's paths have users of their own."""
    assert options().signed
    assert options("sas").signed
    assert options("basic:users").signed
    assert not options("none").signed
    assert read_authentication(["sas"]) is None
    assert read_authentication(["none"]) is None


@pytest.mark.parametrize("words", [("none", "sas"), ("none", "basic:users")])
def test_words_that_contradict_each_other_are_refused(words: tuple[str, ...]) -> None:
    """None is none."""
    with pytest.raises(Invalid, match="--auth none"):
        options(*words)


def test_a_tier_is_one_of_those_there_are() -> None:
    """In any case of its letters."""
    assert options(tier="s1", units=2).tier == "S1"
    with pytest.raises(Invalid, match="F1, B1"):
        options(tier="S9")
    with pytest.raises(Invalid, match="default-tenant"):
        options(tenant="a b")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "hub.example"])  # noqa: S104
def test_a_hub_without_tokens_is_for_this_machine_only(tmp_path: Path, host: str) -> None:
    """Whatever else is said."""
    listener = Listener(host, 1, hub=HubOptions(signed=False))
    plan = Serving(tmp_path / "r.sqlite", [listener], insecure=True)
    with pytest.raises(Denied, match="--auth none"):
        check_protection(plan)
    check_protection(replace(plan, listeners=[replace(listener, host="127.0.0.1")]))
    check_protection(replace(plan, listeners=[Listener(host, 1)]))


def test_two_listeners_may_ask_differently(tmp_path: Path) -> None:
    """Over one registry."""
    listeners = [
        Listener("127.0.0.1", 0, hub=HubOptions(signed=False)),
        Listener("127.0.0.1", 0),
    ]
    with running(Serving(tmp_path / "r.sqlite", listeners)) as (plain, signed):
        assert HubApi(Api(plain)).put("d").status == 200
        assert refusal(HubApi(Api(signed)).get("d")) == (401, "IotHubUnauthorized")


def test_the_program_serves_a_hub(program: Program) -> None:
    """With the words of its command line."""
    words = ("--auth", "none", "--default-tenant", "plant", "--hub-tier", "f1", "--hub-units", "2")
    with serving(program, "--listen", "127.0.0.1:0", *words) as (_, api):
        hub = HubApi(api)
        assert hub.put("d").status == 200
        assert api("GET", "/v1/devices/plant/d").status == 200
        replies = [hub.get("d").status for _ in range(230)]
        assert set(replies) == {200, 429}


def test_a_hub_may_hold_requests_back_before_it_refuses_them(tmp_path: Path) -> None:
    """As real ones do: a burst over the rate is slow, not refused (iothub 8)."""
    options = HubOptions(signed=False, tier="F1", shaping=30.0)
    listener = Listener("127.0.0.1", 0, hub=options)
    with running(Serving(tmp_path / "r.sqlite", [listener])) as (port,):
        hub = HubApi(Api(port))
        assert hub.put("d").status == 200
        assert {hub.get("d").status for _ in range(102)} == {200}


@pytest.mark.parametrize(
    "words",
    [
        ("--hub-tier", "S9"),
        ("--hub-units", "0"),
        ("--hub-shaping", "nan"),
        ("--default-tenant", "a b"),
        ("--auth", "x"),
    ],
)
def test_words_that_make_no_sense_are_refused(program: Program, words: tuple[str, ...]) -> None:
    """Exit code 2, and what would do."""
    done = program.run("serve", "--listen", "127.0.0.1:0", *words)
    assert done.returncode == 2
    assert done.stderr


def test_a_hub_open_to_others_without_tokens_is_not_served(program: Program) -> None:
    """Exit code 1, nothing opened."""
    done = program.run("serve", "--listen", "0.0.0.0:0", "--auth", "none", "--insecure")
    assert done.returncode == 1
    assert "--auth none" in done.stderr
    assert not program.data.exists()
