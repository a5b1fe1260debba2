"""What every adapter with devices must do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.devices import DevicesPort
from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device
from registry_backend.domain.errors import (
    AlreadyExists,
    Invalid,
    NotFound,
    Unsupported,
    VersionMismatch,
)
from registry_backend.domain.filter_language import parse_device_query
from registry_backend.domain.query import (
    AttributeFilter,
    DeviceQuery,
    DeviceSort,
    Order,
    Page,
    PageRequest,
)
from tests.contract.adapter_help import (
    AdapterTests,
    backward,
    by_position,
    device,
    fill,
    forward,
    need,
)

EVERYTHING = DeviceQuery()


class DevicesSuite(AdapterTests):
    """Devices: create, read, replace, remove, list."""

    @pytest.fixture
    def devices(self, adapter: RegistryAdapter) -> DevicesPort:
        return need(adapter.devices)

    async def test_a_created_device_is_read_back_as_saved(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """What create returns is what get finds, members nobody models included."""
        members = {"enabled": True, "ext": {"site": "oslo"}, "via": ["gw"], "x-unknown": 7}
        saved = await devices.create(tenant_id, "pump-1", device(**members))
        assert saved.attributes.to_json() == members
        assert await devices.get(tenant_id, "pump-1") == saved

    async def test_a_device_id_is_made_where_none_is_given(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """And can be used at once."""
        saved = await devices.create(tenant_id, None, device())
        assert await devices.get(tenant_id, saved.device_id) == saved

    async def test_a_taken_device_id_is_refused(self, devices: DevicesPort, tenant_id: str) -> None:
        """The device that was first stays as it is."""
        first = await devices.create(tenant_id, "pump", device())
        with pytest.raises(AlreadyExists, match="pump"):
            await devices.create(tenant_id, "pump", device(enabled=False))
        assert await devices.get(tenant_id, "pump") == first

    async def test_a_bad_device_id_names_the_field(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """A form can mark the input."""
        with pytest.raises(Invalid) as caught:
            await devices.create(tenant_id, "pump one", device())
        assert caught.value.problems[0].field == "device-id"

    async def test_a_device_update_returns_the_new_version(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """Nothing needs to be read twice."""
        first = await devices.create(tenant_id, "pump", device(ext={"a": 1}))
        changed = device(enabled=False, ext={"a": 2})
        second = await devices.update(tenant_id, "pump", changed, expected=first.version)
        assert second.version != first.version
        assert second.revision == first.revision + 1
        assert second.generation_id == first.generation_id
        assert second.status_updated_at is not None
        assert await devices.get(tenant_id, "pump") == second

    async def test_a_device_update_from_an_old_version_changes_nothing(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """The error carries what is there now."""
        first = await devices.create(tenant_id, "pump", device())
        second = await devices.update(tenant_id, "pump", device(), expected=first.version)
        with pytest.raises(VersionMismatch) as caught:
            await devices.update(tenant_id, "pump", device(enabled=False), expected=first.version)
        assert caught.value.current == second
        assert await devices.get(tenant_id, "pump") == second

    async def test_deleting_a_device_names_a_version_too(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """A device changed meanwhile is not deleted."""
        first = await devices.create(tenant_id, "pump", device())
        await devices.update(tenant_id, "pump", device(), expected=None)
        with pytest.raises(VersionMismatch):
            await devices.delete(tenant_id, "pump", expected=first.version)
        await devices.delete(tenant_id, "pump", expected=None)
        with pytest.raises(NotFound):
            await devices.get(tenant_id, "pump")

    async def test_a_missing_device_is_not_found(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """By each verb; a missing tenant as well."""
        with pytest.raises(NotFound, match="ghost"):
            await devices.get(tenant_id, "ghost")
        with pytest.raises(NotFound, match="ghost"):
            await devices.update(tenant_id, "ghost", device(), expected=None)
        with pytest.raises(NotFound, match="ghost"):
            await devices.delete(tenant_id, "ghost", expected=None)
        with pytest.raises(NotFound, match="nowhere"):
            await devices.create("nowhere", "pump", device())
        with pytest.raises(NotFound, match="nowhere"):
            await devices.page("nowhere", EVERYTHING, Order(), PageRequest())

    async def test_a_recreated_device_is_another_one(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """Its generation tells (iothub 4.1)."""
        first = await devices.create(tenant_id, "pump", device())
        await devices.delete(tenant_id, "pump", expected=None)
        second = await devices.create(tenant_id, "pump", device())
        assert second.generation_id != first.generation_id

    async def test_deleting_all_says_how_many(self, devices: DevicesPort, tenant_id: str) -> None:
        """And leaves none."""
        await fill(devices, tenant_id, "a", "b", "c")
        assert await devices.delete_all(tenant_id) == 3
        assert (await devices.count(tenant_id, EVERYTHING)).value == 0
        assert await devices.delete_all(tenant_id) == 0

    async def test_gateways_are_those_that_others_name(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """To choose from in a form."""
        await devices.create(tenant_id, "gw", device())
        await devices.create(tenant_id, "pump", device(via=["gw", "elsewhere"]))
        assert list(await devices.gateways(tenant_id)) == ["elsewhere", "gw"]

    async def test_each_way_of_paging_shows_each_device_once(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """In each order that is offered, both ways, by each walk."""
        names = [f"d:{number}" for number in range(23)]
        await fill(devices, tenant_id, *names)
        for name in names[::3]:
            await devices.update(tenant_id, name, device(enabled=False), expected=None)
        for by in devices.abilities.sorts:
            for descending in (False, True):
                order = Order(by=by, descending=descending)

                async def fetch(asked: PageRequest, order: Order = order) -> Page[Device]:
                    return await devices.page(tenant_id, EVERYTHING, order, asked)

                rows = [found.device_id for found in await forward(fetch, limit=5)]
                assert sorted(rows) == sorted(names)
                if by is DeviceSort.ID:
                    assert rows == sorted(names, reverse=descending)
                if devices.abilities.can_seek:
                    assert [d.device_id for d in await backward(fetch, limit=4)] == rows
                    assert [d.device_id for d in await by_position(fetch, limit=7)] == rows
                    for place, name in enumerate(rows):
                        found = await devices.position(tenant_id, name, EVERYTHING, order)
                        assert found == place

    async def test_each_device_filter_that_is_offered_works(
        self, adapter: RegistryAdapter, devices: DevicesPort, tenant_id: str
    ) -> None:
        """An ability claimed is an ability had; page and count agree."""
        await devices.create(tenant_id, "gate", device())
        await devices.create(tenant_id, "pump-1", device(via="gate", ext={"site": "oslo"}))
        await devices.create(tenant_id, "pump-2", device(enabled=False, ext={"site": "rome"}))
        if adapter.credentials is not None:
            psk = Credential.parse(
                {
                    "type": "psk",
                    "auth-id": "pump-2",
                    "secrets": [{"key": "c2VjcmV0", "not-after": "2030-01-01T00:00:00Z"}],
                }
            )
            await adapter.credentials.replace(tenant_id, "pump-2", [psk], expected=None)
        expected = {
            "id_prefix": (DeviceQuery(id_prefix="pump"), ["pump-1", "pump-2"]),
            "id_contains": (DeviceQuery(id_contains=("pu", "-2")), ["pump-2"]),
            "id_patterns": (DeviceQuery(id_patterns=("p*-2",)), ["pump-2"]),
            "enabled": (DeviceQuery(enabled=False), ["pump-2"]),
            "via": (DeviceQuery(via="gate"), ["pump-1"]),
            "is_gateway": (DeviceQuery(is_gateway=True), ["gate"]),
            "credential_type": (DeviceQuery(credential_type="psk"), ["pump-2"]),
            "expires_before": (
                DeviceQuery(expires_before=datetime(2031, 1, 1, tzinfo=UTC)),
                ["pump-2"],
            ),
            "attributes": (
                DeviceQuery(attributes=(AttributeFilter(("ext", "site"), "o*"),)),
                ["pump-1"],
            ),
        }
        for name in devices.abilities.filters:
            query, ids = expected[name]
            page = await devices.page(tenant_id, query, Order(), PageRequest())
            assert [found.device_id for found in page.rows] == ids, name
            assert (await devices.count(tenant_id, query)).value == len(ids), name

    async def test_a_filter_finds_the_number_typed_and_the_text_spelled_so(
        self, adapter: RegistryAdapter, tenant_id: str
    ) -> None:
        """Quotes leave the text only; no number is taken for its neighbour.

        A registry that finds nothing by members says so.
        """
        devices = need(adapter.devices)
        if "attributes" not in devices.abilities.filters:
            query = parse_device_query("ext.serial:7")
            with pytest.raises(Unsupported):
                await devices.page(tenant_id, query, Order(), PageRequest())
            return
        serial = 2**53 + 1
        for device_id, members in {
            "next": {"serial": serial - 1, "spare": False},
            "number": {"serial": serial, "spare": True},
            "several": {"serial": [str(serial), 7], "spare": [True]},
            "text": {"serial": str(serial), "spare": "true"},
        }.items():
            await devices.create(tenant_id, device_id, device(ext=members))
        for words, expected in {
            f"ext.serial:{serial}": ["number", "several", "text"],
            f'ext.serial:"{serial}"': ["several", "text"],
            "ext.spare:true": ["number", "several", "text"],
            'ext.spare:"true"': ["text"],
            f"ext.serial:{serial} NUM*": [],
            f"ext.serial:{serial} num*": ["number"],
        }.items():
            query = parse_device_query(words)
            page = await devices.page(tenant_id, query, Order(), PageRequest())
            assert [found.device_id for found in page.rows] == expected, words
            assert (await devices.count(tenant_id, query)).value == len(expected), words
