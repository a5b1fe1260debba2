"""Hono's rules for devices, on a real file (hono 2.1, 2.4, 3.1, 3.4, 3.5; iothub 4.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import (
    AlreadyExists,
    Invalid,
    LimitReached,
    NotFound,
    VersionMismatch,
)
from registry_backend.domain.identifiers import HUB_DEVICE_ID
from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.registry import Registry, RegistrySettings, device_rules
from tests.registry_backend.registry.makers import ACTOR, psk


async def create(registry: Registry, device_id: str, members: JsonObject | None = None) -> Device:
    """Create a device of tenant acme from JSON members."""
    attributes = DeviceAttributes.parse(members or {})
    return await registry.devices.create("acme", device_id, attributes, actor=ACTOR)


async def limit_to(registry: Registry, limit: int) -> None:
    """Set the device limit of tenant acme."""
    members = {"registration-limits": {"max-devices": limit}}
    attributes = TenantAttributes.parse(members)
    await registry.tenants.update("acme", attributes, expected=None, actor=ACTOR)


@pytest.mark.usefixtures("tenant")
async def test_a_new_device_is_kept_as_it_was_given(registry: Registry) -> None:
    """Nothing is added to what the client said; unknown members stay (hono 2.4)."""
    members: JsonObject = {"via": ["gw"], "ext": {"n": 1.5}, "later": [{}]}
    saved = await create(registry, "d1", members)
    assert saved.attributes.to_json() == members
    assert (saved.revision, saved.updated_at, saved.status_updated_at) == (0, None, None)
    assert await registry.devices.get("acme", "d1") == saved


@pytest.mark.usefixtures("tenant")
async def test_the_generation_is_the_moment_of_creation(registry: Registry) -> None:
    """Decimal ticks of 100 ns since the year 1, in UTC (iothub 4.1)."""
    saved = await create(registry, "d1")
    ticks = int(saved.generation_id)
    moment = datetime(1, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
    assert moment == saved.created_at
    await registry.devices.delete("acme", "d1", expected=None, actor=ACTOR)
    again = await create(registry, "d1")
    assert int(again.generation_id) > ticks


async def test_a_device_needs_its_tenant(registry: Registry) -> None:
    """Creating, reading, listing and counting fail without it (hono 3.4)."""
    with pytest.raises(NotFound, match="no tenant 'acme'"):
        await create(registry, "d1")
    with pytest.raises(NotFound, match="no tenant"):
        await registry.devices.get("acme", "d1")
    with pytest.raises(NotFound, match="no tenant"):
        await registry.devices.count("acme", DeviceQuery())
    with pytest.raises(NotFound, match="no tenant"):
        await registry.devices.page("acme", DeviceQuery(), Order(), PageRequest())
    with pytest.raises(NotFound, match="no tenant"):
        await registry.statistics.get("acme")


@pytest.mark.parametrize("device_id", ["", "a b", "a/b", "ü", "d#1", "d1\n", "x" * 257])
async def test_a_device_id_has_to_match_its_pattern(registry: Registry, device_id: str) -> None:
    """The message names the field (hono 2.1)."""
    with pytest.raises(Invalid, match="device-id: "):
        await create(registry, device_id)


@pytest.mark.usefixtures("tenant")
async def test_the_hub_has_a_pattern_of_its_own(registry: Registry) -> None:
    """Its ids may hold what Hono refuses, up to 128 characters (iothub 4.1)."""
    attributes = DeviceAttributes()
    saved = await registry.devices.create(
        "acme", "d#1$(x)", attributes, actor=ACTOR, rule=HUB_DEVICE_ID
    )
    assert await registry.devices.get("acme", "d#1$(x)") == saved
    with pytest.raises(Invalid, match="device-id: is too long"):
        await registry.devices.create(
            "acme", "x" * 129, attributes, actor=ACTOR, rule=HUB_DEVICE_ID
        )


@pytest.mark.usefixtures("tenant")
async def test_a_device_without_an_id_gets_a_random_one(registry: Registry) -> None:
    """The id is a UUID in lower case (hono 2.1)."""
    saved = await registry.devices.create("acme", None, DeviceAttributes(), actor=ACTOR)
    assert len(saved.device_id) == 36


@pytest.mark.usefixtures("tenant")
async def test_device_ids_compare_by_bytes_and_are_taken_once(registry: Registry) -> None:
    """Case makes another device (design 3)."""
    await create(registry, "d1")
    await create(registry, "D1")
    with pytest.raises(AlreadyExists, match="'d1' exists already in tenant 'acme'"):
        await create(registry, "d1", {"enabled": False})
    assert (await registry.devices.get("acme", "d1")).enabled


@pytest.mark.usefixtures("tenant")
async def test_an_update_replaces_everything_and_gives_the_next_version(
    registry: Registry,
) -> None:
    """Creation survives; both version schemes move on (hono 3.1, iothub 4.1)."""
    first = await create(registry, "d1", {"via": ["gw"], "later": 1})
    second = await registry.devices.update(
        "acme", "d1", DeviceAttributes(), expected=first.version, actor=ACTOR
    )
    assert second.attributes.to_json() == {}
    assert (second.created_at, second.generation_id) == (first.created_at, first.generation_id)
    assert second.version != first.version
    assert second.revision == 1
    assert second.updated_at is not None
    assert await registry.devices.get("acme", "d1") == second


@pytest.mark.usefixtures("tenant")
async def test_the_time_of_the_status_moves_with_enabled_only(registry: Registry) -> None:
    """It stays unset until the first toggle (iothub 4.1)."""
    await create(registry, "d1")

    async def write(members: JsonObject) -> Device:
        attributes = DeviceAttributes.parse(members)
        return await registry.devices.update("acme", "d1", attributes, expected=None, actor=ACTOR)

    assert (await write({"enabled": True, "ext": {"a": 1}})).status_updated_at is None
    off = await write({"enabled": False})
    assert off.status_updated_at == off.updated_at
    assert (await write({"enabled": False, "ext": {}})).status_updated_at == off.updated_at


@pytest.mark.usefixtures("tenant")
async def test_a_stale_write_is_refused_and_shows_what_is_there(registry: Registry) -> None:
    """Update and delete write nothing and carry the current device (hono 3.1)."""
    first = await create(registry, "d1")
    second = await registry.devices.update(
        "acme", "d1", DeviceAttributes(enabled=False), expected=None, actor=ACTOR
    )
    with pytest.raises(VersionMismatch) as caught:
        await registry.devices.update(
            "acme", "d1", DeviceAttributes(), expected=first.version, actor=ACTOR
        )
    assert caught.value.current == second
    with pytest.raises(VersionMismatch):
        await registry.devices.delete("acme", "d1", expected=first.version, actor=ACTOR)
    assert await registry.devices.get("acme", "d1") == second


@pytest.mark.usefixtures("tenant")
async def test_a_missing_device_is_not_found(registry: Registry) -> None:
    """Whatever version is named (hono 3.1)."""
    with pytest.raises(NotFound, match="no device 'd1' in tenant 'acme'"):
        await registry.devices.get("acme", "d1")
    with pytest.raises(NotFound):
        await registry.devices.update("acme", "d1", DeviceAttributes(), expected="v", actor=ACTOR)
    with pytest.raises(NotFound):
        await registry.devices.delete("acme", "d1", expected=None, actor=ACTOR)


@pytest.mark.usefixtures("tenant")
async def test_deleting_a_device_takes_its_credentials(registry: Registry) -> None:
    """A gateway's id stays in the `via` of others (hono 3.4)."""
    await create(registry, "gw")
    await create(registry, "d1", {"via": ["gw"]})
    await registry.credentials.replace("acme", "gw", [psk("gw", "k")], expected=None, actor=ACTOR)
    await registry.devices.delete("acme", "gw", expected=None, actor=ACTOR)
    assert (await registry.credentials.count("acme")).value == 0
    assert (await registry.devices.get("acme", "d1")).attributes.via == ("gw",)
    assert list(await registry.devices.gateways("acme")) == ["gw"]
    await create(registry, "gw")
    assert (await registry.credentials.get("acme", "gw")).credentials == ()


