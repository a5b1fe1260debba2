"""The keys of one context's table, read strictly: each fault names file and key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from console.contexts_models import COLORS, Place, SecretPlace, nearest
from registry_backend.domain.errors import Invalid

PLACES: tuple[Place, ...] = ("env", "file", "keyring")


@dataclass(frozen=True, slots=True)
class Keys:
    """The table of one context.

    Args:
        name: The context's.
        table: As decoded.
        origin: The file, for messages.
    """

    name: str
    table: Mapping[str, Any]
    origin: str

    @property
    def where(self) -> str:
        """The table's place in the file."""
        return f"contexts.{self.name}"

    def at(self, key: str = "") -> str:
        """File and key, to begin a message with."""
        return f"{self.origin}: {self.where}.{key}" if key else f"{self.origin}: {self.where}"

    def text(self, key: str) -> str | None:
        """A text that is not empty; None when it is not given."""
        value = self.table.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise Invalid(f"{self.at(key)} must be a text that is not empty.")
        return value

    def needed(self, key: str) -> str:
        """A text that must be given."""
        value = self.text(key)
        if value is None:
            raise Invalid(f"{self.at(key)} is missing.")
        return value

    def path(self, key: str) -> Path | None:
        """A path, `~` expanded."""
        text = self.text(key)
        return None if text is None else Path(text).expanduser()

    def flag(self, key: str) -> bool:
        """Whether it is given as true."""
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            raise Invalid(f"{self.at(key)} must be true or false.")
        return value

    def color(self) -> str | None:
        """One of the colours of the header."""
        value = self.text("color")
        if value is not None and value not in COLORS:
            hint = nearest(value, list(COLORS))
            raise Invalid(
                f"{self.at('color')} must be one of {', '.join(COLORS)}, not {value!r}.", hint=hint
            )
        return value

    def secret(self, name: str) -> SecretPlace | None:
        """Where a secret is kept."""
        given = [place for place in PLACES if f"{name}-{place}" in self.table]
        if len(given) > 1:
            raise Invalid(f"{self.at()} says more than once where the {name} is kept.")
        for place in given:
            text = self.text(f"{name}-{place}")
            if text is not None:
                return SecretPlace(place, text)
        return None


def only(table: Mapping[str, Any], known: tuple[str, ...], origin: str, where: str) -> None:
    """Refuse keys that are no settings. Raises Invalid, suggesting the nearest."""
    for key in table:
        if key not in known:
            at = f"{where}.{key}" if where else key
            hint = nearest(key, list(known)) or f"Known are {', '.join(known)}."
            raise Invalid(f"{origin}: {at} is not a setting.", hint=hint)


def check_url(url: str, where: str, *, example: str, instead: str) -> None:
    """Refuse what is no base address, or holds a secret. Raises Invalid."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise Invalid(f"{where} is not an address.") from None
    if parts.username or parts.password:
        raise Invalid(
            f"{where} holds a user or password; a secret must not stand in this file.",
            hint=instead,
        )
    if not usable or parts.query or parts.fragment:
        raise Invalid(f"{where} must be like {example}, not {url!r}.")
