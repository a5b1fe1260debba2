"""A device's connection string and tokens: covered, copied for a while, made on demand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from console.adapters.base import RegistryAdapter
from console.dialogs.choose import ChooseScreen
from console.dialogs.form import FormScreen
from console.dialogs.secret import SecretScreen
from console.panes import secrets as clipboard
from console.render.connections import covered
from registry_backend.domain.errors import Invalid
from tests.console.conftest import RunConsole, make_adapter
from tests.console.waiting import wait_for
from tests.console.yard import build_yard, dialog, go_to, tells, told


class FakeConnections:
    """As ConnectionsPort, for devices with keys that can be told apart."""

    def __init__(self) -> None:
        self.minutes: list[int] = []

    async def connection_string(self, tenant_id: str, device_id: str, *, secondary: bool) -> str:
        """As ConnectionsPort."""
        if device_id == "mast":
            raise Invalid("mast has no keys.")
        key = "U0VDT05EQVJZ" if secondary else "UFJJTUFSWQ=="
        return f"HostName={tenant_id}.example;DeviceId={device_id};SharedAccessKey={key}"

    async def sas_token(
        self, tenant_id: str, device_id: str, *, minutes: int, secondary: bool
    ) -> str:
        """As ConnectionsPort."""
        self.minutes.append(minutes)
        which = "SECOND" if secondary else "FIRST"
        return f"SharedAccessSignature sr={tenant_id}%2Fdevices%2F{device_id}&sig={which}&se=1"


@pytest.fixture
async def connections() -> FakeConnections:
    """What makes the secrets."""
    return FakeConnections()


@pytest.fixture
async def adapter(tmp_path: Path, connections: FakeConnections) -> RegistryAdapter:
    """The yard, whose devices have connection strings."""
    await build_yard(tmp_path)
    made: RegistryAdapter = make_adapter(tmp_path)
    made.connections = connections
    return made


async def ask_for(pilot: Pilot[Any], key: str, device_id: str = "crane") -> None:
    """Ask for a secret of a device."""
    await go_to(pilot, device_id)
    await pilot.press("d")
    await dialog(pilot, ChooseScreen)
    await pilot.press(key)


def secret_shown(pilot: Pilot[Any]) -> str:
    """What stands in the box of the secret."""
    return str(pilot.app.screen.query_one("#secret", Static).render())


@pytest.mark.parametrize(("key", "secret"), [("p", "UFJJTUFSWQ=="), ("s", "U0VDT05EQVJZ")])
async def test_a_connection_string_is_covered_until_peeked_at(
    run_console: RunConsole, adapter: RegistryAdapter, key: str, secret: str
) -> None:
    """Everything but the key may be read; a second press covers it again."""
    async with run_console(adapter, pane="devices") as pilot:
        await ask_for(pilot, key)
        await dialog(pilot, SecretScreen)
        assert "DeviceId=crane" in secret_shown(pilot)
        assert secret not in secret_shown(pilot)
        await pilot.press("p")
        assert secret in secret_shown(pilot)
        await pilot.press("p")
        assert secret not in secret_shown(pilot)
        assert secret not in told(pilot)


async def test_copying_it_clears_the_clipboard_after_a_while(
    run_console: RunConsole, adapter: RegistryAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialog may be closed long before."""
    monkeypatch.setattr(clipboard, "CLEAR_SECONDS", 0.3)
    async with run_console(adapter, pane="devices") as pilot:
        await ask_for(pilot, "p")
        await dialog(pilot, SecretScreen)
        await pilot.press("c")
        assert "UFJJTUFSWQ==" in pilot.app.clipboard
        await pilot.press("escape")
        await wait_for(pilot, lambda: pilot.app.clipboard == clipboard.NOTHING, "an empty one")


async def test_a_token_is_asked_for_by_minutes(
    run_console: RunConsole, adapter: RegistryAdapter, connections: FakeConnections
) -> None:
    """What is no time is refused at its field."""
    async with run_console(adapter, pane="devices") as pilot:
        await ask_for(pilot, "t")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-minutes", Input).value = "0"
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen.query("FieldView.-wrong"), "the problem")
        pilot.app.screen.query_one("#field-minutes", Input).value = "15"
        await pilot.press("ctrl+s")
        await dialog(pilot, SecretScreen)
        assert "sr=yard%2Fdevices%2Fcrane" in secret_shown(pilot)
        assert "FIRST" not in secret_shown(pilot)
    assert connections.minutes == [15]


async def test_a_device_without_keys_says_so(
    run_console: RunConsole, adapter: RegistryAdapter
) -> None:
    """Nothing is shown."""
    async with run_console(adapter, pane="devices") as pilot:
        await ask_for(pilot, "p", "mast")
        await tells(pilot, "mast has no keys.")


@pytest.mark.parametrize("pane", ["devices", "credentials"])
async def test_a_registry_that_devices_do_not_connect_to_says_so(
    run_console: RunConsole, adapter: RegistryAdapter, pane: str
) -> None:
    """The key is dimmed."""
    adapter.connections = None
    async with run_console(adapter, pane=pane) as pilot:
        await pilot.press("d")
        await tells(pilot, "makes no connection strings")


def test_what_is_not_known_to_hold_its_secret_in_one_place_is_covered_whole() -> None:
    """Rather than shown by mistake."""
    assert "•" in covered("a text of another form")
    assert "text" not in covered("a text of another form")
    token = "SharedAccessSignature sr=h&sig=SECRET%3D&se=99"
    assert covered(token).startswith("SharedAccessSignature sr=h&sig=•")
    assert "SECRET" not in covered(token)
    assert covered(token).endswith("&se=99")
