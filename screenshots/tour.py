"""The scripted visit that draws every picture: a fixed registry, fixed keys, a fixed clock.

`python -m screenshots.tour` draws all again; `python -m screenshots.tour devices` those whose
names begin so. The pictures are compared by a test, so they always show the program as it is.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from unittest.mock import patch

from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from console.adapters.base import RegistryAdapter
from console.adapters.hono import HonoAdapter
from console.adapters.identity import IdentityAdapter
from console.adapters.identity_caller import Caller
from console.adapters.local import LocalAdapter
from console.adapters.rest_endpoint import Endpoint
from console.app import ConsoleApp
from registry_backend.api.hono import HonoOptions
from registry_backend.identityd.users import KnownUsers, User
from registry_backend.open import open_registry
from registry_backend.sample import build_sample, load_sample, write_exchange, write_identityd
from registry_backend.server import Listener, Serving, listening
from registry_backend.wire.hono_profiles import PROFILES
from screenshots.identity_peer import SOCKET, leave_behind, serving_identity
from screenshots.staged_jobs import StagedJobs

PICTURES = Path(__file__).parent
CLOCK = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
"""The present in every picture."""
CONFIG = Path("etc/aziot/identityd/config.toml")
OVERRIDES = Path("etc/aziot/identityd/config.d")
NIGHT_SHIFT = """\
# Added in a hurry; ask Grace.
[[principal]]
uid = 1001
name = "tide-gauge-2"
idtype = ["module"]

[[principal]]
uid = 1300
name = "diagnosis"
max_requests = 20
"""
"""A file that shadows one principal and brings a second untyped one."""
PEOPLE = KnownUsers(
    tuple(
        User(uid, name, {uid: name, 900: "aziotid"})
        for uid, name in (
            (995, "adu"),
            (997, "iotedge"),
            (1001, "svc-tide"),
            (1002, "svc-lamp"),
            (1101, "camera"),
        )
    )
)
"""Whose uids the principals are, on whatever machine the pictures are drawn."""
CALLER, STRANGER = Caller(997, "iotedge"), Caller(1500, "svc-new")
"""Who calls the Identity Service of the pictures, whoever draws them."""
SMALL, USUAL, LARGE = (80, 24), (120, 40), (200, 60)
MOST_PAUSES = 400
NOBODY = "http://127.0.0.1:9"
"""The discard port: nothing listens there."""

_ASKING = ("action_", "_ask_holder", "_copy", "_connect")
"""Workers that may wait for a person's answer."""

Step = str | Callable[["Visit"], Awaitable[None]]
"""A key to press, `text:...` to type, or something done behind the console's back."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: where to begin, which keys to press, how large, which theme."""

    name: str
    steps: Sequence[Step] = ()
    size: tuple[int, int] = USUAL
    theme: str = "harbour"
    empty: bool = False
    read_only: bool = False
    remote: Literal["", "2.x", "1.1", "gone"] = ""
    """A remote Hono of that vintage instead of the file; `gone`: nothing listens there."""
    identity: Literal["", "there", "strange", "gone"] = ""
    """An Identity Service's socket instead; `strange`: to a caller whom it does not know; `gone`:
    nobody listens on it any more."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A console under way."""

    app: ConsoleApp
    adapter: RegistryAdapter
    pilot: Pilot[None]


async def change_elsewhere(visit: Visit) -> None:
    """Somebody else changes the device that is being edited."""
    devices = visit.adapter.devices
    assert devices is not None  # noqa: S101 - the local registry has devices
    pane = visit.app.pane
    assert pane is not None and pane.current is not None  # noqa: S101, PT018 - a device is shown
    device = pane.current
    ext = {**device.attributes.ext, "firmware": "2.0.0", "checked": "by the night shift"}
    attributes = device.attributes.model_copy(update={"ext": ext})
    place = (device.tenant_id, device.device_id)
    with patch("registry_backend.registry.device_rules.now", return_value=CLOCK):
        await devices.update(*place, attributes, expected=device.version)


async def forget_toasts(visit: Visit) -> None:
    """Take toasts away before a dialog covers them: below it they would go by the clock."""
    visit.app.clear_notifications()


async def stage_jobs(visit: Visit) -> None:
    """Let an import be half done for as long as the picture takes."""
    assert visit.adapter.jobs is not None  # noqa: S101 - the local registry has jobs
    visit.adapter.jobs = StagedJobs(visit.adapter.jobs, CLOCK)


_DRY_RUN: tuple[Step, ...] = ("4", "i", "ctrl+u", "text:exchange/new-lamps", "ctrl+t")
_FRIDGE: tuple[Step, ...] = (
    *("1", "slash", "text:vaccine", "enter", "enter"),
    *("slash", "text:fridge", "enter", "enter"),
)

