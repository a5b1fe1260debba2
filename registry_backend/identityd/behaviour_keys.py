"""Keys of modules, derived from one master key, and handles that stand for them (identityd 5)."""

from __future__ import annotations

import base64
import hmac
import secrets
from pathlib import Path
from urllib.parse import quote

from registry_backend.domain.errors import Fault, NotFound
from registry_backend.identityd.atomic import change_file
from registry_backend.identityd.files import read_file, shown

MASTER_KEY_FILE = "master_key"
_MASTER_BYTES = 32
_DERIVED_FROM = "aziot_identityd_master_id"
"""The name that the daemon's key service knows the master key by."""


class ServiceKeys:
    """Everything derived from a master key.

    Args:
        master: 32 random bytes, never shown.
    """

    def __init__(self, master: bytes) -> None:
        self._master = master

    def of_module(self, module_id: str, generation_id: str) -> tuple[str, str]:
        """The primary and secondary key of one generation of a module, in standard base64."""
        primary, secondary = (
            self._digest(f"{module_id}:{generation_id}:{which}") for which in _WHICH
        )
        return primary, secondary

    def module_handle(self, module_id: str, generation_id: str) -> str:
        """What a caller names a module's primary key by; tells nothing of the key itself."""
        return self._handle(f"{_DERIVED_FROM}/{module_id}:{generation_id}:{_WHICH[0]}")

    def handle(self, key_id: str) -> str:
        """What a caller names a key by that an operator put into the key service."""
        return self._handle(key_id)

    def _handle(self, name: str) -> str:
        signature = quote(self._digest(f"handle\n{name}"), safe="")
        return f"sr={quote(name, safe='')}&sig={signature}"

    def _digest(self, text: str) -> str:
        return base64.b64encode(hmac.digest(self._master, text.encode(), "sha256")).decode("ascii")


_WHICH = ("primary", "secondary")


def open_keys(homedir: Path) -> ServiceKeys:
    """The keys under a home folder; its master key is made when there is none yet.

    Raises:
        Denied, Fault: when it cannot be read or written, or is damaged.
    """
    path = homedir / MASTER_KEY_FILE
    try:
        master = read_file(path, follow_links=False)
    except NotFound:
        master = secrets.token_bytes(_MASTER_BYTES)
        change_file(path, before=None, after=master)
    if len(master) != _MASTER_BYTES:
        raise Fault(
            f"{shown(path)} is damaged: it holds {len(master)} bytes instead of {_MASTER_BYTES}.",
            hint="Put the right file back; without it every module gets other keys.",
        )
    return ServiceKeys(master)
