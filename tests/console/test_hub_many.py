"""Many devices of a remote hub at once: few requests, and none of what they are is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from console.adapters import iothub_lists, iothub_rotation
from console.adapters.iothub import IotHubAdapter
from console.adapters.rest import RestClient
from console.adapters.rest_answer import Answer
from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from registry_backend.domain.devices import Device
from registry_backend.domain.errors import NotFound, VersionMismatch
from registry_backend.domain.key_pairs import Rotation
from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from tests.console.conftest import RunConsole
from tests.console.hands import at_rest, dialog, until_told
from tests.contract.adapter_help import device, need
from tests.contract.hub_serving import HUB, Hub, on_hub, serving_hub

IDS = tuple(f"e{number:02d}" for number in range(12))
EDGE = device(
    **{
        "status-reason": "at the dock",
        "iothub": {
            "capabilities": {"iotEdge": True},
            "deviceScope": "ms-azure-iot-edge://e-1",
            "parentScopes": ["ms-azure-iot-edge://up-1"],
        },
    }
)


@dataclass(slots=True)
class Log:
    """What was asked of the hub."""

    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """How often each call was made, whichever device it named."""
        return Counter(
            (method, path if path in ("devices", "devices/keys/regenerate") else "one")
            for method, path in self.asked
            if path != "devices/query" and not path.startswith("statistics")
        )


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """Every request of each adapter, as it is sent."""
    log, request = Log(), RestClient.request

    async def logged(
        client: RestClient, method: str, path: Sequence[str], **options: Any
    ) -> Answer:
        log.asked.append((method, "/".join(path)))
        return await request(client, method, path, **options)

    monkeypatch.setattr(RestClient, "request", logged)
    return log


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub with devices at the edge."""
    async with serving_hub(tmp_path) as hub:
        async with on_hub(hub) as adapter:
            await asyncio.gather(*(need(adapter.devices).create(HUB, each, EDGE) for each in IDS))
        yield hub


async def rows_of(adapter: IotHubAdapter, query: DeviceQuery = DeviceQuery()) -> Sequence[Device]:  # noqa: B008
    """What a list shows."""
    page = await need(adapter.devices).page(HUB, query, Order(), PageRequest())
    return page.rows


async def keys_of(adapter: IotHubAdapter, device_id: str) -> tuple[str | None, ...]:
    """The two keys of a device."""
    stored = await need(adapter.credentials).get(HUB, device_id)
    return tuple(secret.key for secret in stored.credentials[0].secrets)


async def rotate(adapter: IotHubAdapter, rotation: Rotation, *ids: str) -> list[object]:
    """Rotate the keys of these at once; None for each that was done, else why not."""
    call = adapter.rotate_keys
    assert call is not None
    return list(
        await asyncio.gather(*(call(HUB, each, rotation) for each in ids), return_exceptions=True)
    )


