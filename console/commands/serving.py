"""`idconsole serve`: the registry for programs that speak its protocols."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys

from console.adapters.local import default_data_file
from console.commands.boundary import GOOD, UsageFault
from console.commands.output import finish, write
from console.commands.session import identityd_paths
from registry_backend.domain.errors import Invalid
from registry_backend.server import Serving, serve
from registry_backend.server_options import (
    DEFAULT_LISTEN,
    hono_options,
    hub_options,
    parse_listener,
    parse_tls,
    read_authentication,
    registry_settings,
)
from registry_backend.server_sockets import is_passed
from registry_backend.server_unix import UnixListener
from registry_backend.server_unix_options import DEFAULT_MODE, parse_unix


def run(options: argparse.Namespace) -> int:
    """Serve until a signal says to stop; what was accepted is finished first."""
    try:
        serving = _serving(options)
    except Invalid as error:
        raise UsageFault(str(error)) from None
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    # Which modules an Identity Service makes and removes is news that nobody should miss.
    for name in ("idconsole.access", "idconsole.identity"):
        logging.getLogger(name).setLevel(logging.INFO)
    asyncio.run(serve(serving, _announce))
    return GOOD


def _serving(options: argparse.Namespace) -> Serving:
    hono = hono_options(
        compat=options.hono_compat,
        offset=options.hono_offset,
        max_payload=options.hono_max_payload,
        cors_origin=options.cors_origin,
    )
    hub = hub_options(
        words=options.auth,
        default_tenant=options.default_tenant,
        tier=options.hub_tier,
        units=options.hub_units,
        shaping=options.hub_shaping,
    )
    tls = parse_tls(options.tls_cert, options.tls_key)
    unix = _unix(options)
    words = options.listen or ([] if unix else [DEFAULT_LISTEN])
    return Serving(
        data=options.data or default_data_file(),
        listeners=[parse_listener(word, hono, tls, hub) for word in words],
        authentication=read_authentication(options.auth),
        insecure=options.insecure,
        access_log=options.access_log,
        read_only=options.read_only,
        settings=registry_settings(max_devices=options.max_devices, indexes=options.index),
        unix=unix,
    )


def _unix(options: argparse.Namespace) -> list[UnixListener]:
    """The Identity Service, where a socket for it is named or passed by systemd.

    Raises UsageFault where it is configured and neither is so: the registry alone would be open
    to all who reach it, where a socket with its owner was meant.
    """
    if options.unix is None and not is_passed(os.environ):
        given = [word for word, named in _of_socket(options).items() if named]
        if given:
            raise UsageFault(
                f"{given[0]} is for the Identity Service. No socket was named, and systemd passes "
                "none. Say --unix PATH, or start it from a socket unit."
            )
        return []
    config, config_dir = identityd_paths(options)
    return [
        parse_unix(
            options.unix,
            config=config,
            config_dir=config_dir,
            mode=DEFAULT_MODE if options.unix_mode is None else options.unix_mode,
            owner=options.unix_owner,
            default_tenant=options.default_tenant,
        )
    ]


def _of_socket(options: argparse.Namespace) -> dict[str, bool]:
    """The options that mean something to an Identity Service only, and whether they were given."""
    return {
        "--identityd-config": options.identityd_config is not None,
        "--identityd-config-dir": options.identityd_config_dir is not None,
        "--unix-mode": options.unix_mode is not None,
        "--unix-owner": bool(options.unix_owner),
    }


def _announce(line: str) -> None:
    write(line + "\n")
    finish()
