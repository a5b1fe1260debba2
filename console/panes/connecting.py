"""How a device connects: its connection string and SAS tokens, made on demand."""

from __future__ import annotations

from console.adapters.ports.connections import MOST_MINUTES, ConnectionsPort
from console.dialogs.choose import Choice, ChooseScreen
from console.dialogs.secret import SecretScreen
from console.forms.fields import Field, Values, number_of, text_of
from console.panes.asking import AskingPane
from console.panes.secrets import CLEAR_SECONDS, SHOW_SECONDS, SecretClipboard
from console.render.connections import covered
from console.render.detail import plural
from registry_backend.domain.errors import Invalid, RegistryError

NO_CONNECTIONS = "This registry makes no connection strings: its devices connect elsewhere."
_CHOICES = (
    Choice("primary", "Connection string", "with the primary key", "p"),
    Choice("secondary", "Connection string", "with the secondary key", "s"),
    Choice("token", "SAS token", "for some minutes, instead of a key", "t"),
)


class Connecting:
    """Shows what an operator pastes into a device.

    Args:
        pane: Shows the dialogs.
        port: Makes the secrets.
        clipboard: Takes them for a while.
    """

    def __init__(self, pane: AskingPane, port: ConnectionsPort, clipboard: SecretClipboard) -> None:
        self._pane, self._port, self._clipboard = pane, port, clipboard

    async def show(self, tenant_id: str, device_id: str) -> None:
        """Ask what is wanted and show it."""
        chosen = await self._pane.ask(ChooseScreen(f"Connect {device_id}", _CHOICES))
        if chosen is None:
            return
        try:
            if chosen == "token":
                await self._show_token(tenant_id, device_id)
                return
            secret = await self._port.connection_string(
                tenant_id, device_id, secondary=chosen == "secondary"
            )
        except RegistryError as error:
            self._pane.complain(error)
            return
        text = f"With the {chosen} key. Whoever has it can connect as this device."
        if secret.endswith(";x509=true"):
            text = "Without a key: the device proves itself with its certificate."
        self._show(f"Connection string of {device_id}", text, secret)

    async def _show_token(self, tenant_id: str, device_id: str) -> None:
        fields = (
            Field("minutes", "Minutes", "How long the device may use it.", value="60"),
            Field(
                "key",
                "Signed with",
                "",
                "choice",
                "primary",
                options=(("primary", "the primary key"), ("secondary", "the secondary key")),
            ),
        )

        async def make(values: Values) -> tuple[str, int]:
            minutes = number_of(values, "minutes")
            if minutes is None or not 0 < minutes <= MOST_MINUTES:
                raise Invalid.at("minutes", f"must be 1 to {MOST_MINUTES:,}")
            token = await self._port.sas_token(
                tenant_id,
                device_id,
                minutes=minutes,
                secondary=text_of(values, "key") == "secondary",
            )
            return token, minutes

        made = await self._pane.fill_form(f"SAS token of {device_id}", fields, make, submit="Make")
        if made is not None:
            token, minutes = made
            text = f"Valid for {plural(minutes, 'minute')} from now. It cannot be taken back."
            self._show(f"SAS token of {device_id}", text, token)

    def _show(self, title: str, text: str, secret: str) -> None:
        def copy(copied: str) -> None:
            self._clipboard.copy(copied)
            self._pane.tell(f"Copied; the clipboard is cleared in {CLEAR_SECONDS} s.")

        self._pane.show_window(
            SecretScreen(
                title,
                text,
                secret=secret,
                covered=covered(secret),
                copy=copy,
                seconds=SHOW_SECONDS,
            )
        )
