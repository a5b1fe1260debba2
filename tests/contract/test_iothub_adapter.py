"""The adapter to a remote IoT Hub keeps the contract over TLS with signed requests."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.iothub import IotHubAdapter
from console.adapters.ports.credentials import CredentialsPort
from console.adapters.ports.devices import DevicesPort
from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device
from registry_backend.domain.errors import (
    Denied,
    Invalid,
    NotFound,
    RegistryError,
    Unreachable,
    Unsupported,
    VersionMismatch,
)
from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from registry_backend.wire.connection_strings import parse_device
from registry_backend.wire.sas import check_token, parse_token
from tests.contract.adapter_connections import ConnectionsSuite
from tests.contract.adapter_credentials import CredentialsSuite
from tests.contract.adapter_devices import DevicesSuite
from tests.contract.adapter_help import device, fill, need
from tests.contract.adapter_statistics import StatisticsSuite
from tests.contract.adapter_suite import AdapterSuite
from tests.contract.hub_jobs import HubJobsSuite
from tests.contract.hub_serving import HUB, Hub, on_hub, serving_hub

FIRST, SECOND = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))


def keys(device_id: str, *secrets: Mapping[str, object], **members: object) -> Credential:
    """A hub's keys."""
    return Credential.parse(
        {"type": "psk", "auth-id": device_id, "secrets": list(secrets), **members}
    )


def prints(device_id: str, *thumbprints: str) -> Credential:
    """A hub's thumbprints."""
    secrets = [{"thumbprint": each} for each in thumbprints]
    return Credential.parse({"type": "x509-thumbprint", "auth-id": device_id, "secrets": secrets})


