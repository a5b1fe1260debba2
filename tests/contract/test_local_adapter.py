"""The local adapter keeps the contract, has every port, and opens honestly."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from console.adapters.local import LocalAdapter, login_name
from registry_backend.domain.errors import Denied, NotFound, Unreachable
from registry_backend.domain.journal import Change
from registry_backend.domain.query import PageRequest, TenantQuery
from registry_backend.domain.tenants import TenantAttributes
from tests.contract.adapter_credentials import CredentialsSuite
from tests.contract.adapter_devices import DevicesSuite
from tests.contract.adapter_help import need
from tests.contract.adapter_jobs import JobsSuite
from tests.contract.adapter_journal import JournalSuite
from tests.contract.adapter_principals import PrincipalsSuite
from tests.contract.adapter_statistics import StatisticsSuite
from tests.contract.adapter_suite import AdapterSuite
from tests.contract.adapter_tenants import TenantsSuite


def local(folder: Path, *, read_only: bool = False) -> LocalAdapter:
    """A local adapter whose every file lies in one folder."""
    return LocalAdapter(
        folder / "registry.sqlite",
        main_file=folder / "config.toml",
        config_dir=folder / "config.d",
        read_only=read_only,
        actor_name="tester",
    )


class TestLocalAdapter(
    TenantsSuite,
    DevicesSuite,
    CredentialsSuite,
    JobsSuite,
    StatisticsSuite,
    JournalSuite,
    PrincipalsSuite,
    AdapterSuite,
):
    """The whole contract on a real file."""

    @pytest.fixture
    async def adapter(self, tmp_path: Path) -> AsyncIterator[LocalAdapter]:
        async with local(tmp_path) as adapter:
            yield adapter

    async def test_what_was_written_is_there_after_a_restart(
        self, adapter: LocalAdapter, tmp_path: Path
    ) -> None:
        """An acknowledged write is on disk."""
        saved = await need(adapter.tenants).create("north", TenantAttributes())
        await adapter.close()
        async with local(tmp_path) as again:
            assert await need(again.tenants).get("north") == saved

    async def test_two_adapters_share_one_file(self, adapter: LocalAdapter, tmp_path: Path) -> None:
        """What one writes, the other reads."""
        async with local(tmp_path) as other:
            saved = await need(other.tenants).create("north", TenantAttributes())
            assert await need(adapter.tenants).get("north") == saved


async def test_ports_are_there_before_it_is_opened(tmp_path: Path) -> None:
    """A screen can be laid out first; using a port then says that the registry is not open."""
    adapter = local(tmp_path)
    with pytest.raises(Unreachable, match="not open"):
        await need(adapter.tenants).page(TenantQuery(), PageRequest())
    with pytest.raises(Unreachable, match="not open"):
        await need(adapter.jobs).list(None)
    await adapter.close()


async def test_reading_only_does_not_make_a_file(tmp_path: Path) -> None:
    """A mistyped path leaves nothing behind."""
    with pytest.raises(Unreachable) as caught:
        await local(tmp_path, read_only=True).open()
    assert caught.value.layer == "file"
    assert list(tmp_path.iterdir()) == []


async def test_a_foreign_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    """Another program's data is not ours to change."""
    data = tmp_path / "registry.sqlite"
    data.write_bytes(b"something else entirely" * 100)
    with pytest.raises(Unreachable):
        await local(tmp_path).open()
    assert data.read_bytes() == b"something else entirely" * 100


async def test_a_read_only_session_sees_and_cannot_touch(tmp_path: Path) -> None:
    """Reads pass, writes are denied, on the same data."""
    async with local(tmp_path) as writer:
        saved = await need(writer.tenants).create("north", TenantAttributes())
    async with local(tmp_path, read_only=True) as reader:
        tenants = need(reader.tenants)
        assert await tenants.get("north") == saved
        assert tenants.abilities.can_list
        with pytest.raises(NotFound):
            await tenants.get("south")
        with pytest.raises(Denied, match="read-only"):
            await tenants.delete("north", expected=None)
        seen: list[Change] = []
        need(reader.journal).watch(seen.extend)()


def test_the_journal_names_the_user_of_the_process() -> None:
    """Not what an environment variable claims."""
    assert login_name()


def test_importing_it_loads_no_screen_and_no_http() -> None:
    """Commands start fast."""
    code = (
        "import sys, console.adapters.local; "
        "print([m for m in ('textual', 'httpx', 'tomlkit') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
