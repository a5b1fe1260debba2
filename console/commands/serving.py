"""`idconsole serve`: the registry for programs that speak its protocols."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

from console.adapters.local import default_data_file
from console.commands.boundary import GOOD, UsageFault
from console.commands.output import finish, write
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


def run(options: argparse.Namespace) -> int:
    """Serve until a signal says to stop; what was accepted is finished first."""
    try:
        serving = _serving(options)
    except Invalid as error:
        raise UsageFault(str(error)) from None
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("idconsole.access").setLevel(logging.INFO)
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
    )
    tls = parse_tls(options.tls_cert, options.tls_key)
    words = options.listen or [DEFAULT_LISTEN]
    return Serving(
        data=options.data or default_data_file(),
        listeners=[parse_listener(word, hono, tls, hub) for word in words],
        authentication=read_authentication(options.auth),
        insecure=options.insecure,
        access_log=options.access_log,
        read_only=options.read_only,
        settings=registry_settings(max_devices=options.max_devices, indexes=options.index),
    )


def _announce(line: str) -> None:
    write(line + "\n")
    finish()
