"""The adapter to a remote Hono keeps the contract over TCP and TLS, in both vintages."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.hono import HonoAdapter
from console.adapters.ports.credentials import CredentialsPort
from console.adapters.ports.devices import DevicesPort
from console.adapters.ports.tenants import TenantsPort
from registry_backend.api.authentication import Authentication
from registry_backend.domain.credentials import Credential
from registry_backend.domain.errors import (
    Denied,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
    Unsupported,
    VersionMismatch,
)
from registry_backend.domain.query import DeviceQuery, Order, PageRequest, TenantQuery
from registry_backend.domain.secrets import hash_password
from registry_backend.domain.tenants import TenantAttributes
from tests.contract.adapter_credentials import CredentialsSuite, psk
from tests.contract.adapter_devices import DevicesSuite
from tests.contract.adapter_help import device, fill, need
from tests.contract.adapter_statistics import StatisticsSuite
from tests.contract.adapter_suite import AdapterSuite
from tests.contract.adapter_tenants import TenantsSuite
from tests.contract.hono_serving import connected, make_certificates, serving


class HonoSuite(TenantsSuite, DevicesSuite, CredentialsSuite, AdapterSuite):
    """The contract, but for what no Hono has: unknown members, revisions, generations."""

    async def test_a_created_tenant_is_read_back_as_saved(self, tenants: TenantsPort) -> None:
        """What create returns is what get finds."""
        members = {"enabled": True, "ext": {"n": [1], "deep": {"x": None}}}
        saved = await tenants.create("north", TenantAttributes.parse(members))
        assert saved.tenant_id == "north"
        assert saved.attributes.to_json() == members
        assert await tenants.get("north") == saved

    async def test_a_created_device_is_read_back_as_saved(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """What create returns is what get finds."""
        members = {"enabled": True, "ext": {"site": "oslo"}, "via": ["gw"]}
        saved = await devices.create(tenant_id, "pump-1", device(**members))
        assert saved.attributes.to_json() == members
        assert await devices.get(tenant_id, "pump-1") == saved

    async def test_a_tenant_update_returns_the_new_version(self, tenants: TenantsPort) -> None:
        """Nothing needs to be read twice; a Hono tells no times of tenants."""
        first = await tenants.create("north", TenantAttributes())
        changed = TenantAttributes.parse({"enabled": False})
        second = await tenants.update("north", changed, expected=first.version)
        assert second.version != first.version
        assert not second.enabled
        assert await tenants.get("north") == second

    async def test_a_device_update_returns_the_new_version(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """Nothing needs to be read twice."""
        first = await devices.create(tenant_id, "pump", device(ext={"a": 1}))
        changed = device(enabled=False, ext={"a": 2})
        second = await devices.update(tenant_id, "pump", changed, expected=first.version)
        assert second.version != first.version
        assert second.attributes == changed
        assert await devices.get(tenant_id, "pump") == second

    async def test_a_recreated_device_is_another_one(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """Its version tells, as a Hono has no generations."""
        first = await devices.create(tenant_id, "pump", device())
        await devices.delete(tenant_id, "pump", expected=None)
        second = await devices.create(tenant_id, "pump", device())
        assert second.version != first.version

    async def test_the_tenants_list_shows_each_once(
        self, adapter: RegistryAdapter, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """A Hono has no such list, and that is what is said."""
        del adapter
        with pytest.raises(Unsupported, match="whole tenant"):
            await credentials.page(tenant_id, expires_before=None, request=PageRequest())
        with pytest.raises(Unsupported, match="whole tenant"):
            await credentials.count(tenant_id)

    async def test_deleting_a_device_frees_its_identities(
        self, adapter: RegistryAdapter, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """Another device may have them then."""
        await credentials.replace(tenant_id, "pump", [psk("shared")], expected=None)
        await need(adapter.devices).delete(tenant_id, "pump", expected=None)
        saved = await credentials.replace(tenant_id, "valve", [psk("shared")], expected=None)
        assert saved.credentials[0].auth_id == "shared"

    async def test_a_device_and_its_credentials_are_changed_side_by_side(
        self, devices: DevicesPort, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """A write to one is no change of the other, though both begin with one version."""
        made = await devices.create(tenant_id, "lamp", device())
        empty = await credentials.get(tenant_id, "lamp")
        changed = await devices.update(
            tenant_id, "lamp", device(ext={"n": 1}), expected=made.version
        )
        filled = await credentials.replace(tenant_id, "lamp", [psk("lamp")], expected=empty.version)
        await devices.update(tenant_id, "lamp", device(ext={"n": 2}), expected=changed.version)
        await credentials.replace(tenant_id, "lamp", [], expected=filled.version)

    async def test_credentials_first_and_the_device_next(
        self, devices: DevicesPort, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """The same the other way about."""
        made = await devices.create(tenant_id, "lamp", device())
        empty = await credentials.get(tenant_id, "lamp")
        await credentials.replace(tenant_id, "lamp", [psk("lamp")], expected=empty.version)
        await devices.update(tenant_id, "lamp", device(ext={"n": 1}), expected=made.version)


class Hono2xSuite(HonoSuite, StatisticsSuite):
    """What holds for a Hono that lists."""

    async def test_statistics_of_our_own_server_are_exact(
        self, adapter: RegistryAdapter, devices: DevicesPort, tenant_id: str
    ) -> None:
        """It counts what it was asked for; of other peers nobody knows that."""
        await devices.create(tenant_id, "lamp", device(enabled=False))
        await devices.create(tenant_id, "valve-2", device())
        found = await need(adapter.statistics).get(tenant_id)
        assert found.exact
        assert found.disabled == 1

    async def test_an_edit_of_a_listed_row_names_what_was_seen(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """Search results have no ETag: what changed since they were listed is still found out."""
        await devices.create(tenant_id, "pump", device(ext={"a": 1}))
        page = await devices.page(tenant_id, DeviceQuery(), Order(), PageRequest())
        row = page.rows[0]
        saved = await devices.update(tenant_id, "pump", device(ext={"a": 2}), expected=row.version)
        assert saved.attributes.ext == {"a": 2}
        with pytest.raises(VersionMismatch) as caught:
            await devices.update(tenant_id, "pump", device(), expected=row.version)
        assert caught.value.current == saved
        with pytest.raises(VersionMismatch):
            await devices.delete(tenant_id, "pump", expected=row.version)

    async def test_an_edit_of_a_listed_tenant_names_what_was_seen(
        self, tenants: TenantsPort
    ) -> None:
        """As with devices."""
        await tenants.create("north", TenantAttributes.parse({"ext": {"a": 1}}))
        row = (await tenants.page(TenantQuery(), PageRequest())).rows[0]
        saved = await tenants.update("north", TenantAttributes(), expected=row.version)
        with pytest.raises(VersionMismatch) as caught:
            await tenants.delete("north", expected=row.version)
        assert caught.value.current == saved

    async def test_long_lists_are_read_past_the_greatest_page(
        self, adapter: RegistryAdapter, devices: DevicesPort, tenant_id: str
    ) -> None:
        """What the offset counts is learned on the way (hono 3.7)."""
        del adapter
        names = [f"d{number:03d}" for number in range(460)]
        for start in range(0, len(names), 46):
            some = names[start : start + 46]
            await asyncio.gather(*(fill(devices, tenant_id, name) for name in some))

        async def stretch(skip: int, limit: int) -> list[str]:
            page = await devices.page(
                tenant_id, DeviceQuery(), Order(), PageRequest(skip=skip, limit=limit)
            )
            return [row.device_id for row in page.rows]

        assert await stretch(0, 500) == names
        assert await stretch(150, 100) == names[150:250]
        assert await stretch(333, 7) == names[333:340]
        assert await stretch(455, 50) == names[455:]
        assert await devices.position(tenant_id, "d400", DeviceQuery(), Order()) == 400


class TestHono2x(Hono2xSuite):
    """2.x over TCP."""

    @pytest.fixture
    async def adapter(self, tmp_path: Path) -> AsyncIterator[HonoAdapter]:
        async with serving(tmp_path / "r.sqlite") as endpoint, connected(endpoint) as adapter:
            yield adapter


class TestHono2xTls(Hono2xSuite):
    """2.x over TLS, and offsets counted in records."""

    @pytest.fixture
    async def adapter(self, tmp_path: Path) -> AsyncIterator[HonoAdapter]:
        async with (
            serving(
                tmp_path / "r.sqlite",
                certificates=make_certificates(tmp_path),
                offset_in_records=True,
            ) as endpoint,
            connected(endpoint) as adapter,
        ):
            yield adapter


class Hono11Suite(HonoSuite):
    """1.1 cannot list, checks no owners, echoes secrets and gives them no ids."""

    async def test_a_bad_tenant_id_names_the_field(self, tenants: TenantsPort) -> None:
        """1.1 has no pattern (hono 2.1); what no address can hold is refused here."""
        for impossible in ("", ".", ".."):
            with pytest.raises(Invalid):
                await tenants.create(impossible, TenantAttributes())
        assert (await tenants.create("north wind/2", TenantAttributes())).enabled

    async def test_a_bad_device_id_names_the_field(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """As with tenants."""
        for impossible in ("", ".", ".."):
            with pytest.raises(Invalid):
                await devices.delete(tenant_id, impossible, expected=None)
        assert (await devices.create(tenant_id, "pump/1 %", device())).device_id == "pump/1 %"
        assert (await devices.get(tenant_id, "pump/1 %")).enabled

    async def test_a_created_tenant_is_read_back_as_saved(self, tenants: TenantsPort) -> None:
        """1.1 says `enabled` although nobody gave it (hono 2.2)."""
        saved = await tenants.create("north", TenantAttributes.parse({"ext": {"n": 1}}))
        assert saved.attributes.to_json() == {"enabled": True, "ext": {"n": 1}}
        assert await tenants.get("north") == saved

    async def test_a_missing_device_is_not_found(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """By each verb; 1.1 makes the tenant of a new device (hono 3.4)."""
        with pytest.raises(NotFound, match="ghost"):
            await devices.get(tenant_id, "ghost")
        with pytest.raises(NotFound, match="ghost"):
            await devices.update(tenant_id, "ghost", device(), expected=None)
        with pytest.raises(NotFound, match="ghost"):
            await devices.delete(tenant_id, "ghost", expected=None)
        assert (await devices.create("nowhere", "pump", device())).device_id == "pump"

    async def test_missing_things_are_not_found(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """A set that is not there can be neither read nor replaced."""
        with pytest.raises(NotFound, match="ghost"):
            await credentials.get(tenant_id, "ghost")
        with pytest.raises(NotFound, match="nowhere"):
            await credentials.get("nowhere", "pump")

    async def test_a_password_is_hashed_and_kept_by_its_secrets_id(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """1.1 has no ids: the hash comes back, and sending it again keeps it (hono 3.6)."""
        given = Credential.parse(
            {"type": "hashed-password", "auth-id": "p", "secrets": [{"pwd-plain": "sesame"}]}
        )
        first = await credentials.replace(tenant_id, "pump", [given], expected=None)
        secret = first.credentials[0].secrets[0]
        assert secret.id is None
        assert secret.pwd_hash
        second = await credentials.replace(
            tenant_id, "pump", first.credentials, expected=first.version
        )
        assert second.credentials == first.credentials

    async def test_a_set_is_read_back_as_saved(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """Types nobody models included; a credential's comment is not kept by 1.1 (hono 2.5)."""
        own = Credential.parse(
            {"type": "radio", "auth-id": "pump", "ext": {"n": 1}, "secrets": [{"join": "00ff"}]}
        )
        saved = await credentials.replace(tenant_id, "pump", [psk("pump"), own], expected=None)
        assert await credentials.get(tenant_id, "pump") == saved
        radio = saved.find("radio", "pump")
        assert radio is not None
        assert radio.secrets[0].unknown() == {"join": "00ff"}

    async def test_deleting_all_says_how_many(self, devices: DevicesPort, tenant_id: str) -> None:
        """1.1 cannot."""
        with pytest.raises(Unsupported):
            await devices.delete_all(tenant_id)

    async def test_the_tenants_limit_holds(
        self, adapter: RegistryAdapter, tenants: TenantsPort, tenant_id: str
    ) -> None:
        """1.1 has no such member (hono 2.2): what is saved shows that it limits nothing."""
        devices = need(adapter.devices)
        limits = TenantAttributes.parse({"registration-limits": {"max-devices": 1}})
        saved = await tenants.update(tenant_id, limits, expected=None)
        assert saved.attributes.registration_limits is None
        await fill(devices, tenant_id, "first", "second")
        assert (await devices.get(tenant_id, "second")).enabled

    async def test_usage_counts_what_hangs_on_it(
        self, adapter: RegistryAdapter, tenants: TenantsPort
    ) -> None:
        """1.1 tells nobody, and what is known on this side is not said to be all."""
        await tenants.create("north", TenantAttributes())
        await need(adapter.devices).create("north", "one", device())
        usage = await tenants.usage("north")
        assert (usage.devices, usage.credentials) == (None, None)

    async def test_what_was_seen_is_listed_and_a_whole_id_opens(
        self, adapter: RegistryAdapter, devices: DevicesPort, tenant_id: str
    ) -> None:
        """Also after it was removed by somebody else, and came back."""
        assert not devices.abilities.can_list
        await devices.create(tenant_id, "pump", device())
        async with connected(adapter._client.endpoint) as other:  # type: ignore[attr-defined]
            theirs = need(other.devices)
            page = await theirs.page(tenant_id, DeviceQuery(), Order(), PageRequest())
            assert list(page.rows) == []
            opened = await theirs.page(
                tenant_id, DeviceQuery(id_contains=("pump",)), Order(), PageRequest()
            )
            assert [row.device_id for row in opened.rows] == ["pump"]
            page = await theirs.page(tenant_id, DeviceQuery(), Order(), PageRequest())
            assert [row.device_id for row in page.rows] == ["pump"]
            await devices.delete(tenant_id, "pump", expected=None)
            page = await theirs.page(tenant_id, DeviceQuery(), Order(), PageRequest())
            assert list(page.rows) == []


