"""What commands share: opening the registry, choosing the tenant, walking pages."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from console.adapters.base import NO_ANSWER, RegistryAdapter
from console.commands.boundary import UsageFault
from console.commands.connecting import Surroundings, adapter_to
from console.commands.output import say
from console.contexts import contexts_path, load_contexts
from console.contexts_models import (
    LOCAL_NAME,
    UNSAVED_HUB,
    Context,
    IotHubContext,
    LocalContext,
    SecretPlace,
)
from console.settings import folder_beside, load_settings, settings_path
from registry_backend.domain.query import Page, PageRequest, TenantQuery

RowT = TypeVar("RowT")
PortT = TypeVar("PortT")

_PAGE = 500
"""Rows read at once: few round trips, little memory."""


def identityd_paths(options: argparse.Namespace) -> tuple[Path, Path]:
    """The Identity Service's main file and folder: as typed, else as in the settings.

    A file that is typed alone brings the folder beside it: those of this machine's own service
    have nothing to do with it.
    """
    settings = load_settings(settings_path()).settings
    main_file: Path = options.identityd_config or settings.identityd_config
    if options.identityd_config_dir is not None:
        return main_file, options.identityd_config_dir
    if options.identityd_config is not None:
        return main_file, folder_beside(main_file)
    return main_file, settings.identityd_config_dir


def secret_place(text: str) -> SecretPlace:
    """Where a secret is kept, as typed. Raises UsageFault, repeating nothing that may be one."""
    place, _, where = text.partition(":")
    match place:
        case "env" | "file" | "keyring" if where:
            return SecretPlace(place, where)
    raise UsageFault(
        "Say where the connection string is kept, not what it is: env:VARIABLE, file:PATH or "
        "keyring:SERVICE."
    )


def context_for(options: argparse.Namespace) -> Context:
    """The connection meant: a data file, a context by its name, or the current one.

    Raises:
        NotFound: when there is no context of that name.
        Invalid: for a file of contexts that cannot be understood.
    """
    if options.data is not None:
        return LocalContext(LOCAL_NAME, data=options.data)
    if options.connection_string_from is not None:
        return IotHubContext(UNSAVED_HUB, secret_place(options.connection_string_from))
    return load_contexts(contexts_path()).named(options.context)


def adapter_for(options: argparse.Namespace, *, writes: bool) -> RegistryAdapter:
    """The adapter to the registry meant; commands that only read cannot write."""
    context = context_for(options)
    if options.tenant is None:
        options.tenant = context.tenant
    main_file, config_dir = identityd_paths(options)
    read_only = options.read_only or not writes
    adapter = adapter_to(context, Surroundings(main_file, config_dir, read_only))
    adapter.on_notice = say
    adapter.on_health = _say_silence
    return adapter


def _say_silence(health: str) -> None:
    """A read is asked for again and again: nobody should think that the program is stuck."""
    if health == NO_ANSWER:
        say("The registry has not answered so far.")


def need(port: PortT | None, what: str) -> PortT:
    """The port, where the registry has it."""
    if port is None:
        raise UsageFault(f"This registry has no {what}.")
    return port


async def tenant_for(adapter: RegistryAdapter, options: argparse.Namespace) -> str:
    """The tenant named, or the only one there is.

    Raises:
        UsageFault: naming the first few when there are several.
    """
    if options.tenant:
        return str(options.tenant)
    if adapter.sole_tenant:
        return adapter.sole_tenant
    tenants = need(adapter.tenants, "tenants")
    page = await tenants.page(TenantQuery(), PageRequest(limit=5))
    names = [tenant.tenant_id for tenant in page.rows]
    if len(names) == 1:
        return names[0]
    if not names:
        raise UsageFault(
            "The registry has no tenant yet. Make one in the console, or with "
            "idconsole import ... --tenant ID --create-tenant."
        )
    listed = ", ".join(names) + (", …" if page.more else "")
    raise UsageFault(f"Which tenant? Add --tenant ID; there are {listed}.")


async def walk(
    fetch: Callable[[PageRequest], Awaitable[Page[RowT]]], *, limit: int | None
) -> AsyncIterator[tuple[Sequence[RowT], bool]]:
    """Stretches of a list until its end or `limit`; each says whether more stands behind it."""
    start, left = None, limit
    while True:
        size = _PAGE if left is None else min(_PAGE, left)
        page = await fetch(PageRequest(start=start, limit=size))
        yield page.rows, page.more
        if left is not None:
            left -= len(page.rows)
        if not page.more or not page.cursors or left == 0:
            return
        start = page.cursors[-1]
