"""What every adapter with a journal must do."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.ports.journal import JournalPort
from registry_backend.domain.credentials import Credential
from registry_backend.domain.journal import Change
from tests.contract.adapter_help import AdapterTests, device, fill, need


class JournalSuite(AdapterTests):
    """The journal: history of a thing, and news of any write."""

    @pytest.fixture
    def journal(self, adapter: RegistryAdapter) -> JournalPort:
        return need(adapter.journal)

    async def test_each_write_leaves_a_line(
        self, adapter: RegistryAdapter, journal: JournalPort, tenant_id: str
    ) -> None:
        """Newest first, each with what was and what became; the line names the person."""
        devices = need(adapter.devices)
        await devices.create(tenant_id, "pump", device(ext={"n": 1}))
        await devices.update(tenant_id, "pump", device(ext={"n": 2}), expected=None)
        await devices.delete(tenant_id, "pump", expected=None)
        lines = await journal.page(tenant_id, resource_id="pump", before=None, limit=10)
        assert [line.action for line in lines] == ["deleted", "updated", "created"]
        deleted, updated, created = lines
        assert created.before is None
        assert updated.before == created.after == {"ext": {"n": 1}}
        assert deleted.before == updated.after == {"ext": {"n": 2}}
        assert deleted.after is None
        assert {line.actor for line in lines} == {"console:tester"}

    async def test_lines_can_be_walked_back_in_time(
        self, adapter: RegistryAdapter, journal: JournalPort, tenant_id: str
    ) -> None:
        """By sequence number, of the whole tenant."""
        await fill(need(adapter.devices), tenant_id, "a", "b", "c")
        first = await journal.page(tenant_id, resource_id=None, before=None, limit=2)
        rest = await journal.page(tenant_id, resource_id=None, before=first[-1].sequence, limit=10)
        assert [line.resource_id for line in (*first, *rest)] == ["c", "b", "a", tenant_id]

    async def test_no_secret_stands_in_a_line(
        self, adapter: RegistryAdapter, journal: JournalPort, tenant_id: str
    ) -> None:
        """Fingerprints do, so that a change of a key is seen."""
        await fill(need(adapter.devices), tenant_id, "pump")
        key = Credential.parse({"type": "psk", "auth-id": "pump", "secrets": [{"key": "c2VjcmV0"}]})
        await need(adapter.credentials).replace(tenant_id, "pump", [key], expected=None)
        lines = await journal.page(tenant_id, resource_id="pump", before=None, limit=10)
        assert lines[0].resource == "credentials"
        assert "c2VjcmV0" not in repr(lines)
        assert "sha256:" in repr(lines[0].after)

    async def test_watchers_are_told_until_they_stop(
        self, adapter: RegistryAdapter, journal: JournalPort, tenant_id: str
    ) -> None:
        """Each write is told once it is durable."""
        told: list[Change] = []
        heard = asyncio.Event()

        def listen(changes: Sequence[Change]) -> None:
            mine = [change for change in changes if change.resource == "device"]
            told.extend(mine)
            if mine:
                heard.set()

        stop = journal.watch(listen)
        await fill(need(adapter.devices), tenant_id, "pump")
        async with asyncio.timeout(10):
            await heard.wait()
        assert told == [
            Change(resource="device", action="created", tenant_id=tenant_id, resource_id="pump")
        ]
        stop()
        other = asyncio.Event()

        def listen_on(changes: Sequence[Change]) -> None:
            if any(change.resource_id == "valve" for change in changes):
                other.set()

        stop_other = journal.watch(listen_on)
        await fill(need(adapter.devices), tenant_id, "valve")
        async with asyncio.timeout(10):
            await other.wait()
        stop_other()
        assert len(told) == 1