class TestHono11(Hono11Suite):
    """1.1 over TCP."""

    @pytest.fixture
    async def adapter(self, tmp_path: Path) -> AsyncIterator[HonoAdapter]:
        async with (
            serving(tmp_path / "r.sqlite", compat="1.1") as endpoint,
            connected(endpoint) as adapter,
        ):
            yield adapter


class TestHono11Tls(Hono11Suite):
    """1.1 over TLS."""

    @pytest.fixture
    async def adapter(self, tmp_path: Path) -> AsyncIterator[HonoAdapter]:
        async with (
            serving(
                tmp_path / "r.sqlite", compat="1.1", certificates=make_certificates(tmp_path)
            ) as endpoint,
            connected(endpoint) as adapter,
        ):
            yield adapter


async def test_what_it_cannot_do_has_no_port(tmp_path: Path) -> None:
    """No port, no pane."""
    async with serving(tmp_path / "r.sqlite") as endpoint, connected(endpoint) as adapter:
        for name in ("jobs", "journal", "principals", "sample"):
            assert getattr(adapter, name) is None
        assert adapter.statistics is not None


async def test_a_star_in_part_of_an_id_is_not_taken_for_a_filter_ignored(tmp_path: Path) -> None:
    """The registry takes it for a wildcard and finds more, which is looked through here."""
    notices: list[str] = []
    async with serving(tmp_path / "r.sqlite") as endpoint, connected(endpoint) as adapter:
        adapter.on_notice = notices.append
        await need(adapter.tenants).create("yard", TenantAttributes())
        await fill(need(adapter.devices), "yard", "pump", "valve")
        devices = need(adapter.devices)
        for query in (DeviceQuery(id_contains=("p*p",)), DeviceQuery(id_prefix="p*")):
            assert not (await devices.page("yard", query, Order(), PageRequest())).rows
            assert (await devices.count("yard", query)).value == 0
        found = await devices.page(
            "yard", DeviceQuery(id_patterns=("p*p",)), Order(), PageRequest()
        )
        assert [each.device_id for each in found.rows] == ["pump"]
    assert notices == []


