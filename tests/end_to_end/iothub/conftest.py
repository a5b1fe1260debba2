"""One server for all tests of this folder; each test has a hub, that is a tenant, of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from registry_backend.api.iothub import HubOptions
from registry_backend.server import Listener, Serving
from tests.end_to_end.hono.client import Api, running
from tests.end_to_end.iothub.hub import NEW, OLD, HubApi


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server that asks nobody who calls."""
    data = tmp_path_factory.mktemp("hub") / "registry.sqlite"
    listener = Listener("127.0.0.1", 0, hub=HubOptions(signed=False))
    with running(Serving(data, [listener])) as (address,):
        yield Api(address)


@pytest.fixture
def tenant(server: Api) -> str:
    """The name of a new hub, which is a new tenant of Hono's."""
    name = f"hub-{uuid4()}"
    assert server("POST", f"/v1/tenants/{name}").status == 201
    return name


@pytest.fixture
def hub(server: Api, tenant: str) -> HubApi:
    """The new hub, at the version that clients of today send."""
    return HubApi(Api(server.address, headers={"Host": f"{tenant}.azure-devices.net"}), NEW)


@pytest.fixture
def old(hub: HubApi) -> HubApi:
    """The same hub at the oldest version."""
    return HubApi(hub.api, OLD)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A container on this machine."""
    made = tmp_path / "container"
    made.mkdir()
    return made
