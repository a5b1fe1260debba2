"""Opening the console itself: on the user's registry, or on a throw-away one."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from console.adapters.base import RegistryAdapter
from console.adapters.local import LocalAdapter
from console.commands.boundary import FAILED, GOOD, UsageFault
from console.commands.connecting import Surroundings, adapter_to
from console.commands.output import say
from console.commands.session import context_for
from console.contexts_models import LOCAL_NAME, LocalContext
from console.settings import (
    Settings,
    folder_beside,
    load_settings,
    save_settings,
    settings_path,
)
from registry_backend.domain.errors import Unreachable

DEMO_DATA = "registry.sqlite"
DEMO_CONFIG = "identityd/config.toml"
DEMO_CONFIG_DIR = "identityd/config.d"
"""Where things lie in the demo's folder."""
THEME_FOLDER = "themes"
"""Where the user's own theme files lie, beside the settings."""
_REFUSAL = (
    "The console needs a terminal to draw on, and {what}. "
    "In scripts use `idconsole list`, `get`, `count`, `import` or `export`; see --help."
)


def run_console(options: argparse.Namespace) -> int:
    """Check that there is a terminal, then run the console until it is left."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageFault(_REFUSAL.format(what="this is none"))
    if not sys.stderr.isatty():  # the screen is drawn there
        raise UsageFault(_REFUSAL.format(what="standard error leads elsewhere; leave 2> away"))
    if os.environ.get("TERM") == "dumb":
        raise UsageFault(_REFUSAL.format(what="TERM=dumb cannot be drawn on"))
    if options.theme:
        check_theme(options.theme, settings_path().parent / THEME_FOLDER)
    loaded = load_settings(settings_path())
    for problem in loaded.problems:
        say(problem)
    settings = chosen_settings(options, loaded.settings)
    if options.demo:
        with demo_registry() as data:
            settings = _with_demo_files(options, settings, data.parent)
            adapter = LocalAdapter(
                data,
                read_only=options.read_only,
                main_file=settings.identityd_config,
                config_dir=settings.identityd_config_dir,
                title="Demo registry",
            )
            return _run_app(settings, adapter, remembered=("theme",))
    context = context_for(options)
    around = Surroundings(
        settings.identityd_config, settings.identityd_config_dir, options.read_only
    )
    adapter_there = adapter_to(context, around)
    if context == LocalContext(LOCAL_NAME, data=options.data):
        return _run_app(settings, adapter_there)
    # the tenant chosen last is one of the user's own registry
    settings = replace(settings, tenant=options.tenant or context.tenant)
    return _run_app(settings, adapter_there, remembered=("theme",))


def check_theme(name: str, folder: Path) -> None:
    """Raises UsageFault, which names those there are, for a theme that there is not."""
    from textual.theme import BUILTIN_THEMES  # noqa: PLC0415 - refusals need no screen

    from themes import builtin_palettes, user_palettes  # noqa: PLC0415 - as above

    palettes = (*builtin_palettes(), *user_palettes(folder).palettes)
    known = sorted({*BUILTIN_THEMES, *(palette.name for palette in palettes)})
    if name not in known:
        raise UsageFault(
            f"--theme: there is no theme named {name!r}. There are {', '.join(known)}."
        )


def chosen_settings(options: argparse.Namespace, settings: Settings) -> Settings:
    """The saved settings with what was typed put over them."""
    main_file, config_dir = options.identityd_config, options.identityd_config_dir
    if main_file and not config_dir:
        config_dir = folder_beside(main_file)
    return replace(
        settings,
        theme=options.theme or settings.theme,
        tenant=options.tenant or (None if options.demo else settings.tenant),
        identityd_config=main_file or settings.identityd_config,
        identityd_config_dir=config_dir or settings.identityd_config_dir,
    )


def _with_demo_files(options: argparse.Namespace, settings: Settings, folder: Path) -> Settings:
    """The demo shows a sample configuration, unless one was named."""
    if options.identityd_config or options.identityd_config_dir:
        return settings
    return replace(
        settings,
        identityd_config=folder / DEMO_CONFIG,
        identityd_config_dir=folder / DEMO_CONFIG_DIR,
    )


def _run_app(
    settings: Settings, adapter: RegistryAdapter, *, remembered: Sequence[str] | None = None
) -> int:
    """Run the console; of what was chosen in it, keep those settings, or all."""
    from console.app import ConsoleApp  # noqa: PLC0415 - refusals need no screen
    from console.endings import OrderlyEnd  # noqa: PLC0415 - as above

    class Console(OrderlyEnd, ConsoleApp):
        """The console as it is launched."""

    chosen: dict[str, str] = {}
    app = Console(
        adapter,
        tenant_id=settings.tenant,
        theme_name=settings.theme,
        theme_folder=settings_path().parent / THEME_FOLDER,
        remember=chosen.__setitem__,
    )
    gc.freeze()  # what was loaded stays: no look for garbage needs to go through it
    app.run()
    if remembered is not None:
        chosen = {key: value for key, value in chosen.items() if key in remembered}
    keep_choices(settings_path(), chosen)
    return GOOD if not app.return_code else FAILED


def keep_choices(path: Path, chosen: Mapping[str, str]) -> None:
    """Save what was chosen in the console; what another console saved meanwhile stays."""
    if not chosen:
        return
    latest = load_settings(path).settings
    try:
        save_settings(path, replace(latest, **chosen))  # type: ignore[arg-type]
    except Unreachable as error:
        say(str(error))


@contextlib.contextmanager
def demo_registry() -> Iterator[Path]:
    """The data file of a sample fleet, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="idconsole-demo-") as name:
        folder = Path(name)
        asyncio.run(_furnish(folder))
        yield folder / DEMO_DATA


async def _furnish(folder: Path) -> None:
    from registry_backend.sample import write_identityd  # noqa: PLC0415 - only --demo pays for it

    main_file, config_dir = folder / DEMO_CONFIG, folder / DEMO_CONFIG_DIR
    write_identityd(main_file, config_dir)
    adapter = LocalAdapter(folder / DEMO_DATA, main_file=main_file, config_dir=config_dir)
    async with adapter:
        if adapter.sample is not None:
            await adapter.sample()
