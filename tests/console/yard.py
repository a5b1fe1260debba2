"""A small yard of devices to work on, and a look into its file afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from console.adapters.local import LocalAdapter
from console.app import ConsoleApp
from console.dialogs.base import Dialog
from console.panes.base import RecordPane
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from registry_backend.domain.tenants import TenantAttributes
from tests.console.conftest import make_adapter, settled
from tests.console.waiting import wait_for

YARD = "yard"
DEVICES: dict[str, dict[str, Any]] = {
    "crane": {"ext": {"site": "east"}, "via": ["mast"]},
    "gate": {"ext": {"site": "west"}},
    "lamp": {"enabled": False, "via": ["mast"]},
    "mast": {},
    "pump": {"defaults": {"qos": 1}},
}


async def build_yard(folder: Path) -> None:
    """A tenant with five devices in a new file."""
    async with make_adapter(folder) as adapter:
        assert adapter.tenants is not None
        assert adapter.devices is not None
        await adapter.tenants.create(YARD, TenantAttributes())
        for device_id, document in DEVICES.items():
            await adapter.devices.create(YARD, device_id, DeviceAttributes.parse(document))


async def device_in(folder: Path, device_id: str) -> Device:
    """The device as the file holds it."""
    async with make_adapter(folder) as adapter:
        assert adapter.devices is not None
        return await adapter.devices.get(YARD, device_id)


async def ids_in(folder: Path) -> list[str]:
    """The ids of all devices that the file holds."""
    async with make_adapter(folder) as adapter:
        assert adapter.devices is not None
        page = await adapter.devices.page(YARD, DeviceQuery(), Order(), PageRequest(limit=500))
        return [device.device_id for device in page.rows]


async def change_elsewhere(
    adapter: LocalAdapter, device_id: str, **members: object
) -> DeviceAttributes:
    """Somebody else saves the device meanwhile; returns what it holds then."""
    assert adapter.devices is not None
    device = await adapter.devices.get(YARD, device_id)
    document = {**device.attributes.to_json(), **members}
    saved = await adapter.devices.update(
        YARD, device_id, DeviceAttributes.parse(document), expected=None
    )
    return saved.attributes


def console_of(pilot: Pilot[Any]) -> ConsoleApp:
    """The app under test."""
    assert isinstance(pilot.app, ConsoleApp)
    return pilot.app


def pane_of(pilot: Pilot[Any]) -> RecordPane[Any]:
    """The pane in front."""
    pane = console_of(pilot).pane
    assert pane is not None
    return pane


async def dialog(pilot: Pilot[Any], kind: type[Dialog[Any]]) -> Dialog[Any]:
    """Wait for a dialog to be in front and drawn."""
    app = pilot.app
    await wait_for(pilot, lambda: isinstance(app.screen, kind), f"{kind.__name__} in front")
    await pilot.pause()
    screen = app.screen
    assert isinstance(screen, kind)
    return screen


async def no_dialog(pilot: Pilot[Any]) -> None:
    """Wait until the panes are in front again and every save and action has finished."""
    app = console_of(pilot)
    await wait_for(pilot, lambda: len(app.screen_stack) == 1, "the panes in front")
    await wait_for(pilot, lambda: not app.saves.pending, "every save finished")
    await pilot.pause()
    await settled(pilot)


async def go_to(pilot: Pilot[Any], row_id: str) -> None:
    """Put the cursor on a row."""
    pane = pane_of(pilot)
    for position in range(pane.table.length):
        row = pane.table.row_at(position)
        if row is not None and pane.row_id(row) == row_id:
            pane.table.move_to_position(position)

    def there() -> bool:
        return pane.current is not None and pane.row_id(pane.current) == row_id

    await wait_for(pilot, there, f"the cursor on {row_id}")


def told(pilot: Pilot[Any]) -> str:
    """Every message shown, one a line."""
    app = console_of(pilot)
    return "\n".join(f"{each.title} {each.message}" for each in app._notifications)


async def tells(pilot: Pilot[Any], text: str) -> None:
    """Wait for a message."""
    await wait_for(pilot, lambda: text in told(pilot), f"{text!r} told; so far: {told(pilot)}")