SCENES: tuple[Scene, ...] = (
    Scene("tenants", ("1",)),
    Scene("tenants-light", ("1",), theme="paper"),
    Scene("tenants-small", ("1",), size=SMALL),
    Scene("tenants-empty", (), empty=True),
    Scene("tenants-edit", ("1", "e")),
    Scene("tenants-delete", ("1", "x")),
    Scene("devices", ("2", "slash", "text:quay-east", "enter", "j", "j", "j")),
    Scene("devices-light", ("2", "j", "j"), theme="paper"),
    Scene("devices-small", ("2", "j", "j"), size=SMALL),
    Scene("devices-large", ("2", "j", "j"), size=LARGE, theme="night"),
    Scene("devices-filter", ("2", "slash", "text:lamp disabled")),
    Scene("devices-marked", ("2", "space", "space", "down", "space")),
    Scene("devices-new", ("2", "n")),
    Scene("devices-edit", ("2", "e")),
    Scene("devices-json", ("2", "E")),
    Scene("devices-json-problem", ("2", "E", "text:,", "ctrl+s")),
    Scene("devices-delete", ("2", "x")),
    Scene("devices-history", ("2", "slash", "text:disabled", "enter", "h")),
    Scene(
        "devices-conflict",
        ("2", "e", "tab", "text:loose antenna", change_elsewhere, "ctrl+s"),
    ),
    Scene("credentials", ("2", "enter")),
    Scene("credentials-light", ("2", "enter"), theme="paper"),
    Scene("credentials-small", ("2", "enter"), size=SMALL),
    Scene("credentials-new", ("2", "enter", "n")),
    Scene("credentials-rotate", (*_FRIDGE, "K")),
    Scene("credentials-rotate-new", (*_FRIDGE, "K", "p")),
    Scene("credentials-expiring", ("2", "enter", "i")),
    Scene("jobs", ("4",)),
    Scene("jobs-light", ("4",), theme="paper"),
    Scene("jobs-small", ("4",), size=SMALL),
    Scene("jobs-import", ("4", "i", "ctrl+u", "text:/srv/exchange")),
    Scene("jobs-running", (stage_jobs, "4")),
    Scene("jobs-dry-run", _DRY_RUN),
    Scene("jobs-dry-run-light", _DRY_RUN, theme="paper"),
    Scene("jobs-dry-run-small", _DRY_RUN, size=SMALL),
    Scene("jobs-failed-lines", (stage_jobs, "4", "j", "l")),
    Scene("jobs-export", ("4", "o", "ctrl+u", "text:/srv/exchange")),
    Scene("principals", ("5", "j")),
    Scene("principals-light", ("5", "j"), theme="paper"),
    Scene("principals-small", ("5",), size=SMALL),
    Scene("principals-edit", ("5", "j", "e")),
    Scene("principals-large", ("5", "j", "j"), size=LARGE, theme="night"),
    Scene("principals-review", ("5", "j", "e", "tab", "text:0", "ctrl+s")),
    Scene("principals-removal", ("5", "x")),
    Scene("principals-stops", ("5", "e", "ctrl+u", "text:lamp-mesh", "ctrl+s")),
    Scene("principals-findings", ("5", "i")),
    Scene("principals-explain", ("5", "w", "tab", "tab", "tab", "j", "j")),
    Scene("principals-explain-small", ("5", "w"), size=SMALL),
    Scene("principals-settings", ("5", "slash", "text:settings", "enter")),
    Scene("principals-text", ("5", "E", "enter")),
    Scene("help", ("2", "question_mark")),
    Scene("palette", ("2", "ctrl+p", "text:gate")),
    Scene("themes", ("2", "t")),
    Scene("read-only", ("2",), read_only=True),
    Scene("remote", ("2", "j"), remote="2.x"),
    Scene("remote-old", ("2", "slash", "text:hl-pier-1-lamp-0522", "enter"), remote="1.1"),
    Scene("remote-gone", (), remote="gone"),
    Scene("identity", ("G", "k", "k", "o"), identity="there"),
    Scene("identity-light", ("j", "j", "j", "j", "o"), identity="there", theme="paper"),
    Scene("identity-small", ("j", "j"), identity="there", size=SMALL),
    Scene("identity-reprovision", ("R",), identity="there"),
    Scene("identity-leaving", ("G", "k", "k", "i", "ctrl+s", forget_toasts, "q"), identity="there"),
    Scene("identity-denied", ("j",), identity="strange"),
    Scene("identity-denied-small", ("G",), identity="strange", size=SMALL),
    Scene("identity-refused", (), identity="gone"),
)


@contextmanager
def stage() -> Iterator[Path]:
    """A folder with the sample registry and the sample configuration, as working directory.

    Paths in the pictures are relative to it, so that they are the same everywhere.
    """
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="idconsole-tour-") as name:
        os.chdir(name)
        try:
            asyncio.run(_furnish())
            yield Path(name)
        finally:
            os.chdir(before)


async def _furnish() -> None:
    write_identityd(CONFIG, OVERRIDES)
    late = OVERRIDES / "night-shift.toml"
    late.write_text(NIGHT_SHIFT, encoding="utf-8")
    late.chmod(0o600)
    write_exchange(Path("exchange"))
    registry = await open_registry(Path("sample.sqlite"))
    await load_sample(registry.store, build_sample(CLOCK))
    await registry.close()


