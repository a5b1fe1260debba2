"""What may be typed after `idconsole serve`, `connection-string` and `hash-password`."""

from __future__ import annotations

import argparse

from console.cli_values import named_path, positive, seconds


def add_serving(serving: argparse.ArgumentParser) -> None:
    """Where to listen, who may call, and how the protocols behave."""
    serving.add_argument(
        "--listen",
        metavar="HOST:PORT",
        action="append",
        help="default 127.0.0.1:28080, or none with --unix; may be given again, see below",
    )
    serving.add_argument(
        "--unix",
        metavar="PATH",
        type=named_path,
        help="a socket to serve the Identity Service of --identityd-config on, with the registry "
        "as its hub; one passed by systemd is taken without this",
    )
    serving.add_argument("--unix-mode", metavar="MODE", help="of the socket; default 0660")
    serving.add_argument(
        "--unix-owner",
        metavar="USER:GROUP",
        default="",
        help="of the socket; default who starts it",
    )
    serving.add_argument(
        "--tls-cert", metavar="FILE", type=named_path, help="certificate chain, PEM"
    )
    serving.add_argument("--tls-key", metavar="FILE", type=named_path, help="its private key, PEM")
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
        "--hub-units", metavar="N", type=positive, default=1, help="of the tier; default 1"
    )
    serving.add_argument(
        "--hub-shaping",
        metavar="SECONDS",
        type=seconds,
        default=0.0,
        help="hold requests beyond the rates so long before refusing them; default 0",
    )
    serving.add_argument("--hono-compat", choices=("2.x", "1.1"), default="2.x", help="default 2.x")
    serving.add_argument(
        "--hono-offset", choices=("pages", "records"), default="pages", help="default pages"
    )
    serving.add_argument(
        "--hono-max-payload", metavar="BYTES", type=positive, default=16000, help="default 16000"
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


def add_policies(policies: argparse.ArgumentParser) -> None:
    """Which policy, and what to do with its keys."""
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


def add_hashing(hashing: argparse.ArgumentParser) -> None:
    """How dear each guess shall be."""
    hashing.add_argument(
        "--cost",
        metavar="N",
        type=positive,
        help="bcrypt's; each one more doubles the time of a check; default as for new passwords",
    )
