"""Changing `contexts.toml` in place: comments and the other contexts stay as they are."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from console.contexts import load_contexts, parse_context, parse_contexts
from console.contexts_models import (
    LOCAL_NAME,
    Context,
    Contexts,
    HonoContext,
    IdentityContext,
    IotHubContext,
    LocalContext,
    SecretPlace,
)
from console.locks import locked
from console.settings import replace_file
from registry_backend.domain.errors import AlreadyExists, Invalid, Unreachable

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def context_table(context: Context) -> dict[str, str | bool]:
    """A context as its table in the file."""
    texts = {**_own(context), "tenant": context.tenant, "color": context.color}
    table: dict[str, str | bool] = {"kind": context.kind}
    table |= {key: str(value) for key, value in texts.items() if value is not None}
    flags = {"read-only": context.read_only, "production": context.production}
    return table | {key: True for key, given in flags.items() if given}


def _own(context: Context) -> dict[str, str | Path | None]:
    """What only contexts of its kind have."""
    match context:
        case LocalContext():
            return {"data": context.data}
        case HonoContext():
            return {
                "url": context.url,
                "compat": context.compat,
                "ca-file": context.ca_file,
                "client-cert": context.client_cert,
                "client-key": context.client_key,
                "user": context.user,
                **_kept("password", context.password),
                **_kept("token", context.token),
            }
        case IotHubContext():
            return {
                **_kept("connection-string", context.connection_string),
                "api-version": context.api_version,
                "ca-file": context.ca_file,
                "proxy": context.proxy,
            }
        case IdentityContext():
            return {
                "socket": context.socket,
                "config-file": context.main_file,
                "config-dir": context.config_dir,
            }


def _kept(name: str, place: SecretPlace | None) -> dict[str, str]:
    return {} if place is None else {f"{name}-{place.place}": place.where}


def add_context(path: Path, context: Context) -> None:
    """Write a new context at the end of the file; the rest stays as it is.

    Raises:
        AlreadyExists: when the name is taken.
        Invalid: when the file or the context breaks a rule.
        Unreachable: when the file cannot be written.
    """
    parse_context(context.name, context_table(context), str(path))

    def change(contexts: Contexts, document: TOMLDocument) -> None:
        import tomlkit  # noqa: PLC0415 - only a change pays for loading it

        if context.name in contexts.by_name:
            raise AlreadyExists(
                f"There is a context named {context.name!r} already.", hint="Remove it first."
            )
        if "contexts" not in document:
            document["contexts"] = tomlkit.table(is_super_table=True)
        table = tomlkit.table()
        table.update(context_table(context))
        document["contexts"].append(context.name, table)

    _change(path, change)


def remove_context(path: Path, name: str) -> None:
    """Take a context out of the file. Raises NotFound, Invalid, Unreachable."""

    def change(contexts: Contexts, document: TOMLDocument) -> None:
        if name not in contexts.by_name:
            contexts.named(name)  # says that it is not there, unless it always is
            raise Invalid(f"The context {LOCAL_NAME!r} is always there.")
        document["contexts"].remove(name)
        if contexts.current == name:
            document.pop("current", None)

    _change(path, change)


def use_context(path: Path, name: str) -> None:
    """Make a context the one that is used when none is named. Raises NotFound and as above."""

    def change(contexts: Contexts, document: TOMLDocument) -> None:
        contexts.named(name)
        if name == LOCAL_NAME:
            document.pop("current", None)
        else:
            document["current"] = name

    _change(path, change)


def _change(path: Path, change: Callable[[Contexts, TOMLDocument], None]) -> None:
    import tomlkit  # noqa: PLC0415 - as above

    try:
        with locked(path):
            contexts = load_contexts(path)
            document = tomlkit.parse(_text_of(path))
            change(contexts, document)
            changed = tomlkit.dumps(document)
            parse_contexts(tomllib.loads(changed), str(path))
            replace_file(path, changed)
    except OSError as error:
        message = f"The contexts were not saved: {path}: {error.strerror}."
        raise Unreachable(message, layer="permission") from None


def _text_of(path: Path) -> str:
    """With its line ends as they are."""
    return path.read_bytes().decode("utf-8") if path.exists() else ""
