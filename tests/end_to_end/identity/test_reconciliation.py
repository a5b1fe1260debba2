"""Modules of principals follow the configuration: at the start, on changes, anew (identityd 5)."""

from __future__ import annotations

import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry_backend.domain.errors import RegistryError
from tests.end_to_end.identity.client import (
    LATEST,
    Callers,
    configure,
    open_folder,
    plant_module,
    running,
)
from tests.end_to_end.identity.conftest import CONFIGS
from tests.end_to_end.identity.heard import Heard, hearing

MANUAL = CONFIGS["manual-sas"]
OURS = {"mod1", "both", "modloc"}
RECONCILED = "reconciled with the hub"
NOT_TAKEN = "was not taken in"
AGENT = '[[principal]]\nuid = 2000\nname = "agent"\nidtype = ["module"]\n'


@pytest.fixture
def folder() -> Iterator[Path]:
    """For one service and those that follow it."""
    with open_folder() as found:
        yield found


@pytest.fixture
def heard() -> Iterator[Heard]:
    """The service's log."""
    with hearing() as found:
        yield found


def test_a_start_makes_the_modules_of_principals_and_leaves_others(
    folder: Path, callers: Callers
) -> None:
    """The daemon's own principal, device and local ones get none."""
    plant_module(folder, "foreign")
    with running(callers, MANUAL, folder=folder) as service:
        assert set(service.modules()) == {*OURS, "foreign"}


def test_a_module_that_somebody_else_made_is_made_anew(folder: Path, callers: Callers) -> None:
    """A principal's name that exists on the hub already loses what it had."""
    planted = plant_module(folder, "mod1")
    with running(callers, MANUAL, folder=folder) as service:
        assert service.modules().keys() == OURS
        assert service.modules()["mod1"] != planted


def test_a_second_start_keeps_what_the_first_made(folder: Path, callers: Callers) -> None:
    """What the home folder remembers tells the service's own modules from foreign ones."""
    with running(callers, MANUAL, folder=folder) as service:
        before = service.modules()
    with running(callers, MANUAL, folder=folder) as service:
        assert service.modules() == before


def test_without_its_home_a_service_makes_its_modules_anew(folder: Path, callers: Callers) -> None:
    """As after an update that does not carry the state along."""
    with running(callers, MANUAL, folder=folder) as service:
        before = service.modules()
    (folder / "home" / "prev_state").unlink()
    with running(callers, MANUAL, folder=folder) as service:
        after = service.modules()
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())


def test_another_device_has_modules_of_its_own(folder: Path, callers: Callers) -> None:
    """What was made for the former device is not taken away from it, nor for ours."""
    with running(callers, MANUAL, folder=folder) as service:
        before = service.modules()
    plant_module(folder, "mod1", "device02")
    with running(callers, MANUAL.replace("device01", "device02"), folder=folder) as service:
        assert service.modules("device01") == before
        assert set(service.modules("device02")) == OURS