async def test_a_read_only_session_writes_nothing(tmp_path: Path) -> None:
    """Refused on this side, before anything is sent."""
    async with serving(tmp_path / "r.sqlite") as endpoint:
        async with connected(endpoint) as writer:
            await need(writer.tenants).create("north", TenantAttributes())
        async with connected(endpoint, read_only=True) as reader:
            assert (await need(reader.tenants).get("north")).enabled
            for refused in (
                need(reader.tenants).delete,
                need(reader.devices).delete_all,
            ):
                with pytest.raises(RegistryError, match="read-only"):
                    await refused("north")  # type: ignore[call-arg]


async def test_a_field_that_the_registry_refuses_is_named(tmp_path: Path) -> None:
    """So that a form can mark it."""
    async with serving(tmp_path / "r.sqlite") as endpoint, connected(endpoint) as adapter:
        broken = TenantAttributes().model_copy(update={"minimum_message_size": -1})
        with pytest.raises(Invalid) as caught:
            await need(adapter.tenants).create("south", broken)
        assert [each.field for each in caught.value.problems] == ["minimum-message-size"]
        assert "HTTP 400" in caught.value.message


async def test_a_limit_is_told_as_such(tmp_path: Path) -> None:
    """403 with the registry's words (hono 3.5)."""
    async with serving(tmp_path / "r.sqlite") as endpoint, connected(endpoint) as adapter:
        limits = TenantAttributes.parse({"registration-limits": {"max-devices": 0}})
        await need(adapter.tenants).create("north", limits)
        with pytest.raises(LimitReached, match="limit"):
            await need(adapter.devices).create("north", "pump", device())


