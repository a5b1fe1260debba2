"""The Identity Service's adapter keeps the contract over a real socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from console.adapters.identity import IdentityAdapter
from console.adapters.ports.modules import ModulesPort
from console.adapters.ports.provisioning import ProvisioningPort
from tests.contract.adapter_identity import ModulesSuite, ProvisioningSuite
from tests.contract.adapter_principals import PrincipalsSuite
from tests.contract.adapter_suite import AdapterSuite
from tests.contract.identity_serving import on_socket, serving_identity, short_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the service lives."""
    with short_folder() as found:
        yield found


class TestIdentityAdapter(PrincipalsSuite, ModulesSuite, ProvisioningSuite, AdapterSuite):
    """The whole contract on our own server."""

    @pytest.fixture
    async def adapter(self, folder: Path) -> AsyncIterator[IdentityAdapter]:
        async with serving_identity(folder), on_socket(folder) as adapter:
            yield adapter

    async def test_a_local_principal_is_fetched(self, modules: ModulesPort) -> None:
        """Its name cannot be created, since it is configured."""
        found = await modules.get("camera", "local")
        assert found.module_id == "camera"
        assert found.certificate_facts is not None

    async def test_the_device_is_the_configured_one(self, provisioning: ProvisioningPort) -> None:
        """With the hub that the configuration names."""
        device = await provisioning.device()
        assert (device.hub_name, device.device_id) == ("quay.azure-devices.net", "device01")
        info = await provisioning.info()
        assert (info.source, info.members) == ("manual", {"auth": "sas"})
