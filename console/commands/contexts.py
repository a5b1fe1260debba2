"""`idconsole context`: the saved connections."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from console.commands.boundary import GOOD, UsageFault
from console.commands.output import JsonArray, Table, say, write_json
from console.contexts import (
    Context,
    Contexts,
    HonoContext,
    LocalContext,
    SecretPlace,
    contexts_path,
    load_contexts,
)
from console.contexts_writing import add_context, context_table, remove_context, use_context
from registry_backend.domain.document import JsonObject


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
        for word, given in (("production", context.production), ("read-only", context.read_only))
        if given
    ]
    mark = "*" if context.name == contexts.current else ""
    return mark, context.name, context.kind, context.address, ", ".join(notes)


def _shown(context: Context, contexts: Contexts) -> JsonObject:
    return {
        "name": context.name,
        "current": context.name == contexts.current,
        **context_table(context),
    }


def context_from(options: argparse.Namespace) -> Context:
    """The context that the options of `add` describe. Raises UsageFault."""
    common = {
        "name": options.name,
        "tenant": options.tenant,
        "read_only": options.read_only,
        "production": options.production,
    }
    if (options.url is None) == (options.data is None):
        raise UsageFault("Give --url for a remote Hono, or --data for a registry in a file.")
    if options.data is not None:
        return LocalContext(data=_absolute(options.data), **common)
    return HonoContext(
        url=options.url,
        compat=options.compat,
        ca_file=_absolute(options.ca_file),
        client_cert=_absolute(options.client_cert),
        client_key=_absolute(options.client_key),
        user=options.user,
        password=_absolute_place(_place(options, "password")),
        token=_absolute_place(_place(options, "token")),
        **common,
    )


def _absolute(path: Path | None) -> Path | None:
    """As seen from here: the context may be used from another folder."""
    return None if path is None else path.expanduser().absolute()


def _place(options: argparse.Namespace, name: str) -> SecretPlace | None:
    for place in ("env", "file", "keyring"):
        where = getattr(options, f"{name}_{place}")
        if where is not None:
            return SecretPlace(place, where)
    return None


def _absolute_place(place: SecretPlace | None) -> SecretPlace | None:
    if place is None or place.place != "file":
        return place
    return replace(place, where=str(Path(place.where).expanduser().absolute()))
