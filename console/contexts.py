"""Saved connections: `contexts.toml` in the user's configuration folder.

Each fault is told with file and key. A secret never stands in the file: it names the environment
variable, the file, or the entry of the system keyring that holds it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from console.contexts_keys import PLACES, Keys, check_url, only
from console.contexts_models import (
    HUB_API_VERSION,
    LOCAL_NAME,
    Context,
    Contexts,
    HonoContext,
    IdentityContext,
    IotHubContext,
    LocalContext,
    nearest,
)
from registry_backend.domain.errors import Invalid, Unreachable


def contexts_path() -> Path:
    """Where this user's contexts belong on this system."""
    import platformdirs  # noqa: PLC0415 - the command line starts without it

    return platformdirs.user_config_path("idconsole") / "contexts.toml"


def known_ids_path(name: str) -> Path:
    """Where ids seen in a context are kept: state, which may be deleted at any time."""
    import platformdirs  # noqa: PLC0415 - as above

    return platformdirs.user_state_path("idconsole") / "known" / f"{name}.json"


def load_contexts(path: Path) -> Contexts:
    """Read the file; a missing one has no contexts.

    Raises:
        Invalid: naming the file and the key.
        Unreachable: when it cannot be read.
    """
    try:
        members = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Contexts()
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror}.", layer="file") from None
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} is not UTF-8: byte {error.start + 1} cannot be read.") from None
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{path} is not TOML: {error}.") from None
    return parse_contexts(members, str(path))


def parse_contexts(members: Mapping[str, Any], origin: str) -> Contexts:
    """The contexts of a decoded file. Raises Invalid naming `origin` and the key."""
    only(members, ("current", "contexts"), origin, "")
    tables = members.get("contexts", {})
    if not isinstance(tables, dict):
        raise Invalid(f"{origin}: contexts must be tables, such as [contexts.lab].")
    by_name = {name: parse_context(name, table, origin) for name, table in tables.items()}
    current = members.get("current", LOCAL_NAME)
    if not isinstance(current, str) or current not in (*by_name, LOCAL_NAME):
        raise Invalid(
            f"{origin}: current names {current!r}, which is no context here.",
            hint=nearest(str(current), list(by_name)),
        )
    return Contexts(by_name, current)


def parse_context(name: str, table: Any, origin: str) -> Context:
    """One context of a decoded file. Raises Invalid naming `origin` and the key."""
    _check_name(name, origin)
    keys = Keys(name, table, origin)
    if not isinstance(table, dict):
        raise Invalid(f"{keys.at()} must be a table.")
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Invalid(
            f"{keys.at('kind')} must be one of {', '.join(KINDS)}, not {kind!r}.",
            hint=nearest(str(kind), list(KINDS)),
        )
    _refuse_clear_secrets(keys)
    known, read = KINDS[kind]
    only(table, ("kind", *known, "read-only", "production", "color"), origin, keys.where)
    return read(keys)


def _local(keys: Keys) -> Context:
    return LocalContext(
        name=keys.name,
        data=keys.path("data"),
        tenant=keys.text("tenant"),
        read_only=keys.flag("read-only"),
        production=keys.flag("production"),
        color=keys.color(),
    )


def _hono(keys: Keys) -> Context:
    url = keys.needed("url")
    check_url(
        url,
        keys.at("url"),
        example="https://registry.example:28443",
        instead="Use user and password-env, password-file or password-keyring.",
    )
    compat = keys.text("compat")
    if compat not in (None, "1.1", "2.x"):
        raise Invalid(f"{keys.at('compat')} must be 1.1 or 2.x, not {compat!r}.")
    context = HonoContext(
        name=keys.name,
        url=url,
        compat=compat,
        ca_file=keys.path("ca-file"),
        client_cert=keys.path("client-cert"),
        client_key=keys.path("client-key"),
        user=keys.text("user"),
        password=keys.secret("password"),
        token=keys.secret("token"),
        tenant=keys.text("tenant"),
        read_only=keys.flag("read-only"),
        production=keys.flag("production"),
        color=keys.color(),
    )
    _check_together(context, keys.at())
    return context


def _iothub(keys: Keys) -> Context:
    place = keys.secret("connection-string")
    if place is None:
        raise Invalid(
            f"{keys.at()}: one of connection-string-env, -file, -keyring must say where the "
            "connection string is kept."
        )
    api_version = keys.text("api-version") or HUB_API_VERSION
    if not _API_VERSION.fullmatch(api_version):
        raise Invalid(f"{keys.at('api-version')} must be like {HUB_API_VERSION}.")
    proxy = keys.text("proxy")
    if proxy is not None:
        check_url(
            proxy,
            keys.at("proxy"),
            example="http://proxy.example:3128",
            instead="Proxies that ask for a password need a helper on this machine.",
        )
    return IotHubContext(
        name=keys.name,
        connection_string=place,
        api_version=api_version,
        ca_file=keys.path("ca-file"),
        proxy=proxy,
        read_only=keys.flag("read-only"),
        production=keys.flag("production"),
        color=keys.color(),
    )


def _identity(keys: Keys) -> Context:
    keys.needed("socket")
    return IdentityContext(
        name=keys.name,
        socket=keys.path("socket") or Path(),
        main_file=keys.path("config-file"),
        config_dir=keys.path("config-dir"),
        read_only=keys.flag("read-only"),
        production=keys.flag("production"),
        color=keys.color(),
    )


def _kept(*secrets: str) -> tuple[str, ...]:
    return tuple(f"{secret}-{place}" for secret in secrets for place in PLACES)


_API_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
KINDS: Mapping[str, tuple[tuple[str, ...], Callable[[Keys], Context]]] = {
    "local": (("data", "tenant"), _local),
    "hono": (
        (
            *("url", "compat", "ca-file", "client-cert", "client-key", "user", "tenant"),
            *_kept("password", "token"),
        ),
        _hono,
    ),
    "iothub": ((*_kept("connection-string"), "api-version", "ca-file", "proxy"), _iothub),
    "identity": (("socket", "config-file", "config-dir"), _identity),
}
"""The settings of each kind of context besides those of all, and how it is read."""
_CLEAR = frozenset(
    {"password", "token", "secret", "authorization", "key", "passphrase", "connection-string"}
)
_NAMED = ("password", "token", "connection-string")


def _check_together(context: HonoContext, where: str) -> None:
    """Refuse members that contradict one another. Raises Invalid."""
    if context.password and context.token:
        raise Invalid(f"{where} has both a password and a token: leave one out.")
    if (context.user is None) != (context.password is None):
        raise Invalid(f"{where}: user and one of password-env, -file, -keyring go together.")
    if context.client_key and not context.client_cert:
        raise Invalid(f"{where}.client-key needs client-cert.")
    if context.url.startswith("http:") and (context.ca_file or context.client_cert):
        raise Invalid(f"{where}: certificates are for https:// addresses.")


def _refuse_clear_secrets(keys: Keys) -> None:
    for key in keys.table:
        if key.lower() in _CLEAR:
            name = key if key in _NAMED else "password"
            raise Invalid(
                f"{keys.at(key)}: a secret must not stand in this file.",
                hint=f"Use {name}-env, {name}-file or {name}-keyring, and change that secret.",
            )


def _check_name(name: str, origin: str) -> None:
    fits = name and name[0] not in ".-" and all(c.isalnum() or c in "-_." for c in name)
    if not fits or len(name) > 64:
        raise Invalid(f"{origin}: {name!r} cannot name a context; use letters, digits, - _ .")
