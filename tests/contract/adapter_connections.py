"""What every adapter with connections must do."""

from __future__ import annotations

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.connections import ConnectionsPort
from registry_backend.domain.errors import Invalid, NotFound
from registry_backend.wire.connection_strings import parse_device
from registry_backend.wire.sas import parse_token
from tests.contract.adapter_help import AdapterTests, fill, need


class ConnectionsSuite(AdapterTests):
    """How a device itself connects."""

    @pytest.fixture
    async def connections(self, adapter: RegistryAdapter, tenant_id: str) -> ConnectionsPort:
        """The port, on a tenant with the device `lamp`, which has two keys."""
        await fill(need(adapter.devices), tenant_id, "lamp")
        return need(adapter.connections)

    async def test_either_key_makes_a_string_of_its_own(
        self, connections: ConnectionsPort, tenant_id: str
    ) -> None:
        """For the device that was asked for."""
        first, second = [
            parse_device(
                await connections.connection_string(tenant_id, "lamp", secondary=secondary)
            )
            for secondary in (False, True)
        ]
        assert first.device_id == second.device_id == "lamp"
        assert first.key != second.key

    async def test_a_token_ends_after_the_minutes_that_were_asked_for(
        self, connections: ConnectionsPort, tenant_id: str
    ) -> None:
        """A longer one later; none without an end, none that has ended."""
        soon, later = [
            parse_token(
                await connections.sas_token(tenant_id, "lamp", minutes=minutes, secondary=False)
            )
            for minutes in (60, 60 * 24)
        ]
        assert later.expires - soon.expires >= 23 * 60 * 60
        for minutes in (0, -1, 10**9):
            with pytest.raises(Invalid) as caught:
                await connections.sas_token(tenant_id, "lamp", minutes=minutes, secondary=False)
            assert caught.value.problems[0].field == "minutes"

    async def test_a_device_that_is_not_there_has_neither(
        self, connections: ConnectionsPort, tenant_id: str
    ) -> None:
        """It is not found."""
        with pytest.raises(NotFound, match="ghost"):
            await connections.connection_string(tenant_id, "ghost", secondary=False)
        with pytest.raises(NotFound, match="ghost"):
            await connections.sas_token(tenant_id, "ghost", minutes=5, secondary=False)