def test_the_home_folder_tells_what_was_done(folder: Path, callers: Callers) -> None:
    """Its files are those of the daemon, and nobody else reads them."""
    with running(callers, MANUAL, folder=folder) as service:
        home = service.home
        info = tomllib.loads((home / "device_info").read_text())
        assert info == {"hub_name": "127.0.0.1:18443", "device_id": "device01"}
        state = tomllib.loads((home / "prev_state").read_text())
        assert state == tomllib.loads((folder / "config.toml").read_text())
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in home.iterdir()}
        assert set(modes.values()) == {0o600}
        assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_new_file_is_taken_in_without_a_restart(
    folder: Path, callers: Callers, heard: Heard
) -> None:
    """Its principal may call at once and has a module; when the file goes, both go."""
    with running(callers, MANUAL, folder=folder) as service:
        heard.wait_for(RECONCILED)
        own = f"/identities/identity?{LATEST}"
        file = folder / "config.d" / "agent.toml"
        file.write_text(AGENT)
        heard.wait_for("'agent' added")
        heard.wait_for(RECONCILED)
        reply = service.api.of(2000)("GET", own)
        assert (reply.status, reply.json["spec"]["moduleId"]) == (200, "agent")
        kept = {name: service.modules()[name] for name in OURS}
        file.unlink()
        heard.wait_for("'agent' removed")
        heard.wait_for(RECONCILED)
        assert service.modules() == kept
        assert service.api.of(2000)("GET", own).status == 401


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("broken.toml", b"[[principal\n", "broken.toml"),
        ("bytes.toml", b"\xff", "bytes.toml"),
        ("twice.toml", AGENT.replace("agent", "mod1").encode(), "mod1"),
        ("wrong.toml", AGENT.replace("2000", '"root"').encode(), "uid"),
        ("blank.toml", AGENT.replace("agent", " ").encode(), "blank.toml"),
    ],
)
def test_a_configuration_that_is_refused_changes_nothing(
    folder: Path, callers: Callers, heard: Heard, name: str, data: bytes, told: str
) -> None:
    """The log says why; the former one goes on, and the next good one is taken in."""
    with running(callers, MANUAL, folder=folder) as service:
        heard.wait_for(RECONCILED)
        before = service.modules()
        file = folder / "config.d" / name
        file.write_bytes(data)
        assert told in heard.wait_for(NOT_TAKEN)
        assert service.modules() == before
        assert service.api.of(1003)("GET", f"/identities/identity?{LATEST}").status == 200
        file.write_text(AGENT)
        heard.wait_for("'agent' added")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "hostname"),
        (MANUAL.replace('"both"', '"mod1"'), "mod1"),
        (MANUAL.replace('hostname = "dev1"', "hostname = 1"), "hostname"),
        (MANUAL.replace('"device01"', '"no good"'), "device"),
    ],
)
def test_a_start_with_a_configuration_that_is_refused_fails(
    folder: Path, callers: Callers, text: str, told: str
) -> None:
    """Nothing is served, and the operator is told what is amiss."""
    with pytest.raises(RegistryError) as refused, running(callers, text, folder=folder):
        raise AssertionError("it started")
    assert told in str(refused.value)
    assert not (folder / "identityd.sock").exists()


def test_reprovisioning_makes_every_module_anew(folder: Path, callers: Callers) -> None:
    """Each principal's module gets another generation; foreign ones stay."""
    plant_module(folder, "foreign")
    with running(callers, MANUAL, folder=folder) as service:
        before = service.modules()
        reply = service.api.of(1001)("POST", f"/identities/device/reprovision?{LATEST}")
        after = service.modules()
    assert (reply.status, reply.body) == (204, b"")
    assert after.keys() == before.keys()
    assert {name for name in after if after[name] == before[name]} == {"foreign"}


def test_keys_come_from_the_home_folder_and_the_generation(folder: Path, callers: Callers) -> None:
    """The same generation has the same handle after a restart; the next one has another."""

    def handle() -> str:
        reply = service.api.of(1003)("GET", f"/identities/identity?{LATEST}")
        text: str = reply.json["spec"]["auth"]["keyHandle"]
        return text

    with running(callers, MANUAL, folder=folder) as service:
        first = handle()
    with running(callers, MANUAL, folder=folder) as service:
        assert handle() == first
        service.api.of(1001)("POST", f"/identities/device/reprovision?{LATEST}")
        assert handle() != first


def test_provisioning_tells_of_the_settings_and_not_of_the_device(
    folder: Path, callers: Callers, heard: Heard
) -> None:
    """After a change the two may differ, until somebody reprovisions (identityd 2)."""
    x509 = MANUAL.replace('method = "sas"', 'method = "x509"').replace(
        'device_id_pk = "device-id"', 'identity_cert = "cert"\nidentity_pk = "key"'
    )
    with running(callers, MANUAL, folder=folder) as service:
        heard.wait_for(RECONCILED)
        api = service.api.of(1001)
        configure(folder, x509)
        heard.wait_for(RECONCILED)
        told = api("GET", f"/identities/provisioning?{LATEST}").json
        assert told == {"source": "manual", "auth": "x509"}
        auth = api("GET", f"/identities/identity?{LATEST}").json["spec"]["auth"]
        assert auth["type"] == "sas"
        assert api("POST", f"/identities/device/reprovision?{LATEST}").status == 204
        auth = api("GET", f"/identities/identity?{LATEST}").json["spec"]["auth"]
        assert (auth["type"], auth["certId"]) == ("x509", "cert")
        assert auth["keyHandle"].startswith("sr=key&sig=")