@pytest.mark.usefixtures("tenant")
async def test_deleting_under_a_removed_tenant_succeeds(registry: Registry) -> None:
    """With the device still there, and without one (hono 3.4)."""
    await create(registry, "d1")
    await registry.tenants.delete("acme", expected=None, actor=ACTOR)
    await registry.devices.delete("acme", "d1", expected=None, actor=ACTOR)
    assert (await registry.tenants.usage("acme")).devices == 0
    await registry.devices.delete("acme", "d1", expected=None, actor=ACTOR)
    await registry.devices.delete("never", "d1", expected=None, actor=ACTOR)


@pytest.mark.usefixtures("tenant")
async def test_all_devices_go_in_chunks_and_no_other_tenants(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each chunk is a transaction with a line that says how many went (hono 3.4)."""
    monkeypatch.setattr(device_rules, "DELETE_CHUNK", 2)
    await registry.tenants.create("other", TenantAttributes(), actor=ACTOR)
    await registry.devices.create("other", "d0", DeviceAttributes(), actor=ACTOR)
    for number in range(5):
        await create(registry, f"d{number}")
    assert await registry.devices.delete_all("acme", actor=ACTOR) == 5
    assert await registry.devices.delete_all("acme", actor=ACTOR) == 0
    assert (await registry.statistics.get("acme")).total == 0
    assert (await registry.statistics.get("other")).total == 1
    lines = await registry.journal.page("acme", limit=3)
    assert [line.before for line in lines] == [{"devices": 1}, {"devices": 2}, {"devices": 2}]
    assert {line.resource_id for line in lines} == {""}


async def test_deleting_all_devices_of_nothing_succeeds(registry: Registry) -> None:
    """Also for a tenant that never was (hono 3.4)."""
    assert await registry.devices.delete_all("never", actor=ACTOR) == 0


@pytest.mark.usefixtures("tenant")
async def test_a_tenant_limits_its_devices(registry: Registry) -> None:
    """The message has Hono's words and says which limit it was (hono 3.5)."""
    await limit_to(registry, 1)
    await create(registry, "d1")
    with pytest.raises(LimitReached, match=r"configured device limit reached \[.*acme.*: 1,"):
        await create(registry, "d2")
    await registry.devices.update("acme", "d1", DeviceAttributes(), expected=None, actor=ACTOR)
    await registry.devices.delete("acme", "d1", expected=None, actor=ACTOR)
    await create(registry, "d2")
    await limit_to(registry, 0)
    with pytest.raises(LimitReached):
        await create(registry, "d3")


@pytest.mark.usefixtures("tenant")
async def test_the_registrys_limit_holds_where_a_tenant_has_none(registry: Registry) -> None:
    """A tenant's own limit goes before it (hono 3.5)."""
    limited = Registry(registry.store, RegistrySettings(max_devices_per_tenant=1))
    await create(limited, "d1")
    with pytest.raises(LimitReached, match="max devices: 1, set in the registry's settings"):
        await create(limited, "d2")
    await limit_to(limited, 2)
    await create(limited, "d2")
    with pytest.raises(LimitReached, match="max devices: 2, set in registration-limits"):
        await create(limited, "d3")


@pytest.mark.usefixtures("tenant")
async def test_statistics_follow_every_write(registry: Registry) -> None:
    """Enabled and disabled make the total (iothub 4.4)."""
    await create(registry, "d1")
    await create(registry, "d2", {"enabled": False})
    await registry.devices.update(
        "acme", "d1", DeviceAttributes(enabled=False), expected=None, actor=ACTOR
    )
    statistics = await registry.statistics.get("acme")
    assert (statistics.total, statistics.enabled, statistics.disabled) == (2, 0, 2)


@pytest.mark.usefixtures("tenant")
async def test_a_list_finds_rows_and_their_places(registry: Registry) -> None:
    """Page, count and position agree."""
    for number in range(4):
        await create(registry, f"d{number}", {"enabled": number != 2})
    query = DeviceQuery(enabled=True)
    page = await registry.devices.page("acme", query, Order(), PageRequest(limit=10))
    assert [row.device_id for row in page.rows] == ["d0", "d1", "d3"]
    assert (await registry.devices.count("acme", query)).value == 3
    assert await registry.devices.position("acme", "d3", query, Order()) == 2


@pytest.mark.usefixtures("tenant")
async def test_the_history_of_a_device_is_its_own(registry: Registry) -> None:
    """Members that look like secrets stand as fingerprints (design 3)."""
    await create(registry, "d0")
    await create(registry, "d1", {"ext": {"password": "hunter2", "site": "berlin"}})
    await registry.devices.update(
        "acme", "d1", DeviceAttributes(enabled=False), expected=None, actor=ACTOR
    )
    await registry.devices.delete("acme", "d1", expected=None, actor=ACTOR)
    lines = await registry.journal.page("acme", resource_id="d1")
    assert [line.action for line in lines] == ["deleted", "updated", "created"]
    assert lines[1].after == {"enabled": False}
    kept = (lines[2].after or {})["ext"]
    assert kept["site"] == "berlin"
    assert kept["password"].startswith("sha256:")
    older = await registry.journal.page("acme", resource_id="d1", before=lines[1].sequence)
    assert [line.action for line in older] == ["created"]
