"""Saved connections as values: one class for each kind of registry, and what all have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from registry_backend.domain.errors import NotFound

Place = Literal["env", "file", "keyring"]
"""Where a secret may be kept."""
LOCAL_NAME = "local"
"""The context that is always there: the bundled registry in the user's data folder."""
UNSAVED_HUB = "iot-hub"
"""The context of a connection string that is used without being saved."""
HUB_API_VERSION = "2021-04-12"
"""What hubs of today take (iothub 2.2)."""
COLORS: Mapping[str, str] = MappingProxyType(
    {
        "red": "#b5484f",
        "orange": "#b36a2a",
        "yellow": "#c7a32f",
        "green": "#4d8a4f",
        "teal": "#2f8f8b",
        "blue": "#3d6fb0",
        "purple": "#7d5bb0",
        "pink": "#b5568f",
        "grey": "#6f7a85",
    }
)
"""Colours of a context's name in the header, readable in every theme."""


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
    color: str | None = None
    """One of `COLORS`, to tell it from others in the header."""

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
    color: str | None = None

    kind = "hono"

    @property
    def address(self) -> str:
        """Where it is."""
        return self.url


@dataclass(frozen=True, slots=True)
class IotHubContext:
    """A remote IoT Hub, reached by the connection string of one of its policies."""

    name: str
    connection_string: SecretPlace
    """A secret as a whole: it holds the policy's key (iothub 7.3)."""
    api_version: str = HUB_API_VERSION
    ca_file: Path | None = None
    proxy: str | None = None
    """Such as `http://proxy.example:3128`; without user information."""
    read_only: bool = False
    production: bool = False
    color: str | None = None

    kind = "iothub"

    @property
    def tenant(self) -> None:
        """A hub is one tenant, which its connection string names."""

    @property
    def address(self) -> str:
        """Where to learn it: the host stands in the secret."""
        return f"as {self.connection_string} says"


@dataclass(frozen=True, slots=True)
class IdentityContext:
    """An Identity Service of this machine, and the configuration it reads."""

    name: str
    socket: Path
    main_file: Path | None = None
    """Its `config.toml`; None: as in the settings."""
    config_dir: Path | None = None
    """The folder of files that override it; None: as in the settings."""
    read_only: bool = False
    production: bool = False
    color: str | None = None

    kind = "identity"

    @property
    def tenant(self) -> None:
        """It has none."""

    @property
    def address(self) -> str:
        """Where it is."""
        return str(self.socket)


Context = LocalContext | HonoContext | IotHubContext | IdentityContext


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
            hint=nearest(wanted, self.names) or "See `idconsole context list`.",
        )

    @property
    def names(self) -> list[str]:
        """All names, the one that is always there first."""
        return [LOCAL_NAME, *(name for name in self.by_name if name != LOCAL_NAME)]


def nearest(word: str, known: list[str]) -> str:
    """A question for the word that was meant; empty when none is near."""
    close = get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Do you mean {close[0]}?" if close else ""
