"""What may be typed after `idconsole import` and `export`."""

from __future__ import annotations

import argparse

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


def add_importing(importing: argparse.ArgumentParser) -> None:
    """What to read, and how its lines are meant."""
    importing.add_argument(
        "path", metavar="FOLDER|FILE|ADDRESS", nargs="?", help="what to read; see below"
    )
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
        "--create-tenant", action="store_true", help="make the tenant of --tenant if it is missing"
    )
    importing.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )


def add_exporting(exporting: argparse.ArgumentParser) -> None:
    """Where to write, and what."""
    exporting.add_argument(
        "path", metavar="FOLDER|ADDRESS", nargs="?", help="where to write; made if missing"
    )
    _add_container(exporting, "the container to write")
    exporting.add_argument(
        "--format", choices=EXPORT_FORMATS, default=FORMATS[0], help=f"default {FORMATS[0]}"
    )
    exporting.add_argument("--exclude-keys", action="store_true", help="leave keys out")


def _add_container(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--container-from",
        metavar="env:NAME|file:PATH",
        help=f"where the address of {what} is kept, a secret",
    )
    parser.add_argument("--blob", metavar="NAME", help="of the container; default devices.txt")
    parser.add_argument("--json", action="store_true", help="the result as JSON on stdout")
