"""From a context to the adapter that reaches it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from console.adapters.base import RegistryAdapter
from console.contexts import known_ids_path
from console.contexts_models import (
    COLORS,
    UNSAVED_HUB,
    Context,
    HonoContext,
    IdentityContext,
    IotHubContext,
    LocalContext,
)
from console.settings import folder_beside


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an adapter needs beside its context.

    Args:
        main_file: The Identity Service's `config.toml`.
        config_dir: The folder of files that override it.
        read_only: Let no write leave, whatever the context says.
    """

    main_file: Path
    config_dir: Path
    read_only: bool


def adapter_to(context: Context, around: Surroundings) -> RegistryAdapter:
    """The adapter, not yet open. Raises Invalid, Unreachable for a secret that cannot be had."""
    match context:
        case LocalContext():
            adapter = _local(context, around)
        case HonoContext():
            adapter = _hono(context, around)
        case IotHubContext():
            adapter = _iothub(context, around)
        case IdentityContext():
            adapter = _identity(context, around)
    adapter.production = context.production
    adapter.color = COLORS[context.color] if context.color is not None else None
    return adapter


def _local(context: LocalContext, around: Surroundings) -> RegistryAdapter:
    from console.adapters.local import (  # noqa: PLC0415 - only the adapter asked for is loaded
        LocalAdapter,
        default_data_file,
    )

    return LocalAdapter(
        context.data or default_data_file(),
        read_only=around.read_only or context.read_only,
        main_file=around.main_file,
        config_dir=around.config_dir,
        title="Local registry" if context.data is None else context.name,
    )


def _hono(context: HonoContext, around: Surroundings) -> RegistryAdapter:
    from console.adapters.hono import HonoAdapter  # noqa: PLC0415 - as above
    from console.adapters.rest_endpoint import Endpoint  # noqa: PLC0415 - as above
    from console.contexts_secrets import authorization_of  # noqa: PLC0415 - as above

    return HonoAdapter(
        Endpoint(
            context.url,
            ca_file=context.ca_file,
            client_cert=context.client_cert,
            client_key=context.client_key,
            authorization=authorization_of(context, os.environ),
        ),
        title=context.name,
        compat=context.compat,
        known_file=known_ids_path(context.name),
        read_only=around.read_only or context.read_only,
    )


def _iothub(context: IotHubContext, around: Surroundings) -> RegistryAdapter:
    from console.adapters.iothub import IotHubAdapter  # noqa: PLC0415 - as above
    from console.contexts_secrets import connection_string_of  # noqa: PLC0415 - as above

    return IotHubAdapter(
        connection_string_of(context, os.environ),
        title=None if context.name == UNSAVED_HUB else context.name,
        api_version=context.api_version,
        ca_file=context.ca_file,
        proxy=context.proxy,
        read_only=around.read_only or context.read_only,
    )


def _identity(context: IdentityContext, around: Surroundings) -> RegistryAdapter:
    module = import_module("console.adapters.identity")  # only the adapter asked for is loaded

    adapter: RegistryAdapter = module.IdentityAdapter(
        context.socket,
        main_file=context.main_file or around.main_file,
        config_dir=context.config_dir
        or (folder_beside(context.main_file) if context.main_file else around.config_dir),
        read_only=around.read_only or context.read_only,
        title=context.name,
    )
    return adapter
