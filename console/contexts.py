"""Saved connections: `contexts.toml` in the user's configuration folder.

Each fault is told with file and key. A secret never stands in the file: it names the environment
variable, the file, or the entry of the system keyring that holds it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from registry_backend.domain.errors import Invalid, NotFound, Unreachable

Place = Literal["env", "file", "keyring"]
"""Where a secret may be kept."""
LOCAL_NAME = "local"
"""The context that is always there: the bundled registry in the user's data folder."""


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """Where a secret is kept: a variable's name, a path, or a service of the keyring."""

    place: Place
    where: str

    def __str__(self) -> str:
        return f"{self.place} {self.where}"


@dataclass(frozen=True, slots=True)
class LocalContext:
    """A bundled registry in a file."""

    name: str
    data: Path | None = None
    """None: the file in the user's data folder."""
    tenant: str | None = None
    """The tenant to begin with."""
    read_only: bool = False
    production: bool = False
    """Whether the header warns that real devices hang on it."""

    kind = "local"

    @property
    def address(self) -> str:
        """Where it is."""
        return "the user's own data file" if self.data is None else str(self.data)


@dataclass(frozen=True, slots=True)
class HonoContext:
    """A remote Eclipse Hono device registry."""

    name: str
    url: str
    compat: str | None = None
    """`1.1` or `2.x`, where asking the registry leaves it open."""
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    user: str | None = None
    password: SecretPlace | None = None
    """For HTTP Basic, with `user`."""
    token: SecretPlace | None = None
    """For HTTP Bearer."""
    tenant: str | None = None
    read_only: bool = False
    production: bool = False

    kind = "hono"

    @property
    def address(self) -> str:
        """Where it is."""
        return self.url


Context = LocalContext | HonoContext


@dataclass(frozen=True, slots=True)
class Contexts:
    """The saved contexts by name, and which of them is used when none is named."""

    by_name: Mapping[str, Context] = field(default_factory=dict)
    current: str = LOCAL_NAME

    def named(self, name: str | None) -> Context:
        """The context of that name, or the current one. Raises NotFound, suggesting the nearest."""
        wanted = name or self.current
        if wanted in self.by_name:
            return self.by_name[wanted]
        if wanted == LOCAL_NAME:
            return LocalContext(LOCAL_NAME)
        raise NotFound(
            f"There is no context named {wanted!r}.",
            hint=_nearest(wanted, self.names) or "See `idconsole context list`.",
        )

    @property
    def names(self) -> list[str]:
        """All names, the one that is always there first."""
        return [LOCAL_NAME, *(name for name in self.by_name if name != LOCAL_NAME)]


def contexts_path() -> Path:
    """Where this user's contexts belong on this system."""
    import platformdirs  # noqa: PLC0415 - the command line starts without it

    return platformdirs.user_config_path("idconsole") / "contexts.toml"


def known_ids_path(name: str) -> Path:
    """Where ids seen in a context are kept: state, which may be deleted at any time."""
    import platformdirs  # noqa: PLC0415 - as above

    return platformdirs.user_state_path("idconsole") / "known" / f"{name}.json"


# reading


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
    _only(members, ("current", "contexts"), origin, "")
    tables = members.get("contexts", {})
    if not isinstance(tables, dict):
        raise Invalid(f"{origin}: contexts must be tables, such as [contexts.lab].")
    by_name = {name: parse_context(name, table, origin) for name, table in tables.items()}
    current = members.get("current", LOCAL_NAME)
    if not isinstance(current, str) or current not in (*by_name, LOCAL_NAME):
        raise Invalid(
            f"{origin}: current names {current!r}, which is no context here.",
            hint=_nearest(str(current), list(by_name)),
        )
    return Contexts(by_name, current)


def parse_context(name: str, table: Any, origin: str) -> Context:
    """One context of a decoded file. Raises Invalid naming `origin` and the key."""
    where = f"contexts.{name}"
    _check_name(name, origin)
    if not isinstance(table, dict):
        raise Invalid(f"{origin}: {where} must be a table.")
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise Invalid(
            f"{origin}: {where}.kind must be one of {', '.join(KINDS)}, not {kind!r}.",
            hint=_nearest(str(kind), list(KINDS)),
        )
    _refuse_clear_secrets(table, origin, where)
    return KINDS[kind](name, table, origin, where)


def _local(name: str, table: Mapping[str, Any], origin: str, where: str) -> Context:
    _only(table, ("kind", "data", *_SHARED), origin, where)
    return LocalContext(
        name=name,
        data=_path(table, "data", origin, where),
        tenant=_text(table, "tenant", origin, where),
        read_only=_flag(table, "read-only", origin, where),
        production=_flag(table, "production", origin, where),
    )