class TestIotHub(
    DevicesSuite, CredentialsSuite, HubJobsSuite, StatisticsSuite, ConnectionsSuite, AdapterSuite
):
    """The contract; a hub is one tenant, keeps fewer members, and every device has credentials."""

    @pytest.fixture
    async def hub(self, tmp_path: Path) -> AsyncIterator[Hub]:
        """A served hub without devices."""
        async with serving_hub(tmp_path) as hub:
            yield hub

    @pytest.fixture
    async def adapter(self, hub: Hub) -> AsyncIterator[IotHubAdapter]:
        async with on_hub(hub) as adapter:
            yield adapter

    @pytest.fixture
    async def tenant_id(self, adapter: RegistryAdapter) -> str:
        """The hub itself."""
        return adapter.sole_tenant

    # devices

    async def test_a_created_device_is_read_back_as_saved(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """Members of later hubs and ones that nobody models included."""
        members = {
            "enabled": False,
            "status-reason": "in the workshop",
            "iothub": {"capabilities": {"iotEdge": True}, "deviceScope": "ms-azure-iot-edge://e-1"},
        }
        saved = await devices.create(tenant_id, "pump-1", device(**members))
        assert saved.attributes.to_json() == members
        assert await devices.get(tenant_id, "pump-1") == saved

    async def test_a_device_update_returns_the_new_version(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """Nothing needs to be read twice."""
        first = await devices.create(tenant_id, "pump", device())
        changed = device(**{"enabled": False, "status-reason": "off"})
        second = await devices.update(tenant_id, "pump", changed, expected=first.version)
        assert second.revision == first.revision + 1
        assert second.generation_id == first.generation_id
        assert second.status_updated_at is not None
        assert await devices.get(tenant_id, "pump") == second

    async def test_each_device_filter_that_is_offered_works(
        self, adapter: RegistryAdapter, devices: DevicesPort, tenant_id: str
    ) -> None:
        """An ability claimed is an ability had; others are refused by name."""
        del adapter
        await fill(devices, tenant_id, "gate", "pump-1")
        await devices.create(tenant_id, "pump-2", device(enabled=False))
        expected = {
            "id_prefix": (DeviceQuery(id_prefix="pump"), ["pump-1", "pump-2"]),
            "id_contains": (DeviceQuery(id_contains=("pu", "-2")), ["pump-2"]),
            "enabled": (DeviceQuery(enabled=False), ["pump-2"]),
        }
        assert set(expected) == devices.abilities.filters
        for query, ids in expected.values():
            page = await devices.page(tenant_id, query, Order(), PageRequest())
            assert [found.device_id for found in page.rows] == ids
            assert (await devices.count(tenant_id, query)).value == len(ids)
        with pytest.raises(Unsupported, match="via:"):
            await devices.count(tenant_id, DeviceQuery(via="gate"))

    async def test_gateways_are_those_that_others_name(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """A hub has none."""
        assert list(await devices.gateways(tenant_id)) == []

    async def test_what_a_hub_does_not_keep_is_refused_by_name(
        self, devices: DevicesPort, tenant_id: str
    ) -> None:
        """Instead of being lost in silence."""
        with pytest.raises(Invalid) as caught:
            await devices.create(tenant_id, "pump", device(via="gw", ext={"a": 1}))
        assert [each.field for each in caught.value.problems] == ["via", "ext"]

    async def test_an_update_keeps_the_keys(
        self, adapter: RegistryAdapter, devices: DevicesPort, tenant_id: str
    ) -> None:
        """A PUT without them would make new ones (iothub 3.1)."""
        first = await devices.create(tenant_id, "pump", device())
        before = await need(adapter.credentials).get(tenant_id, "pump")
        await devices.update(tenant_id, "pump", device(enabled=False), expected=first.version)
        await devices.update(tenant_id, "pump", device(), expected=None)
        after = await need(adapter.credentials).get(tenant_id, "pump")
        assert before.credentials == after.credentials

    @pytest.mark.parametrize(
        "device_id", ["a+b", "a%c", "a%41", "a#d", "a?e", "a'b", "x" * 128, "a:b=c@d", "$!*(),;"]
    )
    async def test_ids_that_addresses_do_not_like_survive(
        self, devices: DevicesPort, tenant_id: str, device_id: str
    ) -> None:
        """Each is encoded as a whole (iothub 5.4)."""
        saved = await devices.create(tenant_id, device_id, device())
        assert await devices.get(tenant_id, device_id) == saved
        await devices.delete(tenant_id, device_id, expected=saved.version)
        with pytest.raises(NotFound):
            await devices.get(tenant_id, device_id)

    async def test_many_writes_at_once_go_out_together(
        self, hub: Hub, devices: DevicesPort, tenant_id: str
    ) -> None:
        """Enabling and deleting marked rows: what was changed elsewhere is refused by itself."""
        names = [f"d{number:02d}" for number in range(12)]
        await fill(devices, tenant_id, *names)
        rows = (await devices.page(tenant_id, DeviceQuery(), Order(), PageRequest())).rows
        async with on_hub(hub) as other:
            theirs = need(other.devices)
            await theirs.update(tenant_id, "d03", device(enabled=False), expected=None)
        outcomes = await asyncio.gather(
            *(
                devices.update(
                    tenant_id, row.device_id, device(enabled=False), expected=row.version
                )
                for row in rows
            ),
            return_exceptions=True,
        )
        refused = [each for each in outcomes if isinstance(each, BaseException)]
        assert [type(each) for each in refused] == [VersionMismatch]
        count = await devices.count(tenant_id, DeviceQuery(enabled=False))
        assert count.value == 12
        written = next(each for each in outcomes if isinstance(each, Device))
        again = await devices.update(
            tenant_id, written.device_id, device(), expected=written.version
        )
        assert again.enabled
        removed = await asyncio.gather(
            *(devices.delete(tenant_id, name, expected=None) for name in (*names, "ghost")),
            return_exceptions=True,
        )
        assert [type(each) for each in removed if isinstance(each, BaseException)] == [NotFound]
        assert (await devices.count(tenant_id, DeviceQuery())).value == 0

    # credentials

    async def test_a_new_device_has_an_empty_set(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """Not in a hub: it makes two keys."""
        found = await credentials.get(tenant_id, "pump")
        (pair,) = found.credentials
        assert (pair.type, pair.auth_id) == ("psk", "pump")
        assert [secret.id for secret in pair.secrets] == ["primary", "secondary"]
        assert found.version

    async def test_a_set_is_read_back_as_saved(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """Keys, thumbprints instead of them, and keys again."""
        first = await credentials.get(tenant_id, "pump")
        given = keys("pump", {"key": FIRST}, {"key": SECOND})
        saved = await credentials.replace(tenant_id, "pump", [given], expected=first.version)
        assert [each.key for each in saved.credentials[0].secrets] == [FIRST, SECOND]
        assert await credentials.get(tenant_id, "pump") == saved
        thumbprint = "A" * 40
        x509 = await credentials.replace(
            tenant_id, "pump", [prints("pump", thumbprint)], expected=saved.version
        )
        assert x509.credentials[0].type == "x509-thumbprint"
        assert await credentials.get(tenant_id, "pump") == x509
        back = await credentials.replace(tenant_id, "pump", [given], expected=x509.version)
        assert back.credentials == saved.credentials

    async def test_a_password_is_hashed_and_kept_by_its_secrets_id(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """A hub has no passwords; a key that is not given again is kept by the id of its secret."""
        stored = await credentials.get(tenant_id, "pump")
        before = [each.key for each in stored.credentials[0].secrets]
        swapped = keys("pump", {"id": "secondary"}, {"id": "primary"})
        saved = await credentials.replace(tenant_id, "pump", [swapped], expected=stored.version)
        assert [each.key for each in saved.credentials[0].secrets] == before[::-1]
        renewed = keys("pump", {"id": "primary"}, {"key": FIRST})
        saved = await credentials.replace(tenant_id, "pump", [renewed], expected=saved.version)
        assert [each.key for each in saved.credentials[0].secrets] == [before[1], FIRST]

    async def test_what_is_left_out_is_gone(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """A secondary key that is left out is made anew; a device is never without."""
        saved = await credentials.replace(
            tenant_id, "pump", [keys("pump", {"key": FIRST})], expected=None
        )
        first, second = saved.credentials[0].secrets
        assert first.key == FIRST
        assert second.key
        assert second.key != FIRST
        with pytest.raises(Invalid, match="without credentials"):
            await credentials.replace(tenant_id, "pump", [], expected=None)

    async def test_an_old_version_changes_nothing(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """The error carries what is there now."""
        first = await credentials.get(tenant_id, "pump")
        given = keys("pump", {"key": FIRST}, {"key": SECOND})
        second = await credentials.replace(tenant_id, "pump", [given], expected=None)
        with pytest.raises(VersionMismatch) as caught:
            await credentials.replace(tenant_id, "pump", [given], expected=first.version)
        assert caught.value.current == second
        assert await credentials.get(tenant_id, "pump") == second

    async def test_one_identity_belongs_to_one_device(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """In a hub it is the device's id, always."""
        with pytest.raises(Invalid) as caught:
            await credentials.replace(
                tenant_id, "pump", [keys("valve", {"key": FIRST})], expected=None
            )
        assert caught.value.problems[0].field == "[0].auth-id"

    async def test_broken_credentials_name_the_path(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """A key that is no base64 or too short, and everything else that a hub cannot hold."""
        end = {"key": FIRST, "not-after": "2030-01-01T00:00:00Z"}
        broken: list[tuple[list[Credential], str]] = [
            ([keys("pump", {"key": "not base64!"})], "[0].secrets[0].key"),
            ([keys("pump", {"key": FIRST}, {"key": "c2hvcnQ="})], "[0].secrets[1].key"),
            ([keys("pump", end)], "[0].secrets[0].not-after"),
            ([keys("pump", {"key": FIRST, "enabled": False})], "[0].secrets[0].enabled"),
            ([keys("pump", {"key": FIRST}, enabled=False)], "[0].enabled"),
            ([keys("pump", {"key": FIRST}, comment="c")], "[0].comment"),
            ([keys("pump", *({"key": FIRST} for _ in range(3)))], "[0].secrets"),
            ([prints("pump", "no thumbprint")], "[0].secrets[0].thumbprint"),
            ([keys("pump", {"key": FIRST}), prints("pump", "A" * 40)], "[1]"),
            (
                [Credential.parse({"type": "rpk", "auth-id": "pump", "secrets": [{"key": "a"}]})],
                "[0].type",
            ),
        ]
        before = await credentials.get(tenant_id, "pump")
        for given, field in broken:
            with pytest.raises(Invalid) as caught:
                await credentials.replace(tenant_id, "pump", given, expected=None)
            assert caught.value.problems[0].field == field
            assert "not base64!" not in str(caught.value)
        assert await credentials.get(tenant_id, "pump") == before

    async def test_the_tenants_list_shows_each_once(
        self, adapter: RegistryAdapter, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """A hub has no such list."""
        del adapter
        with pytest.raises(Unsupported, match="all devices"):
            await credentials.page(tenant_id, expires_before=None, request=PageRequest())
        with pytest.raises(Unsupported):
            await credentials.count(tenant_id)

    async def test_deleting_a_device_frees_its_identities(
        self, adapter: RegistryAdapter, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """A device made again has other keys."""
        before = await credentials.get(tenant_id, "pump")
        await need(adapter.devices).delete(tenant_id, "pump", expected=None)
        await fill(need(adapter.devices), tenant_id, "pump")
        assert (await credentials.get(tenant_id, "pump")).credentials != before.credentials

    async def test_our_own_write_to_the_keys_does_not_stop_an_edit_of_the_device(
        self, hub: Hub, adapter: RegistryAdapter, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """Both share one version in a hub; somebody else's write does stop it."""
        devices = need(adapter.devices)
        row = await devices.get(tenant_id, "pump")
        held = await credentials.get(tenant_id, "pump")
        given = keys("pump", {"key": FIRST}, {"key": SECOND})
        mine = await credentials.replace(tenant_id, "pump", [given], expected=held.version)
        saved = await devices.update(tenant_id, "pump", device(enabled=False), expected=row.version)
        assert not saved.enabled
        again = await devices.get(tenant_id, "pump")
        await credentials.replace(tenant_id, "pump", [given], expected=mine.version)
        async with on_hub(hub) as other:
            await need(other.credentials).replace(tenant_id, "pump", [given], expected=None)
        with pytest.raises(VersionMismatch):
            await devices.update(tenant_id, "pump", device(), expected=again.version)

    async def test_an_authority_may_vouch_for_a_device(
        self, adapter: RegistryAdapter, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """Its attributes say so, and it has no credentials of its own; keys may come again."""
        devices = need(adapter.devices)
        by_authority = device(iothub={"authenticationType": "certificateAuthority"})
        saved = await devices.update(tenant_id, "pump", by_authority, expected=None)
        assert saved.attributes.hub is not None
        assert saved.attributes.hub.unknown() == {"authenticationType": "certificateAuthority"}
        assert (await credentials.get(tenant_id, "pump")).credentials == ()
        assert (await credentials.replace(tenant_id, "pump", [], expected=None)).credentials == ()
        again = await devices.update(tenant_id, "pump", device(), expected=saved.version)
        assert again.attributes.hub is None
        assert (await credentials.get(tenant_id, "pump")).credentials[0].type == "psk"

    # connections

    async def test_a_device_is_given_its_string_and_its_token(
        self, adapter: RegistryAdapter, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """With either key, for the host without its port; one with a certificate has no key."""
        connections = need(adapter.connections)
        await credentials.replace(
            tenant_id, "pump", [keys("pump", {"key": FIRST}, {"key": SECOND})], expected=None
        )
        for secondary, key in ((False, FIRST), (True, SECOND)):
            text = await connections.connection_string(tenant_id, "pump", secondary=secondary)
            read = parse_device(text)
            assert (read.host_name, read.device_id, read.key) == (HUB, "pump", key)
            token = parse_token(
                await connections.sas_token(tenant_id, "pump", minutes=5, secondary=secondary)
            )
            path = "/devices/pump/messages/events"
            assert check_token(token, [key], host=HUB, path=path, at=token.expires - 200) is None
        await credentials.replace(tenant_id, "pump", [prints("pump", "A" * 40)], expected=None)
        with pytest.raises(Invalid, match="certificate"):
            await connections.sas_token(tenant_id, "pump", minutes=5, secondary=False)
        await need(adapter.devices).create(
            tenant_id, "leaf", device(iothub={"authenticationType": "certificateAuthority"})
        )
        for device_id in ("pump", "leaf"):
            text = await connections.connection_string(tenant_id, device_id, secondary=False)
            assert text == f"HostName={HUB};DeviceId={device_id};x509=true"


async def test_a_hub_is_one_tenant_and_says_what_it_has(tmp_path: Path) -> None:
    """No port, no pane."""
    async with serving_hub(tmp_path) as hub, on_hub(hub, title="plant") as adapter:
        assert (adapter.kind, adapter.title, adapter.sole_tenant) == ("iothub", "plant", HUB)
        for name in ("tenants", "journal", "principals", "modules", "provisioning", "sample"):
            assert getattr(adapter, name) is None
        assert adapter.credential_types == ("psk", "x509-thumbprint")
        assert hub.keys["iothubowner"] not in repr(vars(adapter)) + adapter.address


async def test_a_policy_without_the_right_is_told(tmp_path: Path) -> None:
    """The hub answers 401 for it (iothub 7.2)."""
    async with serving_hub(tmp_path) as hub:
        with pytest.raises(Denied, match="HTTP 401") as caught:
            async with on_hub(hub, "device"):
                pass
        assert "policy" in caught.value.hint
        async with on_hub(hub, "registryRead") as reader:
            with pytest.raises(Denied, match="HTTP 401"):
                await need(reader.devices).create(HUB, "pump", device())


async def test_a_read_only_session_writes_nothing(tmp_path: Path) -> None:
    """Refused on this side, before anything is sent."""
    async with serving_hub(tmp_path) as hub, on_hub(hub, read_only=True) as reader:
        with pytest.raises(RegistryError, match="read-only"):
            await need(reader.devices).create(HUB, "pump", device())
        assert (await need(reader.devices).count(HUB, DeviceQuery())).value == 0


async def test_an_authority_that_is_not_trusted_is_named(tmp_path: Path) -> None:
    """With the certificate that is refused."""
    async with serving_hub(tmp_path) as hub:
        adapter = IotHubAdapter(hub.connection(), pauses=())
        with pytest.raises(Unreachable) as caught:
            await adapter.open()
        assert caught.value.layer == "tls"
        assert "ca-file" in caught.value.hint
