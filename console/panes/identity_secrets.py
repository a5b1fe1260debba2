"""Private keys and key handles of an Identity Service: seen, copied and saved on demand only."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.show import ShowScreen
from console.forms.fields import Values
from console.forms.identities import file_fields, read_files
from console.panes.asking import AskingPane
from console.panes.secrets import CLEAR_SECONDS, SHOW_SECONDS, SecretClipboard
from console.render.identities import IdentityRow
from registry_backend.domain.errors import Invalid

_NO_KEY = "The service gave no key with this row. Press enter to fetch it, or i to issue one."
_MODE = 0o600


class IdentitySecrets:
    """What may be done with the secrets of a row.

    Args:
        pane: Shows the dialogs.
        clipboard: Takes secrets for a while.
    """

    def __init__(self, pane: AskingPane, clipboard: SecretClipboard) -> None:
        self._pane, self._clipboard = pane, clipboard

    def peek(self, row: IdentityRow) -> None:
        """Show the key or the handle for a while."""
        secret = row.private_key or row.key_handle
        if not secret:
            self._pane.warn(_NO_KEY)
            return
        what = "Private key" if row.private_key else "Key handle"
        self._pane.show_window(
            ShowScreen(f"{what} of {row.name}", secret.strip(), seconds=SHOW_SECONDS)
        )

    async def copy(self, row: IdentityRow) -> None:
        """Copy the key or the handle, or the certificate that belongs to it."""
        choices = _choices(row)
        if not choices:
            self._pane.warn(_NO_KEY)
            return
        chosen = await self._pane.ask(ChooseScreen(f"Copy of {row.name}", choices))
        if chosen == "certificate" and row.identity is not None:
            self._pane.app.copy_to_clipboard(row.identity.certificate or "")
            self._pane.tell("Copied the certificate.")
        elif chosen is not None:
            self._clipboard.copy(row.private_key if chosen == "key" else row.key_handle)
            self._pane.tell(f"Copied; the clipboard is cleared in {CLEAR_SECONDS} s.")

    async def save(self, row: IdentityRow) -> bool:
        """Write certificate and private key into new files; whether the person did."""
        identity = row.identity
        if identity is None or not identity.certificate or not row.private_key:
            self._pane.warn("Only a local identity that was issued can be saved. i issues one.")
            return False
        certificate, private_key = identity.certificate, row.private_key

        async def save(values: Values) -> tuple[Path, Path]:
            paths = read_files(values)
            await asyncio.to_thread(_write_both, paths, (certificate, private_key))
            return paths

        fields = file_fields(_stem(row.module_id))
        saved = await self._pane.fill_form(f"Save {row.name}", fields, save)
        if saved is None:
            return False
        self._pane.tell(f"Saved {_listed(saved)}.")
        return True


def _choices(row: IdentityRow) -> tuple[Choice, ...]:
    found = []
    if row.private_key:
        found.append(Choice("key", "Private key", f"cleared after {CLEAR_SECONDS} s", "k"))
    if row.key_handle:
        found.append(Choice("handle", "Key handle", f"cleared after {CLEAR_SECONDS} s", "h"))
    if row.identity is not None and row.identity.certificate:
        found.append(Choice("certificate", "Certificate", "PEM", "c"))
    return tuple(found)


def _listed(paths: tuple[Path, Path]) -> str:
    """Both names and where they are; a relative path says little to whoever looks for it."""
    certificate, private_key = (path.absolute() for path in paths)
    if certificate.parent == private_key.parent:
        return f"{certificate.name} and {private_key.name} in {certificate.parent}"
    return f"{certificate} and {private_key}"


def _stem(module_id: str) -> str:
    """A name for files that no name can lead out of the folder with."""
    plain = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in module_id)
    return plain.strip("-")[:64] or "identity"


def _write_both(paths: tuple[Path, Path], texts: tuple[str, str]) -> None:
    """Both files or none. Raises Invalid naming the field of the one that cannot be written."""
    made: list[Path] = []
    for field, path, text in zip(("certificate", "private_key"), paths, texts, strict=True):
        try:
            _write_new(path, text, made)
        except (OSError, ValueError) as error:
            _remove(made)
            why = getattr(error, "strerror", None) or "is no path of a file"
            raise Invalid.at(field, f"cannot be written: {why}") from None


def _write_new(path: Path, text: str, made: list[Path]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    made.append(path)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _remove(made: Sequence[Path]) -> None:
    for path in made:
        path.unlink(missing_ok=True)