async def draw(scene: Scene) -> str:
    """The picture of one scene as SVG; the working directory is a stage."""
    data = Path(f"{scene.name}.sqlite")
    if not scene.empty:
        data.write_bytes(Path("sample.sqlite").read_bytes())
    async with connection(scene, data) as adapter:
        try:
            return await walk(scene, adapter)
        finally:
            await adapter.close()


@asynccontextmanager
async def connection(scene: Scene, data: Path) -> AsyncIterator[RegistryAdapter]:
    """The registry of a scene, not opened yet; a served one stops when the scene ends."""
    if scene.identity:
        async with identity_service(scene) as service:
            yield service
    elif not scene.remote:
        adapter = LocalAdapter(
            data,
            read_only=scene.read_only,
            actor_name="ada",
            main_file=CONFIG,
            config_dir=OVERRIDES,
            title="Local registry",
            users=PEOPLE,
        )
        adapter.address = "~/.local/share/idconsole/registry.sqlite"
        yield adapter
    elif scene.remote == "gone":
        yield HonoAdapter(Endpoint(NOBODY), title="harbour", heal_pauses=(3600.0,))
    else:
        hono = HonoOptions(profile=PROFILES[scene.remote])
        async with listening(Serving(data, [Listener("127.0.0.1", 0, hono)])) as addresses:
            remote = HonoAdapter(
                Endpoint(addresses[0]), title="harbour", compat=scene.remote, production=True
            )
            remote.address = "https://hono.harbour.example:28443"
            yield remote


@asynccontextmanager
async def identity_service(scene: Scene) -> AsyncIterator[RegistryAdapter]:
    """The adapter on the socket of a stage."""
    caller = STRANGER if scene.identity == "strange" else CALLER
    with patch("console.adapters.identity.this_caller", return_value=caller):
        adapter = IdentityAdapter(
            SOCKET, main_file=CONFIG, config_dir=OVERRIDES, title="pier-4", users=PEOPLE
        )
    if scene.identity == "gone":
        leave_behind(SOCKET)
        yield adapter
        return
    async with serving_identity(SOCKET, knows_caller=caller is CALLER):
        yield adapter


async def walk(scene: Scene, adapter: RegistryAdapter) -> str:
    """Press the keys of a scene and draw what is there then."""
    app = ConsoleApp(
        adapter,
        tenant_id="harbour-lights" if scene.remote == "1.1" else None,
        theme_name=scene.theme,
        clock=lambda: CLOCK,
    )
    with still_cursors():
        return await _walked(app, scene, adapter)


@contextmanager
def still_cursors() -> Iterator[None]:
    """Cursors that blink at no time, not even while the field they are in is being made."""
    with (
        patch.object(Input, "_toggle_cursor", lambda _field: None),
        patch.object(TextArea, "_toggle_cursor_blink_visible", lambda _area: None),
    ):
        yield


async def _walked(app: ConsoleApp, scene: Scene, adapter: RegistryAdapter) -> str:
    async with app.run_test(size=scene.size, notifications=True) as pilot:
        visit = Visit(app, adapter, pilot)
        await settle(visit)
        for step in scene.steps:
            if callable(step):
                await step(visit)
            elif step.startswith("text:"):
                await pilot.press(*(_key(char) for char in step.removeprefix("text:")))
            else:
                await pilot.press(step)
            await settle(visit)
        app.clear_notifications()  # a toast goes by the clock, a picture must not
        await settle(visit)
        return app.export_screenshot(title="idconsole", simplify=True)


def _key(char: str) -> str:
    return {" ": "space", ",": "comma", ".": "full_stop", "-": "minus", "/": "slash"}.get(
        char, char
    )


async def settle(visit: Visit) -> None:
    """Wait until nothing is being read, saved or painted any more."""
    calm = 0
    for _ in range(MOST_PAUSES):
        await visit.pilot.pause()
        busy = visit.app.saves.pending or any(_reading(visit.app))
        calm = 0 if busy else calm + 1
        if calm >= 3:
            return
        await asyncio.sleep(0.02)
    message = "The console does not come to rest."
    raise TimeoutError(message)


def _reading(app: ConsoleApp) -> Iterator[bool]:
    """Whether each worker is at work; one that waits for a person's answer is not."""
    waiting = len(app.screen_stack) > 1
    for worker in app.workers:
        yield worker.is_running and not (waiting and worker.name.startswith(_ASKING))


def main(prefixes: Sequence[str]) -> None:
    """Draw the pictures whose names begin with one of the prefixes, or all."""
    with stage():
        for scene in SCENES:
            if prefixes and not scene.name.startswith(tuple(prefixes)):
                continue
            picture = PICTURES / f"{scene.name}.svg"
            picture.write_text(asyncio.run(draw(scene)), encoding="utf-8")
            print(picture.name)


if __name__ == "__main__":
    main(sys.argv[1:])
