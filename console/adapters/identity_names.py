"""Names that would stop a real daemon, so that they are never sent (identityd 2)."""

from __future__ import annotations

import tomllib

from console.adapters.ports.principals import PrincipalsPort
from registry_backend.domain.errors import Invalid, RegistryError

MAX_COMMON_NAME = 64
"""Bytes of a certificate's name; the daemon cuts there, and ends where that splits a character."""
_PARTS = ("hostname", "localid.domain")


async def refuse_dangerous(module_id: str, principals: PrincipalsPort) -> None:
    """Refuse a name whose certificate's name would be cut within a character.

    The rest of that name is read from the configuration, as far as it can be.

    Raises:
        Invalid: naming the field `module_id`.
    """
    if module_id.isascii() and len(module_id) >= MAX_COMMON_NAME:
        return
    if cut_within_character(".".join((module_id, *await _behind(principals)))):
        raise Invalid.told(
            "module_id",
            f"Nothing was sent: the certificate's name would be cut at byte {MAX_COMMON_NAME}, "
            "within a character, and that stops the daemon for everybody.",
            hint="Take a shorter name, or one of plain ASCII.",
        )


def cut_within_character(name: str) -> bool:
    """Whether the 64th byte of a name in UTF-8 lies within a character.

    >>> cut_within_character("x" * 63 + "é"), cut_within_character("x" * 62 + "é")
    (True, False)
    """
    encoded = name.encode("utf-8", "replace")
    return len(encoded) > MAX_COMMON_NAME and encoded[MAX_COMMON_NAME] & 0xC0 == 0x80


async def _behind(principals: PrincipalsPort) -> tuple[str, ...]:
    """What follows the module's id in the certificate's name; as much as can be read here."""
    try:
        view = await principals.view()
    except RegistryError:
        return ()
    values = {setting.key: setting.value for setting in view.settings}
    found: list[str] = []
    for part in _PARTS:
        text = _string(values.get(part, "0"))
        if text is None:
            break
        found.append(text)
    return tuple(found)


def _string(written: str) -> str | None:
    """A value written in TOML, where it is a string."""
    try:
        value = tomllib.loads(f"value = {written}")["value"]
    except tomllib.TOMLDecodeError:
        return None
    return value if isinstance(value, str) else None
