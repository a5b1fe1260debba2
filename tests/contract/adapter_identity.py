"""What every adapter with modules and provisioning must do."""

from __future__ import annotations

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.modules import ModulesPort
from console.adapters.ports.provisioning import ProvisioningPort
from registry_backend.domain.errors import AlreadyExists, Invalid, NotFound
from registry_backend.domain.identities import Identity
from tests.contract.adapter_help import AdapterTests, need

SPLIT = "x" * 63 + "é"
"""Its 64th byte lies within a character."""


class ModulesSuite(AdapterTests):
    """Modules of the device in its hub, and local identities."""

    @pytest.fixture
    def modules(self, adapter: RegistryAdapter) -> ModulesPort:
        """The port."""
        return need(adapter.modules)

    async def test_a_module_is_made_listed_fetched_and_removed(self, modules: ModulesPort) -> None:
        """The list tells no keys; the module itself names how it proves itself."""
        made = await modules.create("tide", "aziot")
        assert (made.kind, made.module_id, made.auth_type) == ("aziot", "tide", "sas")
        assert made.generation_id
        assert made.key_handle
        assert await modules.get("tide", "aziot") == made
        without = {"auth_type": None, "key_handle": None}
        assert list(await modules.list()) == [made.model_copy(update=without)]
        await modules.delete("tide")
        assert list(await modules.list()) == []

    @pytest.mark.parametrize("module_id", ["100%", "%2F", "a#b?c=d;e", "$edge+1", "a'(b)*!@,:"])
    async def test_any_name_is_carried_as_it_is(self, modules: ModulesPort, module_id: str) -> None:
        """Nothing in a name is taken for a part of the address."""
        made = await modules.create(module_id, "aziot")
        assert made.module_id == module_id
        assert (await modules.get(module_id, "aziot")).generation_id == made.generation_id
        await modules.update(module_id)
        await modules.delete(module_id)
        assert list(await modules.list()) == []

    async def test_one_that_is_there_cannot_be_made_again(self, modules: ModulesPort) -> None:
        """It stays the one it was."""
        made = await modules.create("tide", "aziot")
        with pytest.raises(AlreadyExists, match="tide"):
            await modules.create("tide", "aziot")
        assert (await modules.get("tide", "aziot")).generation_id == made.generation_id

    async def test_pushing_the_keys_again_changes_no_identity(self, modules: ModulesPort) -> None:
        """The generation stays, and so do the keys that are derived from it."""
        made = await modules.create("tide", "aziot")
        assert await modules.update("tide") == made

    async def test_what_is_not_there_is_not_found(self, modules: ModulesPort) -> None:
        """By none of the calls that name a module."""
        for call in (modules.get("gone", "aziot"), modules.update("gone"), modules.delete("gone")):
            with pytest.raises(NotFound, match="gone"):
                await call

    @pytest.mark.parametrize("server", [False, True])
    async def test_a_local_identity_comes_with_key_and_certificate(
        self, modules: ModulesPort, server: bool
    ) -> None:
        """Decoded: who it is for, by whom, until when, and for what."""
        issued = await modules.create("tide", "local", server=server)
        assert issued.private_key
        assert issued.private_key.startswith("-----BEGIN PRIVATE KEY-----")
        facts = issued.certificate_facts
        assert facts is not None
        assert facts.subject.startswith("CN=tide.")
        assert facts.issuer != facts.subject
        assert facts.ends == issued.expires_at
        assert facts.begins < facts.ends
        assert facts.key == "RSA 2048"
        assert facts.usages == ("digitalSignature", "nonRepudiation", "keyEncipherment")
        roles = {"clientAuth", "serverAuth"} if server else {"clientAuth"}
        assert set(facts.extended_usages) == roles
        assert facts.is_authority is False
        assert len(facts.fingerprint) == 95
        assert list(await modules.list()) == []

    async def test_each_local_identity_has_a_key_of_its_own(self, modules: ModulesPort) -> None:
        """Nothing is kept of the one before."""
        one, other = [await modules.create("tide", "local") for _ in range(2)]
        assert one.private_key != other.private_key

    @pytest.mark.parametrize("module_id", ["", "  "])
    async def test_a_blank_name_is_refused_here(self, modules: ModulesPort, module_id: str) -> None:
        """Naming the field."""
        with pytest.raises(Invalid) as caught:
            await modules.create(module_id, "aziot")
        assert [problem.field for problem in caught.value.problems] == ["module_id"]

    async def test_a_name_that_would_stop_a_daemon_is_never_sent(
        self, modules: ModulesPort
    ) -> None:
        """Neither created nor fetched; as a module of the hub it may be."""
        for call in (modules.create(SPLIT, "local"), modules.get(SPLIT, "local")):
            with pytest.raises(Invalid, match="Nothing was sent"):
                await call
        assert (await modules.create("x" * 70, "local")).module_id == "x" * 70

    @pytest.mark.parametrize("module_id", ["a b", "käfig", "a/b", '"', "\u202e", "鍵"])
    async def test_a_local_identity_may_have_any_name(
        self, modules: ModulesPort, module_id: str
    ) -> None:
        """No hub has a say in it."""
        assert (await modules.create(module_id, "local")).module_id == module_id

    @pytest.mark.parametrize("module_id", ["a b", "a/b", "käfig"])
    async def test_a_name_that_the_hub_does_not_take_is_invalid(
        self, modules: ModulesPort, module_id: str
    ) -> None:
        """The hub says so, not the console: its rules may change."""
        with pytest.raises(Invalid):
            await modules.create(module_id, "aziot")

    async def test_no_secret_stands_in_a_repr(self, modules: ModulesPort) -> None:
        """Logs and tracebacks hold reprs."""
        issued = await modules.create("tide", "local")
        made = await modules.create("tide", "aziot")
        assert issued.private_key
        assert issued.private_key not in repr(issued)
        assert made.key_handle
        assert made.key_handle not in repr(made)


class ProvisioningSuite(AdapterTests):
    """Who the caller and the device are."""

    @pytest.fixture
    def provisioning(self, adapter: RegistryAdapter) -> ProvisioningPort:
        """The port."""
        return need(adapter.provisioning)

    async def test_it_tells_where_the_device_comes_from(
        self, provisioning: ProvisioningPort
    ) -> None:
        """A source, and whatever else the service says."""
        assert (await provisioning.info()).source in ("manual", "dps", "none")

    async def test_the_device_is_a_device(self, provisioning: ProvisioningPort) -> None:
        """It is no module, and proves itself."""
        device = await provisioning.device()
        assert _names(device) == ("aziot", None)
        assert device.device_id
        assert device.hub_name
        assert device.auth_type in ("sas", "x509", "tpm")

    async def test_whoever_may_do_everything_is_the_device(
        self, provisioning: ProvisioningPort
    ) -> None:
        """To the service the two are one (identityd 3)."""
        assert await provisioning.own() == await provisioning.device()

    async def test_provisioning_again_leaves_the_same_device(
        self, provisioning: ProvisioningPort
    ) -> None:
        """The same configuration leads to the same hub."""
        before = await provisioning.device()
        await provisioning.reprovision()
        assert _names(await provisioning.device()) == _names(before)


def _names(identity: Identity) -> tuple[str, str | None]:
    return identity.kind, identity.module_id
