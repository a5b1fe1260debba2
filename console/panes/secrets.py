"""Secrets on the clipboard, for as short a time as serves."""

from __future__ import annotations

from textual.timer import Timer
from textual.widget import Widget

from registry_backend.domain.secrets import fingerprint

CLEAR_SECONDS = 30
"""How long a copied secret stays on the clipboard."""
SHOW_SECONDS = 10
"""How long a revealed secret stays on the screen."""
NOTHING = " "
"""What takes a secret's place: some terminals ignore an empty text and keep the secret."""


class SecretClipboard:
    """Copies a secret and takes it off the clipboard again, unless something else is there.

    Keeps a fingerprint only, never the secret.
    """

    def __init__(self, owner: Widget) -> None:
        self._owner = owner
        self._fingerprint = ""
        self._timer: Timer | None = None

    def copy(self, secret: str) -> None:
        """Put the secret on the clipboard and start the clock."""
        self._owner.app.copy_to_clipboard(secret)
        self._fingerprint = fingerprint(secret)
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._owner.set_timer(CLEAR_SECONDS, self.clear)

    def clear(self) -> None:
        """Take the secret away if it is still there; also called when the program ends."""
        app = self._owner.app
        if self._fingerprint and fingerprint(app.clipboard) == self._fingerprint:
            app.copy_to_clipboard(NOTHING)
        self._fingerprint = ""
