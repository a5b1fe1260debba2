"""What every adapter with credentials must do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.credentials import CredentialsPort
from registry_backend.domain.credentials import Credential
from registry_backend.domain.errors import AlreadyExists, Invalid, NotFound, VersionMismatch
from registry_backend.domain.query import PageRequest
from tests.contract.adapter_help import AdapterTests, device, fill, forward, need


def password(auth_id: str, *secrets: dict[str, object]) -> Credential:
    """A password credential."""
    return Credential.parse(
        {"type": "hashed-password", "auth-id": auth_id, "secrets": list(secrets)}
    )


def psk(auth_id: str, **members: object) -> Credential:
    """A shared key."""
    secret = {"key": "c2VjcmV0", **members}
    return Credential.parse({"type": "psk", "auth-id": auth_id, "secrets": [secret]})


class CredentialsSuite(AdapterTests):
    """Credentials: one set per device."""

    @pytest.fixture
    async def credentials(self, adapter: RegistryAdapter, tenant_id: str) -> CredentialsPort:
        """The port, on a tenant with the devices `pump` and `valve`."""
        await fill(need(adapter.devices), tenant_id, "pump", "valve")
        return need(adapter.credentials)

    async def test_a_new_device_has_an_empty_set(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """With a version, so that the first write can name it."""
        found = await credentials.get(tenant_id, "pump")
        assert found.credentials == ()
        assert found.version

    async def test_a_set_is_read_back_as_saved(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """Types nobody models and their members included."""
        own = Credential.parse(
            {
                "type": "radio",
                "auth-id": "pump",
                "comment": "c",
                "ext": {"n": 1},
                "secrets": [{"join": "00ff", "not-after": "2030-01-01T00:00:00Z"}],
            }
        )
        empty = await credentials.get(tenant_id, "pump")
        saved = await credentials.replace(
            tenant_id, "pump", [psk("pump"), own], expected=empty.version
        )
        assert saved.version != empty.version
        assert await credentials.get(tenant_id, "pump") == saved
        radio = saved.find("radio", "pump")
        assert radio is not None
        assert radio.comment == "c"
        assert radio.secrets[0].unknown() == {"join": "00ff"}

    async def test_a_password_is_hashed_and_kept_by_its_secrets_id(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """Plain text never comes back; an id without material keeps the hash (hono 3.6)."""
        given = password("p", {"pwd-plain": "open sesame"})
        first = await credentials.replace(tenant_id, "pump", [given], expected=None)
        secret = first.credentials[0].secrets[0]
        assert secret.id
        assert "sesame" not in first.model_dump_json()
        again = password("p", {"id": secret.id, "comment": "kept"})
        second = await credentials.replace(tenant_id, "pump", [again], expected=first.version)
        kept = second.credentials[0].secrets[0]
        assert (kept.id, kept.comment, kept.pwd_hash) == (secret.id, "kept", secret.pwd_hash)

    async def test_what_is_left_out_is_gone(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """The set is replaced whole."""
        await credentials.replace(tenant_id, "pump", [psk("a"), psk("b")], expected=None)
        saved = await credentials.replace(tenant_id, "pump", [psk("b")], expected=None)
        assert [found.auth_id for found in saved.credentials] == ["b"]
        assert (await credentials.replace(tenant_id, "pump", [], expected=None)).credentials == ()

    async def test_an_old_version_changes_nothing(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """The error carries what is there now."""
        first = await credentials.get(tenant_id, "pump")
        second = await credentials.replace(tenant_id, "pump", [psk("a")], expected=None)
        with pytest.raises(VersionMismatch) as caught:
            await credentials.replace(tenant_id, "pump", [], expected=first.version)
        assert caught.value.current == second
        assert await credentials.get(tenant_id, "pump") == second

    async def test_one_identity_belongs_to_one_device(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """(type, auth-id) is unique in the tenant (hono 3.6)."""
        await credentials.replace(tenant_id, "pump", [psk("shared")], expected=None)
        with pytest.raises(AlreadyExists, match="shared"):
            await credentials.replace(tenant_id, "valve", [psk("shared")], expected=None)
        assert (await credentials.get(tenant_id, "valve")).credentials == ()

    async def test_broken_credentials_name_the_path(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """A key that is no base64, a password too long for bcrypt."""
        broken = psk("a", key="not base64!")
        with pytest.raises(Invalid) as caught:
            await credentials.replace(tenant_id, "pump", [psk("b"), broken], expected=None)
        assert caught.value.problems[0].field == "[1].secrets[0].key"
        assert "not base64!" not in str(caught.value)
        with pytest.raises(Invalid, match="72"):
            await credentials.replace(
                tenant_id, "pump", [password("p", {"pwd-plain": "x" * 73})], expected=None
            )

    async def test_missing_things_are_not_found(
        self, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """A device or a tenant."""
        with pytest.raises(NotFound, match="ghost"):
            await credentials.get(tenant_id, "ghost")
        with pytest.raises(NotFound, match="ghost"):
            await credentials.replace(tenant_id, "ghost", [], expected=None)
        with pytest.raises(NotFound, match="nowhere"):
            await credentials.get("nowhere", "pump")

    async def test_the_tenants_list_shows_each_once(
        self, adapter: RegistryAdapter, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """All of them, and those that end, soonest first."""
        devices = need(adapter.devices)
        for number in range(11):
            name = f"d{number:02d}"
            await devices.create(tenant_id, name, device())
            end = {"not-after": f"20{50 - number}-01-01T00:00:00Z"} if number % 2 else {}
            await credentials.replace(tenant_id, name, [psk(name, **end)], expected=None)

        every = await forward(
            lambda asked: credentials.page(tenant_id, expires_before=None, request=asked), limit=3
        )
        assert [row.auth_id for row in every] == [f"d{number:02d}" for number in range(11)]
        assert (await credentials.count(tenant_id)).value == 11
        before = datetime(2046, 6, 1, tzinfo=UTC)
        ending = await forward(
            lambda asked: credentials.page(tenant_id, expires_before=before, request=asked),
            limit=2,
        )
        assert [row.device_id for row in ending] == ["d09", "d07", "d05"]
        page = await credentials.page(tenant_id, expires_before=None, request=PageRequest(limit=1))
        assert page.more

    async def test_deleting_a_device_frees_its_identities(
        self, adapter: RegistryAdapter, credentials: CredentialsPort, tenant_id: str
    ) -> None:
        """Another device may have them then."""
        await credentials.replace(tenant_id, "pump", [psk("shared")], expected=None)
        await need(adapter.devices).delete(tenant_id, "pump", expected=None)
        assert (await credentials.count(tenant_id)).value == 0
        await credentials.replace(tenant_id, "valve", [psk("shared")], expected=None)
