"""One server for all tests of this folder: both vintages over one registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest

from registry_backend.api.hono import HonoOptions
from registry_backend.registry import RegistrySettings
from registry_backend.server import Listener, Serving
from registry_backend.wire.hono_profiles import HONO_2X, HONO_11
from tests.end_to_end.hono.client import Api, running

MAX_PAYLOAD = 16000
FAST = RegistrySettings(bcrypt_cost=4)
ANY_PORT = 0


class Served(NamedTuple):
    """The listeners of the shared server."""

    modern: Api
    old: Api
    by_record: Api


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The shared server: 2.x, 1.1, and 2.x with offsets in records."""
    choices = (
        HonoOptions(HONO_2X, max_payload=MAX_PAYLOAD, cors_origin="*"),
        HonoOptions(HONO_11, max_payload=MAX_PAYLOAD, cors_origin="*"),
        HonoOptions(HONO_2X, offset_in_records=True),
    )
    serving = Serving(
        data=tmp_path_factory.mktemp("served") / "registry.sqlite",
        listeners=[Listener("127.0.0.1", ANY_PORT, options) for options in choices],
        settings=FAST,
    )
    with running(serving) as addresses:
        yield Served(*(Api(address) for address in addresses))


@pytest.fixture
def api(served: Served) -> Api:
    """The 2.x listener."""
    return served.modern


@pytest.fixture
def old(served: Served) -> Api:
    """The 1.1 listener."""
    return served.old


@pytest.fixture(params=["2.x", "1.1"])
def either(request: pytest.FixtureRequest, served: Served) -> Api:
    """Each vintage in turn, for rules that both have."""
    return served.modern if request.param == "2.x" else served.old


@pytest.fixture
def tenant(served: Served) -> str:
    """The id of a new tenant."""
    tenant_id = f"tenant-{uuid4()}"
    assert served.modern("POST", f"/v1/tenants/{tenant_id}").status == 201
    return tenant_id


@pytest.fixture
def device(served: Served, tenant: str) -> str:
    """`TENANT/DEVICE`, for a new device of the new tenant."""
    assert served.modern("POST", f"/v1/devices/{tenant}/4711").status == 201
    return f"{tenant}/4711"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """For a server of its own."""
    return tmp_path
