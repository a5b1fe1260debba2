"""The command line: what may be typed, and who answers.

Only the standard library is imported at the top, so that `--help` is there at once.
"""

# ruff: noqa: PLC0415 - each command loads just what it needs, and help loads nothing

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from console.cli_contexts import SECRET_FROM, add_contexts
from console.cli_help import DESCRIPTION, EXAMPLES
from console.cli_moving import add_exporting, add_importing
from console.cli_principals import add_principals
from console.cli_reading import add_counting, add_getting, add_listing
from console.cli_serving import add_hashing, add_policies, add_serving
from console.cli_streams import open_closed_streams
from console.cli_values import named_path

REGISTRY = frozenset(("context", "data", "connection_string_from", "tenant", "read_only"))
"""Places of commands that work on a registry, be it remote."""
FILES = frozenset(("identityd_config", "identityd_config_dir"))
"""Places of commands that work on the Identity Service's files."""
COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], frozenset[str]]] = {
    "list": ("list what the registry holds", add_listing, REGISTRY | FILES),
    "get": ("show one thing whole", add_getting, REGISTRY),
    "count": ("count tenants, devices or credentials", add_counting, REGISTRY),
    "import": ("read devices from files into a tenant", add_importing, REGISTRY),
    "export": ("write a tenant's devices to files", add_exporting, REGISTRY),
    "principals": ("work with an Identity Service configuration", add_principals, FILES),
    "serve": (
        "serve the registry to programs over HTTP",
        add_serving,
        FILES | {"data", "read_only"},
    ),
    "connection-string": (
        "print what a program needs to call the served IoT Hub API",
        add_policies,
        frozenset(("data", "read_only")),
    ),
    "context": (
        "work with saved connections",
        add_contexts,
        FILES | {"data", "connection_string_from", "tenant", "read_only"},
    ),
    "hash-password": ("print the bcrypt hash of a password", add_hashing, frozenset()),
}
"""Each command with what `--help` says of it, what may be typed after it, and its places."""
PLACES = {
    "context": "--context",
    "data": "--data",
    "connection_string_from": "--connection-string-from",
    "tenant": "--tenant",
    "read_only": "--read-only",
    "identityd_config": "--identityd-config",
    "identityd_config_dir": "--identityd-config-dir",
}
"""Options that say where things are, and how they are typed."""


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> None:
        sys.stdout.write(f"idconsole {_installed_version()}\n")
        parser.exit()


def _installed_version() -> str:
    """The version by the name of the installed metadata; importlib.metadata is slow to load."""
    for place in sys.path:
        for found in Path(place).glob("idconsole-*.dist-info"):
            return found.name.removesuffix(".dist-info").partition("-")[2]
    from importlib.metadata import version

    return version("idconsole")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; options of the console may stand before a command or after it."""
    parser = argparse.ArgumentParser(
        prog="idconsole",
        description=DESCRIPTION,
        epilog=EXAMPLES[""],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_places(None, frozenset(PLACES))],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    parser.add_argument("--demo", action="store_true", help="a throw-away registry with a fleet")
    parser.add_argument("--theme", metavar="NAME", help="colours of the console")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, (text, add, places) in COMMANDS.items():
        add(_command(commands, name, text, places))
    return parser


def _places(default: object, known: frozenset[str]) -> argparse.ArgumentParser:
    """Options that say where things are; what is not known is taken too, to be refused by name."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=default)

    def told(name: str, text: str) -> str:
        return text if name in known else argparse.SUPPRESS

    shared.add_argument(
        "--context", metavar="NAME", help=told("context", "a saved connection, see context")
    )
    shared.add_argument(
        "--data", metavar="PATH", type=named_path, help=told("data", "the registry's data file")
    )
    shared.add_argument(
        "--connection-string-from",
        metavar=SECRET_FROM,
        help=told(
            "connection_string_from",
            "a remote IoT Hub, not saved: where its connection string is kept",
        ),
    )
    shared.add_argument("--tenant", metavar="ID", help=told("tenant", "the tenant to work on"))
    shared.add_argument(
        "--read-only",
        action="store_true",
        help=told("read_only", "let no write leave"),
        default=default or False,
    )
    shared.add_argument(
        *("--identityd-config", "--config"),
        metavar="FILE",
        type=named_path,
        help=told("identityd_config", "the Identity Service's config.toml"),
    )
    shared.add_argument(
        *("--identityd-config-dir", "--config-dir"),
        metavar="DIR",
        type=named_path,
        help=told("identityd_config_dir", "the Identity Service's config.d"),
    )
    return shared


_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def _command(
    commands: _Commands[argparse.ArgumentParser], name: str, text: str, places: frozenset[str]
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_places(argparse.SUPPRESS, places)],
        allow_abbrev=False,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line: 0 when all went well, 1 when the thing failed, 2 for wrong usage."""
    open_closed_streams()
    # pydantic would search every installed distribution for plugins; none is wanted here
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    parser = build_parser()
    try:
        options = parser.parse_args(argv)
        _check(parser, options)
    except SystemExit as end:
        return int(end.code or 0)
    from console.commands.boundary import guarded

    return guarded(lambda: _run(options))


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """End with a message for options that make no sense together."""
    if options.command and (options.demo or options.theme):
        parser.error(f"--demo and --theme are for the console, not for {options.command}")
    if options.command:
        places = COMMANDS[options.command][2]
        for name, typed in PLACES.items():
            if getattr(options, name) and name not in places:
                parser.error(f"{typed} is not for {options.command}")
    if options.demo and options.data:
        parser.error("--demo makes a registry of its own: leave out --data")
    if options.context and (options.demo or options.data or options.connection_string_from):
        parser.error(
            "--context says where the registry is: leave out --demo, --data and "
            "--connection-string-from"
        )
    elsewhere = options.connection_string_from and options.command != "context"
    if elsewhere and (options.demo or options.data):
        parser.error(
            "--connection-string-from says where the registry is: leave out --demo and --data"
        )


def _run(options: argparse.Namespace) -> int:
    """Load and run just the one command that was asked for."""
    match options.command:
        case None:
            gc.set_threshold(50_000, 20, 20)  # each look for garbage delays the start, and keys
            from console.launch import run_console

            return run_console(options)
        case "list":
            from console.commands.listing import run
        case "get":
            from console.commands.getting import run
        case "count":
            from console.commands.counting import run
        case "principals":
            from console.commands.principals import run
        case "serve":
            from console.commands.serving import run
        case "connection-string":
            from console.commands.policies import run
        case "context":
            from console.commands.contexts import run
        case "hash-password":
            from console.commands.hashing import run
        case _:
            from console.commands.moving import run
    return run(options)
