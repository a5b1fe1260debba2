"""Changing `contexts.toml` in place: comments and the other contexts stay as they are."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from console.contexts import (
    LOCAL_NAME,
    Context,
    LocalContext,
    load_contexts,
    parse_context,
    parse_contexts,
)
from console.settings import replace_file
from registry_backend.domain.errors import AlreadyExists, Invalid, Unreachable

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def context_table(context: Context) -> dict[str, str | bool]:
    """A context as its table in the file."""
    table: dict[str, str | bool] = {"kind": context.kind}
    if isinstance(context, LocalContext):
        if context.data is not None:
            table["data"] = str(context.data)
    else:
        texts = {"url": context.url, "compat": context.compat, "ca-file": context.ca_file,
                 "client-cert": context.client_cert, "client-key": context.client_key,
                 "user": context.user}  # fmt: skip
        table |= {key: str(value) for key, value in texts.items() if value is not None}
        for name, place in (("password", context.password), ("token", context.token)):
            if place is not None:
                table[f"{name}-{place.place}"] = place.where
    if context.tenant is not None:
        table["tenant"] = context.tenant
    flags = {"read-only": context.read_only, "production": context.production}
    return table | {key: True for key, given in flags.items() if given}


def add_context(path: Path, context: Context) -> None:
    """Write a new context at the end of the file; the rest stays as it is.

    Raises:
        AlreadyExists: when the name is taken.
        Invalid: when the file or the context breaks a rule.
        Unreachable: when the file cannot be written.
    """
    if context.name in load_contexts(path).by_name:
        raise AlreadyExists(
            f"There is a context named {context.name!r} already.", hint="Remove it first."
        )
    parse_context(context.name, context_table(context), str(path))

    def change(document: TOMLDocument) -> None:
        import tomlkit  # noqa: PLC0415 - only a change pays for loading it

        if "contexts" not in document:
            document["contexts"] = tomlkit.table(is_super_table=True)
        table = tomlkit.table()
        table.update(context_table(context))
        document["contexts"].append(context.name, table)

    _change(path, change)


def remove_context(path: Path, name: str) -> None:
    """Take a context out of the file. Raises NotFound, Invalid, Unreachable."""
    contexts = load_contexts(path)
    if name not in contexts.by_name:
        contexts.named(name)  # says that it is not there, unless it always is
        raise Invalid(f"The context {LOCAL_NAME!r} is always there.")

    def change(document: TOMLDocument) -> None:
        document["contexts"].remove(name)
        if contexts.current == name:
            document.pop("current", None)

    _change(path, change)


def use_context(path: Path, name: str) -> None:
    """Make a context the one that is used when none is named. Raises NotFound and as above."""
    load_contexts(path).named(name)

    def change(document: TOMLDocument) -> None:
        if name == LOCAL_NAME:
            document.pop("current", None)
        else:
            document["current"] = name

    _change(path, change)


def _change(path: Path, change: Callable[[TOMLDocument], None]) -> None:
    import tomlkit  # noqa: PLC0415 - as above

    text = path.read_text("utf-8") if path.exists() else ""
    document = tomlkit.parse(text)
    change(document)
    changed = tomlkit.dumps(document)
    parse_contexts(tomllib.loads(changed), str(path))
    try:
        replace_file(path, changed)
    except OSError as error:
        message = f"The contexts were not saved: {path}: {error.strerror}."
        raise Unreachable(message, layer="permission") from None
