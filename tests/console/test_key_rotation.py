"""A device's two keys: swapped and made anew, one device or many, never without a warning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from registry_backend.domain.credentials import Credential
from tests.console.conftest import RunConsole, make_adapter
from tests.console.waiting import wait_for
from tests.console.yard import (
    DEVICES,
    YARD,
    build_yard,
    dialog,
    go_to,
    no_dialog,
    pane_of,
    tells,
    told,
)

KEYS = ("cHJpbWFyeSBrZXkgMTIzNA==", "c2Vjb25kYXJ5IGtleSAxMg==")


@pytest.fixture
async def yard(tmp_path: Path) -> Path:
    """Five devices; all but `mast` have two keys, and `pump` a password beside them."""
    await build_yard(tmp_path)
    async with make_adapter(tmp_path) as adapter:
        assert adapter.credentials is not None
        for device_id in DEVICES:
            if device_id != "mast":
                made = [pair(device_id)]
                if device_id == "pump":
                    made.append(password())
                await adapter.credentials.replace(YARD, device_id, made, expected=None)
    return tmp_path


def pair(device_id: str) -> Credential:
    """A credential as a hub makes it."""
    secrets = [{"key": key} for key in KEYS]
    return Credential.parse({"type": "psk", "auth-id": device_id, "secrets": secrets})


def password() -> Credential:
    """Something that no rotation may touch."""
    secrets = [{"pwd-plain": "open sesame"}]
    return Credential.parse({"type": "hashed-password", "auth-id": "pump", "secrets": secrets})


async def keys_in(folder: Path, device_id: str) -> list[str | None]:
    """The two keys as the file holds them."""
    async with make_adapter(folder) as adapter:
        assert adapter.credentials is not None
        stored = await adapter.credentials.get(YARD, device_id)
        found = stored.find("psk", device_id)
        assert found is not None
        return [secret.key for secret in found.secrets]


async def choose(pilot: Pilot[Any], key: str) -> None:
    """Ask for the keys and pick a line."""
    await pilot.press("K")
    await dialog(pilot, ChooseScreen)
    await pilot.press(key)


async def show_credentials(pilot: Pilot[Any], device_id: str) -> None:
    """Open the credentials of a device."""
    await go_to(pilot, device_id)
    await pilot.press("enter")
    await wait_for(pilot, lambda: pane_of(pilot).group == "Credentials", "the credentials")
    await wait_for(pilot, lambda: pane_of(pilot).current is not None, "a credential")


async def test_swapping_needs_no_question_and_changes_places(
    run_console: RunConsole, yard: Path
) -> None:
    """Both keys stay valid, so nothing is cut off."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await show_credentials(pilot, "crane")
        await choose(pilot, "s")
        await tells(pilot, "Swapped the keys of crane.")
        await no_dialog(pilot)
    assert await keys_in(yard, "crane") == [KEYS[1], KEYS[0]]


@pytest.mark.parametrize(
    ("key", "kept"), [("p", (False, True)), ("e", (True, False)), ("b", (False, False))]
)
async def test_new_keys_come_after_a_warning(
    run_console: RunConsole, yard: Path, key: str, kept: tuple[bool, bool]
) -> None:
    """It says what is cut off; turning away leaves the keys as they are."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await show_credentials(pilot, "crane")
        await choose(pilot, key)
        question = await dialog(pilot, ConfirmScreen)
        assert "cut off" in str(question.query_one(".dialog--text").render())
        await pilot.press("escape")
        await no_dialog(pilot)
        assert await keys_in(yard, "crane") == list(KEYS)
        await choose(pilot, key)
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await tells(pilot, "crane.")
        await no_dialog(pilot)
    after = await keys_in(yard, "crane")
    assert tuple(now == was for now, was in zip(after, KEYS, strict=True)) == kept
    assert KEYS[0] not in told(pilot)


async def test_what_is_no_pair_says_how_to_make_one(run_console: RunConsole, yard: Path) -> None:
    """A password has no primary and secondary."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await show_credentials(pilot, "pump")
        await go_to(pilot, "pump")
        pane_of(pilot).table.move_to("hashed-password pump")
        await wait_for(
            pilot,
            lambda: getattr(pane_of(pilot).current, "key", "") == "hashed-password pump",
            "the password",
        )
        await pilot.press("K")
        await tells(pilot, "A adds a second secret")


async def test_the_titles_of_secrets_say_primary_and_secondary(
    run_console: RunConsole, yard: Path
) -> None:
    """Also where one is chosen to be copied."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await show_credentials(pilot, "crane")
        await pilot.press("C")
        screen = await dialog(pilot, ChooseScreen)
        assert isinstance(screen, ChooseScreen)
        labels = [choice.label for choice in screen._choices]
        assert labels == ["Primary key", "Secondary key"]
        await pilot.press("2")
        await wait_for(pilot, lambda: pilot.app.clipboard == KEYS[1], "the secondary key")


async def test_the_keys_of_marked_devices_are_made_anew_and_the_others_counted(
    run_console: RunConsole, yard: Path
) -> None:
    """Other credentials of a device stay; a device without keys is named, not forced."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await pilot.press("asterisk")
        await choose(pilot, "b")
        question = await dialog(pilot, ConfirmScreen)
        assert "All devices of the list" in str(question.query_one(".dialog--text").render())
        await pilot.press("y")
        await tells(pilot, "Made two new keys for 4 devices.")
        await tells(pilot, "mast has no primary and secondary key.")
    for device_id in DEVICES:
        if device_id != "mast":
            after = await keys_in(yard, device_id)
            assert not set(after) & set(KEYS)
    async with make_adapter(yard) as adapter:
        assert adapter.credentials is not None
        stored = await adapter.credentials.get(YARD, "pump")
        kept = stored.find("hashed-password", "pump")
        assert kept is not None
        assert kept.secrets[0].pwd_hash


async def test_one_device_is_rotated_from_the_list(run_console: RunConsole, yard: Path) -> None:
    """Without opening its credentials."""
    async with run_console(make_adapter(yard), pane="devices") as pilot:
        await go_to(pilot, "lamp")
        await choose(pilot, "s")
        await tells(pilot, "Swapped the keys of lamp.")
    assert await keys_in(yard, "lamp") == [KEYS[1], KEYS[0]]
