"""What may be typed after `idconsole context`."""

from __future__ import annotations

import argparse

from console.cli_values import named_path

SECRET_FROM = "env:VARIABLE|file:PATH|keyring:SERVICE"  # noqa: S105 - a form, no secret


def add_contexts(contexts: argparse.ArgumentParser) -> None:
    """The actions on saved connections."""
    actions = contexts.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        parser = actions.add_parser(name, help=text, description=text, allow_abbrev=False)
        if name != "list":
            parser.add_argument("name", metavar="NAME", nargs="?" if name == "show" else None)
        return parser

    action("list", "all of them").add_argument("--json", action="store_true", help="one JSON array")
    action("show", "one of them; the current one when none is named")
    action("remove", "take one out of the file")
    action("use", "make one the current one")
    learning = action("learn", "remember ids from files, for a registry that cannot list")
    learning.add_argument(
        "path",
        metavar="FOLDER|FILE",
        type=named_path,
        help="devices.txt, .ndjson or Hono 1.1's JSON",
    )
    learning.add_argument(
        "--tenant", metavar="ID", default=argparse.SUPPRESS, help="whose the devices are"
    )
    _add_adding(action("add", "save a new one"))


def _add_adding(adding: argparse.ArgumentParser) -> None:
    adding.add_argument(
        "--kind",
        choices=("local", "hono", "iothub", "identity"),
        help="told by --data, --url, --connection-string-from or --socket too",
    )
    adding.add_argument("--tenant", metavar="ID", help="the tenant to begin with")
    adding.add_argument("--read-only", action="store_true", help="let no write leave")
    adding.add_argument("--production", action="store_true", help="say so in the header")
    adding.add_argument("--color", metavar="NAME", help="of its name in the header, such as teal")
    adding.add_argument(
        "--ca-file", metavar="FILE", type=named_path, help="authorities to trust, PEM"
    )

    local = adding.add_argument_group("a registry in a file")
    local.add_argument("--data", metavar="PATH", type=named_path, help="the file")

    hono = adding.add_argument_group("a remote Hono")
    hono.add_argument("--url", help="such as https://registry.example:28443")
    hono.add_argument("--compat", choices=("2.x", "1.1"), help="only where it cannot be asked")
    hono.add_argument(
        "--client-cert", metavar="FILE", type=named_path, help="certificate to show, PEM"
    )
    hono.add_argument("--client-key", metavar="FILE", type=named_path, help="its key, PEM")
    hono.add_argument("--user", metavar="NAME", help="for HTTP Basic")
    for secret in ("password", "token"):
        place = hono.add_mutually_exclusive_group()
        place.add_argument(f"--{secret}-env", metavar="VARIABLE", help=f"holds the {secret}")
        place.add_argument(f"--{secret}-file", metavar="FILE", help="likewise")
        place.add_argument(f"--{secret}-keyring", metavar="SERVICE", help="likewise")

    hub = adding.add_argument_group("a remote IoT Hub")
    hub.add_argument(
        "--connection-string-from",
        metavar=SECRET_FROM,
        help="where the connection string of one of its policies is kept",
    )
    hub.add_argument("--api-version", metavar="DATE", help="default 2021-04-12")
    hub.add_argument("--proxy", metavar="URL", help="such as http://proxy.example:3128")

    identity = adding.add_argument_group("an Identity Service of this machine")
    identity.add_argument("--socket", metavar="PATH", type=named_path, help="where it listens")
    identity.add_argument(
        *("--identityd-config", "--config"), metavar="FILE", type=named_path, help="its config.toml"
    )
    identity.add_argument(
        *("--identityd-config-dir", "--config-dir"),
        metavar="DIR",
        type=named_path,
        help="its config.d",
    )
