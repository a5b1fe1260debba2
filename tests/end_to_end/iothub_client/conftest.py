"""One hub behind TLS for all tests of this folder, and a client that trusts its authority."""

from __future__ import annotations

import asyncio
import base64
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from registry_backend.api.iothub import HubOptions
from registry_backend.domain.policies import Policy
from registry_backend.open import open_registry
from registry_backend.server import Listener, Serving
from tests.end_to_end.hono.client import running
from tests.end_to_end.iothub_client.authority import Trust, make_authority
from tests.end_to_end.iothub_client.client import Hub

KEY = base64.b64encode(b"k" * 32).decode()


async def made_policies(data: Path) -> Sequence[Policy]:
    """The policies of a registry that is served."""
    registry = await open_registry(data)
    try:
        return await registry.policies.ensure()
    finally:
        await registry.close()


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    """An authority of our own."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def _trusted(trust: Trust, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library trusts that authority during a test and no longer; it asks no proxy."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(trust.authority))
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")


@contextmanager
def serving(trust: Trust, data: Path, options: HubOptions | None = None) -> Iterator[Hub]:
    """A hub over the registry in that file."""
    listener = Listener("127.0.0.1", 0, tls=trust.server, hub=options or HubOptions())
    with running(Serving(data, [listener])) as (address,):
        policies = asyncio.run(made_policies(data))
        host = f"localhost:{address.rpartition(':')[2]}"
        yield Hub(host, {policy.name: policy for policy in policies})
        gc.collect()  # answers that the library keeps hold their connections open


@pytest.fixture(scope="session")
def served(trust: Trust, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The served hub."""
    with serving(trust, tmp_path_factory.mktemp("hub") / "registry.sqlite") as found:
        yield found


@pytest.fixture
def hub(served: Hub) -> Iterator[Hub]:
    """The served hub; managers made by a test hang up after it."""
    with served.lasting:
        yield served


@pytest.fixture
def registry(hub: Hub) -> Any:
    """The library's manager of devices, with the owner's policy."""
    return hub.registry()


@pytest.fixture
def device_id() -> str:
    """An id that no other test has."""
    return f"device-{uuid4()}"


@pytest.fixture
def ids() -> list[str]:
    """Three ids that no other test has, in order."""
    prefix = f"many-{uuid4()}"
    return [f"{prefix}-{number}" for number in range(3)]


@pytest.fixture
def three(registry: Any, ids: list[str]) -> list[str]:
    """The ids of three devices, the last of them disabled."""
    for device_id in ids:
        status = "disabled" if device_id.endswith("2") else "enabled"
        registry.create_device_with_sas(device_id, KEY, KEY, status)
    return ids