async def test_devices_that_only_a_query_showed_are_switched_in_one_write(
    hub: Hub, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their scopes are part of the row, so that it is not taken for an old one, and stay."""
    monkeypatch.setattr(iothub_lists, "AT_MOST", 2)
    async with on_hub(hub) as adapter:
        rows = await rows_of(adapter)
        hints = [row for row in rows if row.version.startswith("~")]
        assert len(hints) == len(IDS) - 2
        assert all(row.attributes == EDGE for row in rows)
        log.asked.clear()
        off = EDGE.model_copy(update={"enabled": False})
        port = need(adapter.devices)
        await asyncio.gather(
            *(port.update(HUB, row.device_id, off, expected=row.version) for row in hints)
        )
        assert log.counts == {("GET", "one"): len(hints), ("POST", "devices"): 1}
        assert (await port.get(HUB, hints[-1].device_id)).attributes == off


async def test_one_that_was_changed_does_not_keep_the_others_from_being_written(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor one that is gone; each is told by itself."""
    monkeypatch.setattr(iothub_lists, "AT_MOST", 2)
    async with on_hub(hub) as adapter, on_hub(hub) as other:
        rows = [row for row in await rows_of(adapter) if row.version.startswith("~")]
        theirs = need(other.devices)
        await theirs.update(HUB, rows[0].device_id, device(), expected=None)
        await theirs.delete(HUB, rows[1].device_id, expected=None)
        off = EDGE.model_copy(update={"enabled": False})
        outcomes = await asyncio.gather(
            *(
                need(adapter.devices).update(HUB, row.device_id, off, expected=row.version)
                for row in rows
            ),
            return_exceptions=True,
        )
        assert [type(each) for each in outcomes[:2]] == [VersionMismatch, NotFound]
        assert all(isinstance(each, Device) for each in outcomes[2:])


@pytest.mark.parametrize(
    ("rotation", "kept"),
    [("swap", (1, 0)), ("primary", (None, 1)), ("secondary", (0, None)), ("both", (None, None))],
)
async def test_keys_of_many_devices_are_rotated_in_one_call(
    hub: Hub, log: Log, rotation: Rotation, kept: tuple[int | None, int | None]
) -> None:
    """No device is read, and the one that is not there is told by name."""
    async with on_hub(hub) as adapter:
        before = await keys_of(adapter, IDS[5])
        log.asked.clear()
        outcomes = await rotate(adapter, rotation, *IDS, "none")
        assert outcomes[:-1] == [None] * len(IDS)
        assert isinstance(outcomes[-1], NotFound)
        assert log.counts == {("POST", "devices/keys/regenerate"): 1}
        after = await keys_of(adapter, IDS[5])
        for key, place in zip(after, kept, strict=True):
            assert key == before[place] if place is not None else key not in before
        assert (await need(adapter.devices).get(HUB, IDS[5])).attributes == EDGE


async def test_a_hub_without_that_call_is_read_and_written_in_bulk(
    hub: Hub, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its refusal is met once only; a device without keys is told by name."""

    async def unknown(*_args: object, **_options: object) -> list[Any]:
        raise iothub_rotation._NotOffered("unknown")

    monkeypatch.setattr(iothub_rotation, "_regenerate", unknown)
    async with on_hub(hub) as adapter:
        bare = device(iothub={"authenticationType": "certificateAuthority"})
        await need(adapter.devices).create(HUB, "bare", bare)
        before = await keys_of(adapter, IDS[5])
        log.asked.clear()
        outcomes = await rotate(adapter, "swap", *IDS, "bare")
        assert outcomes[:-1] == [None] * len(IDS)
        assert "no primary and secondary key" in str(outcomes[-1])
        assert log.counts == {("GET", "one"): len(IDS) + 1, ("POST", "devices"): 1}
        assert await keys_of(adapter, IDS[5]) == before[::-1]


@pytest.mark.parametrize(("status", "body"), [(404, b"{}"), (405, b"{}"), (400, b"{}")])
async def test_a_call_that_a_hub_does_not_know_is_told_apart_from_one_that_failed(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes
) -> None:
    """A result with failures is one; anything else with these numbers is not."""
    async with on_hub(hub) as adapter:
        before = await keys_of(adapter, IDS[0])
        request = RestClient.request

        async def answered(
            client: RestClient, method: str, path: Sequence[str], **options: Any
        ) -> Answer:
            answer = await request(client, method, path, **options)
            if path[-1] != "regenerate":
                return answer
            return Answer(status, answer.headers, body)

        monkeypatch.setattr(RestClient, "request", answered)
        assert await rotate(adapter, "both", *IDS) == [None] * len(IDS)
        assert not set(await keys_of(adapter, IDS[0])) & set(before)


async def test_the_keys_of_one_device_are_read_and_written_once(hub: Hub, log: Log) -> None:
    """With its version, so that what somebody else does meanwhile is not lost."""
    async with on_hub(hub) as adapter:
        before = await keys_of(adapter, IDS[0])
        log.asked.clear()
        assert await rotate(adapter, "swap", IDS[0]) == [None]
        assert log.counts == {("GET", "one"): 1, ("PUT", "one"): 1}
        assert await keys_of(adapter, IDS[0]) == before[::-1]


async def test_marked_devices_get_new_keys_and_can_be_switched_after(
    hub: Hub, log: Log, run_console: RunConsole
) -> None:
    """The list is read anew, so that the rows have the versions that the new keys gave them."""
    adapter = IotHubAdapter(hub.connection(), ca_file=hub.ca_file)
    async with run_console(adapter, pane="devices") as pilot:
        await at_rest(pilot)
        await pilot.press("asterisk", "K")
        await dialog(pilot, ChooseScreen)
        log.asked.clear()
        await pilot.press("s")
        await dialog(pilot, ConfirmScreen)
        await pilot.press(*str(len(IDS)), "enter")
        await until_told(pilot, f"Swapped the keys of {len(IDS)} devices.")
        await at_rest(pilot)
        assert log.counts[("POST", "devices/keys/regenerate")] == 1
        assert log.counts[("PUT", "one")] == 0
        await pilot.press("s")
        await dialog(pilot, ConfirmScreen)
        await pilot.press(*str(len(IDS)), "enter")
        await until_told(pilot, f"Disabled {len(IDS)} devices.")


async def test_a_read_only_session_rotates_no_keys(hub: Hub) -> None:
    """The call is not there."""
    async with on_hub(hub, read_only=True) as adapter:
        assert adapter.rotate_keys is None
