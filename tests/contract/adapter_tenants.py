"""What every adapter with tenants must do."""

from __future__ import annotations

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.tenants import TenantsPort
from registry_backend.domain.errors import (
    AlreadyExists,
    Invalid,
    LimitReached,
    NotFound,
    VersionMismatch,
)
from registry_backend.domain.identifiers import HONO_TENANT_ID
from registry_backend.domain.query import PageRequest, TenantQuery
from registry_backend.domain.tenants import TenantAttributes
from tests.contract.adapter_help import (
    AdapterTests,
    backward,
    by_position,
    device,
    forward,
    need,
)


class TenantsSuite(AdapterTests):
    """Tenants: create, read, replace, remove, list."""

    @pytest.fixture
    def tenants(self, adapter: RegistryAdapter) -> TenantsPort:
        return need(adapter.tenants)

    async def test_a_created_tenant_is_read_back_as_saved(self, tenants: TenantsPort) -> None:
        """What create returns is what get finds, members nobody models included."""
        members = {"alias": "wind", "ext": {"n": [1]}, "x-unknown": {"deep": True}}
        saved = await tenants.create("north", TenantAttributes.parse(members))
        assert saved.tenant_id == "north"
        assert saved.attributes.to_json() == members
        assert await tenants.get("north") == saved

    async def test_a_tenant_id_is_made_where_none_is_given(self, tenants: TenantsPort) -> None:
        """The registry's own ids follow its own rules."""
        saved = await tenants.create(None, TenantAttributes())
        assert HONO_TENANT_ID.fullmatch(saved.tenant_id)
        assert await tenants.get(saved.tenant_id) == saved

    async def test_a_taken_tenant_id_is_refused(self, tenants: TenantsPort) -> None:
        """The tenant that was first stays as it is."""
        first = await tenants.create("north", TenantAttributes())
        with pytest.raises(AlreadyExists, match="north"):
            await tenants.create("north", TenantAttributes(enabled=False))
        assert await tenants.get("north") == first

    async def test_a_bad_tenant_id_names_the_field(self, tenants: TenantsPort) -> None:
        """A form can mark the input."""
        with pytest.raises(Invalid) as caught:
            await tenants.create("north wind", TenantAttributes())
        assert caught.value.problems[0].field == "tenant-id"

    async def test_a_broken_trust_anchor_names_the_path(self, tenants: TenantsPort) -> None:
        """Deep members are named from the top."""
        broken = TenantAttributes.parse({"trusted-ca": [{"subject-dn": "CN=a"}]})
        with pytest.raises(Invalid) as caught:
            await tenants.create("north", broken)
        assert caught.value.problems[0].field.startswith("trusted-ca[0]")

    async def test_a_tenant_update_returns_the_new_version(self, tenants: TenantsPort) -> None:
        """Nothing needs to be read twice."""
        first = await tenants.create("north", TenantAttributes())
        changed = TenantAttributes.parse({"enabled": False})
        second = await tenants.update("north", changed, expected=first.version)
        assert second.version != first.version
        assert second.updated_at is not None
        assert not second.enabled
        assert await tenants.get("north") == second

    async def test_a_tenant_update_from_an_old_version_changes_nothing(
        self, tenants: TenantsPort
    ) -> None:
        """The error carries what is there now."""
        first = await tenants.create("north", TenantAttributes())
        second = await tenants.update("north", TenantAttributes(), expected=first.version)
        with pytest.raises(VersionMismatch) as caught:
            await tenants.update("north", TenantAttributes(enabled=False), expected=first.version)
        assert caught.value.current == second
        assert await tenants.get("north") == second

    async def test_any_version_will_do_when_none_is_named(self, tenants: TenantsPort) -> None:
        """None means that the writer has decided to overwrite."""
        await tenants.create("north", TenantAttributes())
        saved = await tenants.update("north", TenantAttributes(enabled=False), expected=None)
        assert not saved.enabled

    async def test_a_missing_tenant_is_not_found(self, tenants: TenantsPort) -> None:
        """By each verb."""
        with pytest.raises(NotFound, match="nowhere"):
            await tenants.get("nowhere")
        with pytest.raises(NotFound, match="nowhere"):
            await tenants.update("nowhere", TenantAttributes(), expected=None)
        with pytest.raises(NotFound, match="nowhere"):
            await tenants.delete("nowhere", expected=None)

    async def test_deleting_a_tenant_names_a_version_too(self, tenants: TenantsPort) -> None:
        """A tenant changed meanwhile is not deleted."""
        first = await tenants.create("north", TenantAttributes())
        second = await tenants.update("north", TenantAttributes(), expected=None)
        with pytest.raises(VersionMismatch):
            await tenants.delete("north", expected=first.version)
        await tenants.delete("north", expected=second.version)
        with pytest.raises(NotFound):
            await tenants.get("north")

    async def test_usage_counts_what_hangs_on_it(
        self, adapter: RegistryAdapter, tenants: TenantsPort
    ) -> None:
        """Shown before a deletion."""
        devices = need(adapter.devices)
        await tenants.create("north", TenantAttributes())
        assert (await tenants.usage("north")).devices == 0
        await devices.create("north", "one", device())
        assert (await tenants.usage("north")).devices == 1

    async def test_the_tenants_limit_holds(
        self, adapter: RegistryAdapter, tenants: TenantsPort, tenant_id: str
    ) -> None:
        """registration-limits.max-devices (hono 3.5)."""
        devices = need(adapter.devices)
        limits = TenantAttributes.parse({"registration-limits": {"max-devices": 1}})
        await tenants.update(tenant_id, limits, expected=None)
        await devices.create(tenant_id, "first", device())
        with pytest.raises(LimitReached):
            await devices.create(tenant_id, "second", device())

    async def test_each_way_of_paging_shows_each_tenant_once(self, tenants: TenantsPort) -> None:
        """Forward, back and by position, in byte order of the ids."""
        names = [f"t-{number:02d}" for number in range(23)]
        for name in reversed(names):
            await tenants.create(name, TenantAttributes())

        async def ids_by(walk: object) -> list[str]:
            rows = await walk(lambda asked: tenants.page(TenantQuery(), asked), limit=5)  # type: ignore[operator]
            return [tenant.tenant_id for tenant in rows]

        assert await ids_by(forward) == names
        if tenants.abilities.can_seek:
            assert await ids_by(backward) == names
            assert await ids_by(by_position) == names
        assert (await tenants.count(TenantQuery())).value == 23

    async def test_each_tenant_filter_that_is_offered_works(self, tenants: TenantsPort) -> None:
        """An ability claimed is an ability had."""
        for name in ("north", "south", "northern"):
            await tenants.create(name, TenantAttributes.parse({"enabled": name != "south"}))
        expected = {
            "id_contains": (TenantQuery(id_contains=("or", "th")), ["north", "northern"]),
            "enabled": (TenantQuery(enabled=False), ["south"]),
        }
        for name in tenants.abilities.filters:
            query, ids = expected[name]
            page = await tenants.page(query, PageRequest())
            assert [tenant.tenant_id for tenant in page.rows] == ids, name
            assert (await tenants.count(query)).value == len(ids), name
