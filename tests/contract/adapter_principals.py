"""What every adapter with principals must do."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.principals import PrincipalsPort
from registry_backend.domain.errors import Invalid, VersionMismatch
from registry_backend.domain.explanations import CallRequest
from registry_backend.domain.permissions import Operation, Role
from registry_backend.domain.principals import IdType, Principal
from tests.contract.adapter_help import AdapterTests, need

CONFIG = """\
hostname = "gate"  # as printed on it

# the agent
[[principal]]
name = "agent"
uid = 1001
idtype = ["device"]
"""


class PrincipalsSuite(AdapterTests):
    """Principals: plan a change of a file, then write it."""

    @pytest.fixture
    async def principals(self, adapter: RegistryAdapter) -> PrincipalsPort:
        """The port, on a main file with one principal and a comment."""
        port = need(adapter.principals)
        (await port.load()).main_file.write_text(CONFIG)
        return port

    async def test_principals_are_read_with_their_place(self, principals: PrincipalsPort) -> None:
        """File and line, so that a person finds the table."""
        (found,) = (await principals.load()).principals
        assert found.principal == Principal(uid=1001, name="agent", idtype=(IdType.DEVICE,))
        assert found.line == 4

    async def test_each_principal_is_shown_with_what_it_comes_to(
        self, principals: PrincipalsPort
    ) -> None:
        """Its role, its rights, and what is amiss with the whole."""
        view = await principals.view()
        (found,) = view.principals
        assert found.role is Role.HOST_PROCESS
        assert Operation.GET_DEVICE in found.may_call
        assert not view.starts
        assert "missing-key" in {finding.rule for finding in view.findings}

    async def test_answers_are_explained_for_any_user(self, principals: PrincipalsPort) -> None:
        """All ten at once, or one request as it is; a user that is none is told of."""
        answers = await principals.answers("1001")
        assert [answer.operation for answer in answers] == list(Operation)
        request = CallRequest(method="POST", path="/identities/device", body=b'{"type":"aziot"}')
        assert (await principals.explain(1001, request)).status == 200
        assert (await principals.explain(77, request)).status == 401
        with pytest.raises(Invalid):
            await principals.answers("nobody-of-that-name")

    async def test_a_whole_file_can_be_planned_as_text(self, principals: PrincipalsPort) -> None:
        """From the text that it was based on; any other is refused."""
        main_file = (await principals.load()).main_file
        text = await principals.text(main_file)
        assert text == CONFIG
        change = await principals.plan_text(main_file, text, text.replace('"gate"', '"fence"'))
        assert main_file.read_text() == CONFIG
        await principals.apply(change)
        assert '"fence"' in main_file.read_text()
        with pytest.raises(VersionMismatch):
            await principals.plan_text(main_file, text, "")

    async def test_what_would_stop_the_daemon_is_not_written_unasked(
        self, principals: PrincipalsPort
    ) -> None:
        """The plan says why; only a forced one goes through."""
        main_file = (await principals.load()).main_file
        change = await principals.plan_text(main_file, CONFIG, CONFIG + "broken =")
        assert [found.rule for found in change.stops] == ["unusable-file"]
        with pytest.raises(Invalid):
            await principals.apply(change)
        assert main_file.read_text() == CONFIG

    async def test_other_files_can_be_chosen(
        self, principals: PrincipalsPort, tmp_path: Path
    ) -> None:
        """A configuration that lies elsewhere, to be looked at or prepared."""
        other = tmp_path / "other.toml"
        other.write_text(CONFIG.replace("agent", "meter"))
        config = await principals.use(other, tmp_path / "other.d")
        assert [p.principal.name for p in config.principals if p.principal] == ["meter"]
        assert await principals.load() == config

    async def test_a_plan_writes_nothing_until_it_is_applied(
        self, principals: PrincipalsPort
    ) -> None:
        """Then it writes just what was planned."""
        main_file = (await principals.load()).main_file
        added = Principal(uid=1002, name="meter", idtype=(IdType.MODULE,))
        change = await principals.plan_add(added, file=str(main_file))
        assert main_file.read_text() == CONFIG
        config = await principals.apply(change)
        assert [p.principal.name for p in config.principals if p.principal] == ["agent", "meter"]
        assert main_file.read_bytes() == change.after
        assert main_file.read_text().startswith(CONFIG)

    async def test_an_update_keeps_every_other_byte(self, principals: PrincipalsPort) -> None:
        """Comments included."""
        config = await principals.load()
        (found,) = config.principals
        assert found.principal is not None
        change = await principals.plan_update(
            found, found.principal.model_copy(update={"uid": 2000})
        )
        await principals.apply(change)
        assert config.main_file.read_text() == CONFIG.replace("1001", "2000")

    async def test_a_deletion_takes_the_table_and_its_comment(
        self, principals: PrincipalsPort
    ) -> None:
        """The rest stays."""
        config = await principals.load()
        await principals.apply(await principals.plan_delete(config.principals[0]))
        text = config.main_file.read_text()
        assert "agent" not in text
        assert 'hostname = "gate"  # as printed on it' in text

    async def test_a_file_changed_meanwhile_is_not_overwritten(
        self, principals: PrincipalsPort
    ) -> None:
        """Neither for a plan made before, nor for a table read before."""
        config = await principals.load()
        change = await principals.plan_delete(config.principals[0])
        changed = CONFIG.replace("1001", "1003")
        config.main_file.write_text(changed)
        with pytest.raises(VersionMismatch):
            await principals.apply(change)
        with pytest.raises(VersionMismatch):
            await principals.plan_delete(config.principals[0])
        assert config.main_file.read_text() == changed
