"""The command line: what may be typed, and who answers.

Only the standard library is imported at the top, so that `--help` is there at once.
"""

# ruff: noqa: PLC0415 - each command loads just what it needs, and help loads nothing

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from console.cli_contexts import SECRET_FROM, add_contexts
from console.cli_help import DESCRIPTION, EXAMPLES

FORMATS = ("devices.txt", "hono-1.1", "ndjson", "csv")
EXPORT_FORMATS = ("devices.txt", "hono-1.1", "ndjson")
MODES = (
    "createOrUpdate",
    "create",
    "update",
    "updateIfMatchETag",
    "createOrUpdateIfMatchETag",
    "delete",
    "deleteIfMatchETag",
)

WITHOUT_CONTEXT = ("serve", "connection-string", "principals", "context")
"""Commands that do not work on a saved connection."""


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
        parents=[_places(None)],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and end")
    parser.add_argument("--demo", action="store_true", help="a throw-away registry with a fleet")
    parser.add_argument("--theme", metavar="NAME", help="colours of the console")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_reading(commands)
    _add_moving(commands)
    _add_principals(commands)
    _add_serving(commands)
    _add_policies(commands)
    add_contexts(_command(commands, "context", "work with saved connections"))
    return parser


def _places(default: object) -> argparse.ArgumentParser:
    """Options that say where things are, shared by the console and its commands."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=default)
    shared.add_argument("--context", metavar="NAME", help="a saved connection, see context")
    shared.add_argument("--data", metavar="PATH", type=Path, help="the registry's data file")
    shared.add_argument(
        "--connection-string-from",
        metavar=SECRET_FROM,
        help="a remote IoT Hub, not saved: where its connection string is kept",
    )
    shared.add_argument("--tenant", metavar="ID", help="the tenant to work on")
    shared.add_argument(
        "--read-only", action="store_true", help="let no write leave", default=default or False
    )
    shared.add_argument(
        *("--identityd-config", "--config"),
        metavar="FILE",
        type=Path,
        help="the Identity Service's config.toml",
    )
    shared.add_argument(
        *("--identityd-config-dir", "--config-dir"),
        metavar="DIR",
        type=Path,
        help="the Identity Service's config.d",
    )
    return shared


_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def _command(
    commands: _Commands[argparse.ArgumentParser], name: str, text: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=EXAMPLES[name],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_places(argparse.SUPPRESS)],
        allow_abbrev=False,
    )


def _add_reading(commands: _Commands[argparse.ArgumentParser]) -> None:
    listing = _command(commands, "list", "list what the registry holds")
    kinds = ("tenants", "devices", "credentials", "jobs", "principals")
    listing.add_argument("kind", choices=kinds)
    listing.add_argument("--filter", metavar="TEXT", default="", help="conditions, see below")
    amount = listing.add_mutually_exclusive_group()
    amount.add_argument("--limit", metavar="N", type=_positive, default=100, help="default 100")
    amount.add_argument("--all", action="store_true", help="every row, however many")
    listing.add_argument("--json", action="store_true", help="one JSON array")

    getting = _command(commands, "get", "show one thing whole")
    getting.add_argument("kind", choices=("tenant", "device", "credentials", "job"))
    getting.add_argument("id", metavar="ID")
    getting.add_argument("--json", action="store_true", help="compact JSON on one line")
    getting.add_argument("--reveal", action="store_true", help="show secrets in clear")

    counting = _command(commands, "count", "count tenants, devices or credentials")
    counting.add_argument("kind", choices=("tenants", "devices", "credentials"))
    counting.add_argument("--filter", metavar="TEXT", default="", help="conditions, see below")


def _add_moving(commands: _Commands[argparse.ArgumentParser]) -> None:
    importing = _command(commands, "import", "read devices from files into a tenant")
    importing.add_argument("path", metavar="FOLDER|FILE|ADDRESS", nargs="?")
    _add_container(importing, "the container to read")
    importing.add_argument("--format", choices=FORMATS, help="default: told by the file's name")
    importing.add_argument(
        "--mode", choices=MODES, default=MODES[0], help="for lines that name no importMode"
    )
    importing.add_argument(
        "--log-from",
        metavar="env:NAME|file:PATH",
        help="where the address of another container for importErrors.log is kept",
    )
    importing.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )
    exporting = _command(commands, "export", "write a tenant's devices to files")
    exporting.add_argument("path", metavar="FOLDER|ADDRESS", nargs="?")
    _add_container(exporting, "the container to write")
    exporting.add_argument("--format", choices=EXPORT_FORMATS, default=FORMATS[0])
    exporting.add_argument("--exclude-keys", action="store_true", help="leave keys out")


def _add_container(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--container-from",
        metavar="env:NAME|file:PATH",
        help=f"where the address of {what} is kept, a secret",
    )
    parser.add_argument("--blob", metavar="NAME", help="of the container; default devices.txt")
    parser.add_argument("--json", action="store_true", help="the result as JSON on stdout")


def _add_principals(commands: _Commands[argparse.ArgumentParser]) -> None:
    principals = _command(commands, "principals", "work with an Identity Service configuration")
    principals.add_argument("action", choices=("list", "check", "explain"))
    principals.add_argument("--json", action="store_true", help="one JSON array")
    principals.add_argument("--uid", metavar="N|USER", help="explain: whose call it is")
    principals.add_argument("--call", metavar="OPERATION", help="explain: which call, see below")
    principals.add_argument("--method", metavar="METHOD", help="explain: of a request, with --path")
    principals.add_argument("--path", metavar="PATH", help="explain: its path and query")
    principals.add_argument("--module", metavar="ID", help="explain: the module the call is about")
    principals.add_argument(
        "--type", choices=("aziot", "local"), default="aziot", help="explain: of that module"
    )


def _add_serving(commands: _Commands[argparse.ArgumentParser]) -> None:
    serving = _command(commands, "serve", "serve the registry to programs over HTTP")
    serving.add_argument(
        "--listen",
        metavar="HOST:PORT",
        action="append",
        help="default 127.0.0.1:28080, or none with --unix; may be given again, see below",
    )
    serving.add_argument(
        "--unix",
        metavar="PATH",
        type=Path,
        help="a socket to serve the Identity Service of --identityd-config on, with the registry "
        "as its hub; one passed by systemd is taken without this",
    )
    serving.add_argument(
        "--unix-mode", metavar="MODE", default="0660", help="of the socket; default 0660"
    )
    serving.add_argument(
        "--unix-owner",
        metavar="USER:GROUP",
        default="",
        help="of the socket; default who starts it",
    )
    serving.add_argument("--tls-cert", metavar="FILE", type=Path, help="certificate chain, PEM")
    serving.add_argument("--tls-key", metavar="FILE", type=Path, help="its private key, PEM")
    serving.add_argument(
        "--auth",
        metavar="basic:FILE|bearer:FILE|sas|none",
        action="append",
        default=[],
        help="who may call Hono's paths: lines NAME:BCRYPT-HASH, or NAME:TOKEN; the hub's paths "
        "ask for tokens of the registry's policies (sas), or with none let everybody here call",
    )
    serving.add_argument(
        "--insecure", action="store_true", help="be open to others without --auth or TLS"
    )
    serving.add_argument(
        "--default-tenant",
        metavar="NAME",
        default="DEFAULT_TENANT",
        help="whose hub it is where the host is not NAME.azure-devices.net; "
        "default DEFAULT_TENANT, made by the first write",
    )
    serving.add_argument(
        "--hub-tier",
        metavar="TIER",
        help="quota and rates of F1, B1 to B3 or S1 to S3; default none",
    )
    serving.add_argument(
        "--hub-units", metavar="N", type=_positive, default=1, help="of the tier; default 1"
    )
    serving.add_argument("--hono-compat", choices=("2.x", "1.1"), default="2.x", help="default 2.x")
    serving.add_argument(
        "--hono-offset", choices=("pages", "records"), default="pages", help="default pages"
    )
    serving.add_argument(
        "--hono-max-payload", metavar="BYTES", type=_positive, default=16000, help="default 16000"
    )
    serving.add_argument(
        "--cors-origin",
        metavar="ORIGIN",
        help="whose pages may call: *, one origin, or '' for none; default * with --auth (as Hono "
        "has it), and none without, since any page of a browser here could write",
    )
    serving.add_argument(
        "--max-devices", metavar="N", type=int, default=-1, help="for each tenant; default no limit"
    )
    serving.add_argument(
        "--index",
        metavar="POINTER",
        action="append",
        default=[],
        help="make searches by this member fast, such as /ext/site; may be given again",
    )
    serving.add_argument("--access-log", action="store_true", help="each request to stderr")


def _add_policies(commands: _Commands[argparse.ArgumentParser]) -> None:
    policies = _command(
        commands, "connection-string", "print what a program needs to call the served IoT Hub API"
    )
    policies.add_argument("--policy", metavar="NAME", help="default iothubowner")
    policies.add_argument(
        "--host",
        metavar="HOST:PORT",
        default="localhost:28080",
        help="where the server listens; default localhost:28080",
    )
    policies.add_argument(
        "--rotate",
        choices=("primary", "secondary", "both", "swap"),
        help="make keys anew first, or swap the two",
    )
    policies.add_argument("--secondary", action="store_true", help="with the secondary key")
    policies.add_argument("--list", action="store_true", help="the policies, without keys")
    policies.add_argument("--json", action="store_true", help="one JSON object, or array")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line: 0 when all went well, 1 when the thing failed, 2 for wrong usage."""
    # pydantic would search every installed distribution for plugins; none is wanted here
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    parser = build_parser()
    try:
        options = parser.parse_args(argv)
        if options.command and (options.demo or options.theme):
            parser.error(f"--demo and --theme are for the console, not for {options.command}")
        if options.demo and options.data:
            parser.error("--demo makes a registry of its own: leave out --data")
        if options.context and (options.demo or options.data or options.connection_string_from):
            parser.error(
                "--context says where the registry is: leave out --demo, --data and "
                "--connection-string-from"
            )
        if options.connection_string_from and options.command != "context":
            if options.demo or options.data:
                parser.error(
                    "--connection-string-from says where the registry is: leave out --demo and "
                    "--data"
                )
            if options.command in WITHOUT_CONTEXT:
                parser.error(f"--connection-string-from is not for {options.command}")
        if options.context and options.command in WITHOUT_CONTEXT:
            parser.error(f"--context is not for {options.command}")
    except SystemExit as end:
        return int(end.code or 0)
    from console.commands.boundary import guarded

    return guarded(lambda: _run(options))


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
        case _:
            from console.commands.moving import run
    return run(options)