def _hono(name: str, table: Mapping[str, Any], origin: str, where: str) -> Context:
    keys = ("kind", "url", "compat", "ca-file", "client-cert", "client-key", "user")
    _only(table, (*keys, *_SECRET_KEYS, *_SHARED), origin, where)
    url = _text(table, "url", origin, where)
    if url is None:
        raise Invalid(f"{origin}: {where}.url is missing.")
    check_url(url, f"{origin}: {where}.url")
    compat = _text(table, "compat", origin, where)
    if compat not in (None, "1.1", "2.x"):
        raise Invalid(f"{origin}: {where}.compat must be 1.1 or 2.x, not {compat!r}.")
    context = HonoContext(
        name=name,
        url=url,
        compat=compat,
        ca_file=_path(table, "ca-file", origin, where),
        client_cert=_path(table, "client-cert", origin, where),
        client_key=_path(table, "client-key", origin, where),
        user=_text(table, "user", origin, where),
        password=_secret(table, "password", origin, where),
        token=_secret(table, "token", origin, where),
        tenant=_text(table, "tenant", origin, where),
        read_only=_flag(table, "read-only", origin, where),
        production=_flag(table, "production", origin, where),
    )
    check_together(context, f"{origin}: {where}")
    return context


KINDS: Mapping[str, Callable[[str, Mapping[str, Any], str, str], Context]] = {
    "local": _local,
    "hono": _hono,
}
"""How each kind of context is read."""
_SHARED = ("tenant", "read-only", "production")
_SECRET_KEYS = tuple(
    f"{secret}-{place}" for secret in ("password", "token") for place in ("env", "file", "keyring")
)
_CLEAR = frozenset({"password", "token", "secret", "authorization", "key", "passphrase"})


def check_url(url: str, where: str) -> None:
    """Refuse what is no base address of a registry. Raises Invalid."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise Invalid(f"{where} is not an address.") from None
    if parts.username or parts.password:
        raise Invalid(
            f"{where} holds a user or password; a secret must not stand in this file.",
            hint="Use user and password-env, password-file or password-keyring.",
        )
    if not usable or parts.query or parts.fragment:
        raise Invalid(f"{where} must be like https://registry.example:28443, not {url!r}.")


def check_together(context: HonoContext, where: str) -> None:
    """Refuse members that contradict one another. Raises Invalid."""
    if context.password and context.token:
        raise Invalid(f"{where} has both a password and a token: leave one out.")
    if (context.user is None) != (context.password is None):
        raise Invalid(f"{where}: user and one of password-env, -file, -keyring go together.")
    if context.client_key and not context.client_cert:
        raise Invalid(f"{where}.client-key needs client-cert.")
    if context.url.startswith("http:") and (context.ca_file or context.client_cert):
        raise Invalid(f"{where}: certificates are for https:// addresses.")


def _refuse_clear_secrets(table: Mapping[str, Any], origin: str, where: str) -> None:
    for key in table:
        if key.lower() in _CLEAR:
            name = key if key in ("password", "token") else "password"
            raise Invalid(
                f"{origin}: {where}.{key}: a secret must not stand in this file.",
                hint=f"Use {name}-env, {name}-file or {name}-keyring, and change that secret.",
            )


def _check_name(name: str, origin: str) -> None:
    fits = name and name[0] not in ".-" and all(c.isalnum() or c in "-_." for c in name)
    if not fits or len(name) > 64:
        raise Invalid(f"{origin}: {name!r} cannot name a context; use letters, digits, - _ .")


def _only(table: Mapping[str, Any], known: tuple[str, ...], origin: str, where: str) -> None:
    for key in table:
        if key not in known:
            at = f"{where}.{key}" if where else key
            hint = _nearest(key, list(known)) or f"Known are {', '.join(known)}."
            raise Invalid(f"{origin}: {at} is not a setting.", hint=hint)


def _nearest(word: str, known: list[str]) -> str:
    close = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Do you mean {close[0]}?" if close else ""


def _text(table: Mapping[str, Any], key: str, origin: str, where: str) -> str | None:
    value = table.get(key)
    if value is not None and (not isinstance(value, str) or not value):
        raise Invalid(f"{origin}: {where}.{key} must be a text that is not empty.")
    return value


def _path(table: Mapping[str, Any], key: str, origin: str, where: str) -> Path | None:
    text = _text(table, key, origin, where)
    return None if text is None else Path(text).expanduser()


def _flag(table: Mapping[str, Any], key: str, origin: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise Invalid(f"{origin}: {where}.{key} must be true or false.")
    return value


def _secret(table: Mapping[str, Any], name: str, origin: str, where: str) -> SecretPlace | None:
    places: tuple[Place, ...] = ("env", "file", "keyring")
    given = [place for place in places if f"{name}-{place}" in table]
    if len(given) > 1:
        raise Invalid(f"{origin}: {where} says more than once where the {name} is kept.")
    for place in given:
        text = _text(table, f"{name}-{place}", origin, where)
        if text is not None:
            return SecretPlace(place, text)
    return None