async def test_a_limit_of_an_old_registry_is_told_although_it_gives_no_reason(
    tmp_path: Path,
) -> None:
    """1.1 answers 403 without a word; the message says what that means there (hono 3.5)."""
    limits = TenantAttributes.parse({"registration-limits": {"max-devices": 1}})
    async with serving(tmp_path / "r.sqlite") as endpoint, connected(endpoint) as adapter:
        await need(adapter.tenants).create("north", limits)
        await fill(need(adapter.devices), "north", "first")
    async with (
        serving(tmp_path / "r.sqlite", compat="1.1") as endpoint,
        connected(endpoint) as adapter,
    ):
        with pytest.raises(LimitReached, match="second") as caught:
            await need(adapter.devices).create("north", "second", device())
        assert "100 devices" in caught.value.hint


async def test_callers_prove_who_they_are(tmp_path: Path) -> None:
    """Basic and Bearer; without either, the message says what to check and no secret."""
    users = {"operator": hash_password("sesame", cost=4)}
    tokens = {hashlib.sha256(b"abc.def").digest(): "robot"}
    authentication = Authentication(users, tokens)
    async with serving(tmp_path / "r.sqlite", authentication=authentication) as endpoint:
        basic = "Basic " + base64.b64encode(b"operator:sesame").decode()
        for header in (basic, "Bearer abc.def"):
            async with connected(replace(endpoint, authorization=header)) as adapter:
                assert (await need(adapter.tenants).count(TenantQuery())).value == 0
        for wrong in (None, "Bearer wrong.token"):
            with pytest.raises(Denied) as caught:
                await HonoAdapter(replace(endpoint, authorization=wrong)).open()
            assert "credentials were not accepted" in caught.value.message
            assert "wrong.token" not in str(caught.value)
