"""`idconsole context`: the saved connections."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from console.commands.boundary import GOOD, UsageFault
from console.commands.output import JsonArray, Table, say, write_json
from console.commands.session import secret_place
from console.contexts import contexts_path, load_contexts
from console.contexts_keys import PLACES
from console.contexts_models import (
    HUB_API_VERSION,
    Context,
    Contexts,
    HonoContext,
    IdentityContext,
    IotHubContext,
    LocalContext,
    SecretPlace,
)
from console.contexts_writing import add_context, context_table, remove_context, use_context
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import RegistryError


def run(options: argparse.Namespace) -> int:
    """Do what was asked with the saved connections. Raises RegistryError, UsageFault."""
    path = contexts_path()
    match options.action:
        case "list":
            _list(load_contexts(path), options)
        case "show":
            contexts = load_contexts(path)
            write_json(_shown(contexts.named(options.name), contexts), indent=2)
        case "add":
            context = context_from(options)
            if isinstance(context, IotHubContext):
                _check_hub(context)
            add_context(path, context)
            say(f"Added {context.name}: {context.address}. Open it with --context {context.name}.")
        case "learn":
            from console.commands.learning import run as learn  # noqa: PLC0415 - only here

            return learn(options)
        case "remove":
            remove_context(path, options.name)
            say(f"Removed {options.name}.")
        case _:
            use_context(path, options.name)
            say(f"{options.name} is used from now on where no context is named.")
    return GOOD


def _check_hub(context: IotHubContext) -> None:
    """Look at the connection string, where it is there already. Raises Invalid."""
    from console.contexts_secrets import connection_string_of  # noqa: PLC0415 - as above
    from registry_backend.wire.connection_strings import (  # noqa: PLC0415 - only here
        parse_hub,
    )

    try:
        text = connection_string_of(context, os.environ)
    except RegistryError as error:
        say(f"Not checked yet: {error}")
        return
    parse_hub(text)


def _list(contexts: Contexts, options: argparse.Namespace) -> None:
    every = [contexts.named(name) for name in contexts.names]
    sink = JsonArray() if options.json else Table("", "CONTEXT", "KIND", "ADDRESS", "NOTES")
    rows: list[object] = [
        _shown(each, contexts) if options.json else _cells(each, contexts) for each in every
    ]
    sink.write(rows)  # type: ignore[arg-type]
    sink.end()


def _cells(context: Context, contexts: Contexts) -> tuple[str, ...]:
    notes = [
        word
        for word, given in (
            ("production", context.production),
            ("read-only", context.read_only),
            (context.color, context.color is not None),
        )
        if given and word
    ]
    mark = "*" if context.name == contexts.current else ""
    return mark, context.name, context.kind, context.address, ", ".join(notes)


def _shown(context: Context, contexts: Contexts) -> JsonObject:
    return {
        "name": context.name,
        "current": context.name == contexts.current,
        **context_table(context),
    }


_TOLD_BY = {
    "local": "data",
    "hono": "url",
    "iothub": "connection_string_from",
    "identity": "socket",
}
"""Kinds, and the option that says where such a registry is."""
_ONLY_OF = {
    "hono": (
        *("compat", "client_cert", "client_key", "user"),
        *(f"{secret}_{place}" for secret in ("password", "token") for place in PLACES),
    ),
    "iothub": ("api_version", "proxy"),
}
"""Options that mean something to one kind only."""


def context_from(options: argparse.Namespace) -> Context:
    """The context that the options of `add` describe. Raises UsageFault, Invalid."""
    kind = _kind(options)
    _check_options(options, kind)
    match kind:
        case "local":
            data, tenant = _absolute(options.data), options.tenant
            return LocalContext(data=data, tenant=tenant, **_common(options))
        case "hono":
            return HonoContext(
                url=options.url,
                compat=options.compat,
                ca_file=_absolute(options.ca_file),
                client_cert=_absolute(options.client_cert),
                client_key=_absolute(options.client_key),
                user=options.user,
                password=_absolute_place(_place(options, "password")),
                token=_absolute_place(_place(options, "token")),
                tenant=options.tenant,
                **_common(options),
            )
        case "iothub":
            place = secret_place(options.connection_string_from)
            return IotHubContext(
                connection_string=_absolute_place(place) or place,
                api_version=options.api_version or HUB_API_VERSION,
                ca_file=_absolute(options.ca_file),
                proxy=options.proxy,
                **_common(options),
            )
    return IdentityContext(
        socket=options.socket.expanduser().absolute(),
        main_file=_absolute(options.identityd_config),
        config_dir=_absolute(options.identityd_config_dir),
        **_common(options),
    )


def _common(options: argparse.Namespace) -> dict[str, Any]:
    names = ("name", "read_only", "production", "color")
    return {name: getattr(options, name) for name in names}


def _kind(options: argparse.Namespace) -> str:
    given = [kind for kind, option in _TOLD_BY.items() if getattr(options, option) is not None]
    if len(given) != 1 or options.kind not in (None, *given):
        raise UsageFault(
            "Give --url for a remote Hono, --connection-string-from for an IoT Hub, --socket for "
            "an Identity Service, or --data for a registry in a file."
        )
    return given[0]


def _check_options(options: argparse.Namespace, kind: str) -> None:
    """Refuse what would be passed over in silence. Raises UsageFault."""
    strange = [name for other, names in _ONLY_OF.items() if other != kind for name in names]
    if kind not in ("hono", "iothub"):
        strange.append("ca_file")
    if kind not in ("hono", "local"):
        strange.append("tenant")
    for name in strange:
        if getattr(options, name) is not None:
            raise UsageFault(f"--{name.replace('_', '-')} means nothing to a context of {kind}.")


def _absolute(path: Path | None) -> Path | None:
    """As seen from here: the context may be used from another folder."""
    return None if path is None else path.expanduser().absolute()


def _place(options: argparse.Namespace, name: str) -> SecretPlace | None:
    for place in PLACES:
        where = getattr(options, f"{name}_{place}")
        if where is not None:
            return SecretPlace(place, where)
    return None


def _absolute_place(place: SecretPlace | None) -> SecretPlace | None:
    if place is None or place.place != "file":
        return place
    return replace(place, where=str(Path(place.where).expanduser().absolute()))
