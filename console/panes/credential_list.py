"""Credentials of the chosen device: the list, the detail, and secrets shown on demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work

from console.adapters.base import RegistryAdapter
from console.adapters.ports.credentials import CredentialsPort
from console.dialogs.expiring import ExpiringScreen
from console.dialogs.show import ShowScreen
from console.forms.veil import Veil
from console.panes.asking import one_at_a_time
from console.panes.base import RecordPane
from console.panes.connecting import NO_CONNECTIONS, Connecting
from console.panes.credential_dialogs import CredentialDialogs
from console.panes.credential_edit import SetEdit
from console.panes.credential_source import EndingSource, parse_credential_filter, read_entries
from console.panes.history import show_history
from console.panes.scope import Scope, ScopeAsked
from console.panes.secrets import CLEAR_SECONDS, SHOW_SECONDS, SecretClipboard
from console.render import credentials as render
from console.render.credentials import CredentialEntry
from console.render.detail import Section
from console.saving import Saves
from console.widgets.columns import Column
from console.widgets.detail_view import DetailView
from console.widgets.short_list import ShortList
from console.widgets.table_messages import Opened
from registry_backend.domain.credentials import CredentialSet
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import NotFound, RegistryError
from registry_backend.domain.journal import Change, JournalEntry, Resource

HISTORY_LINES = 5
"""Journal lines shown in the detail; the whole history has a key of its own."""


class CredentialList(RecordPane[CredentialEntry]):
    """Lists the credentials of one device; shows and copies their secrets on demand."""

    group: ClassVar[str] = "Credentials"
    resources: ClassVar[frozenset[Resource]] = frozenset({"credentials", "device"})
    filter_help: ClassVar[str] = (
        "type or part of the auth-id   enabled   disabled   expired   expiring"
    )

    def __init__(
        self, adapter: RegistryAdapter, saves: Saves, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(adapter, saves, clock)
        self._history: dict[tuple[str, str], Sequence[JournalEntry]] = {}
        self._clipboard = SecretClipboard(self)
        self._going_to = ""

    def columns(self) -> Sequence[Column[CredentialEntry]]:
        """Type, auth-id, status, how many secrets."""
        return (
            Column("type", "Type", render.type_cell, width=10, priority=7),
            Column(
                "auth-id",
                "Auth-id",
                render.auth_id_cell,
                width=12,
                flexible=True,
                priority=9,
                cut="middle",
            ),
            Column(
                "status",
                "Status",
                lambda entry: render.status_cell(entry, self.clock()),
                width=19,
                priority=8,
                glyph=True,
            ),
            Column("secrets", "Secrets", render.secrets_cell, width=7, priority=3, align="right"),
        )

    @property
    def port(self) -> CredentialsPort:
        """The registry's credentials; the pane exists only where they do."""
        assert self.adapter.credentials is not None  # noqa: S101 - no port, no pane
        return self.adapter.credentials

    def source(self) -> ShortList[CredentialEntry] | None:
        """The chosen device's credentials."""
        tenant_id, device_id = self.scope.tenant_id, self.scope.device_id
        if tenant_id is None or device_id is None:
            return None
        passes = parse_credential_filter(self.filter_text, self.clock())

        async def read() -> Sequence[CredentialEntry]:
            entries = await read_entries(self.port, tenant_id, device_id)
            return sorted(filter(passes, entries), key=lambda entry: entry.key)

        return ShortList(read, lambda entry: entry.key)

    def title(self) -> str:
        """Whose credentials these are."""
        return f"Credentials of {self.scope.device_id}" if self.scope.device_id else self.group

    def depends_on(self, scope: Scope) -> object:
        """The set of one device."""
        return scope

    def empty_text(self) -> str:
        """How to begin."""
        if self.scope.tenant_id is None:
            return "No tenant is chosen. Press 1 and choose one."
        if self.scope.device_id is None:
            return (
                "No device is chosen. Press 2 and choose one with enter, "
                "or i to see what ends soon in the whole tenant."
            )
        if self.filter_text:
            return "No credential matches the filter. Press esc to drop it."
        if self.adapter.read_only:
            return "This device has no credentials: it cannot log in."
        return "No credentials yet: this device cannot log in. Press n to add one."

    def row_id(self, row: CredentialEntry) -> str:
        """The auth-id."""
        return row.credential.auth_id

    def document(self, row: CredentialEntry) -> JsonObject:
        """The credential; its secrets are covered."""
        return Veil().credential(row.credential.to_json())

    def detail(self, row: CredentialEntry) -> Sequence[Section]:
        """The credential and each of its secrets, covered."""
        history = self._history.get((row.stored.tenant_id, row.stored.device_id), ())
        return render.detail(row, self.clock(), history, plain=self.adapter.plain_credentials)

    async def fetch(self, key: str) -> CredentialEntry:
        """The credential of that key as it is now."""
        for entry in await read_entries(
            self.port, self.scope.tenant_id or "", self.scope.device_id or ""
        ):
            if entry.key == key:
                return entry
        raise NotFound(f"There is no credential {key!r} any more.")

    def show_rows(self) -> None:
        """Also goes to the credential that was asked for elsewhere."""
        super().show_rows()
        if self._going_to:
            self.table.move_to(self._going_to)
            self._going_to = ""

    def changed(self, changes: Sequence[Change]) -> None:
        """Only writes to this device matter here."""
        mine = (self.scope.device_id, "")
        super().changed([each for each in changes if each.resource_id in mine])

    def on_unmount(self) -> None:
        """Leave no secret on the clipboard."""
        self._clipboard.clear()

    # history in the detail

    def highlighted(self, row: CredentialEntry | None) -> None:
        """Read the history of the device, unless the cursor moves on."""
        if row is not None and self.adapter.journal is not None:
            self._read_history(row)

    @work(exclusive=True, group="history", exit_on_error=False)
    async def _read_history(self, row: CredentialEntry) -> None:
        assert self.adapter.journal is not None  # noqa: S101 - asked by the caller
        tenant_id, device_id = row.stored.tenant_id, row.stored.device_id
        try:
            entries = await self.adapter.journal.page(
                tenant_id, resource_id=device_id, before=None, limit=HISTORY_LINES
            )
        except RegistryError as error:
            self.complain(error)
            return
        self._history = {(tenant_id, device_id): entries}
        current = self.current
        if current is not None and current.key == row.key:
            self.query_one(DetailView).show(self.detail(current))

    # looking

    @on(Opened)
    def _open(self, event: Opened[CredentialEntry]) -> None:
        event.stop()
        self.action_widen()

    @one_at_a_time
    async def action_reveal(self) -> None:
        """Show a secret for ten seconds."""
        entry = self.require_row()
        if entry is None:
            return
        index = await self._dialogs(entry.stored).secrets.choose(entry, "Show which secret?")
        if index is not None:
            secret = entry.credential.secrets[index]
            text = render.revealed(entry.credential.type, secret)
            self.show_window(
                ShowScreen(
                    f"{entry.key}  {render.secret_title(entry.credential, index).lower()}",
                    text,
                    seconds=SHOW_SECONDS,
                )
            )

    @one_at_a_time
    async def action_copy_secret(self) -> None:
        """Copy a secret; it goes from the clipboard by itself."""
        entry = self.require_row()
        if entry is None:
            return
        index = await self._dialogs(entry.stored).secrets.choose(entry, "Copy which secret?")
        if index is None:
            return
        found = render.material(entry.credential.secrets[index])
        if not found:
            self.warn("There is no secret to copy here.")
            return
        name = next((each for each in ("key", "pwd-hash") if each in found), next(iter(found)))
        self._clipboard.copy(found[name])
        self.tell(f"Copied the {name}; the clipboard is cleared in {CLEAR_SECONDS} s.")

    def action_history(self) -> None:
        """Show all changes of the device and its credentials."""
        tenant_id, device_id = self.scope.tenant_id, self.scope.device_id
        if tenant_id and device_id and self.adapter.journal is not None:
            show_history(self, self.adapter.journal, tenant_id, device_id, self.clock())

    @one_at_a_time
    async def action_expiring(self) -> None:
        """List what ends soon in the whole tenant, and go there."""
        tenant_id = self.scope.tenant_id
        if tenant_id is None:
            self.warn("Choose a tenant first: press 1.")
            return
        row = await self.ask(
            ExpiringScreen(
                tenant_id, lambda before: EndingSource(self.port, tenant_id, before), self.clock()
            )
        )
        if row is None:
            return
        key = f"{row.type} {row.auth_id}"
        scope = Scope(tenant_id, row.device_id)
        if scope == self.scope:
            self.table.move_to(key)
        else:
            self._going_to = key
            self.post_message(ScopeAsked(scope, pane="credentials"))

    @one_at_a_time
    async def action_connect(self) -> None:
        """Show the device's connection string or a token for it."""
        tenant_id, device_id = self.scope.tenant_id, self.scope.device_id
        if tenant_id is None or device_id is None:
            self.warn("Choose a device first: press 2.")
        elif self.adapter.connections is not None:
            connecting = Connecting(self, self.adapter.connections, self._clipboard)
            await connecting.show(tenant_id, device_id)

    def why_not(self, action: str) -> str:
        """Why an action is dimmed."""
        if refusal := super().why_not(action):
            return refusal
        if action == "connect" and self.adapter.connections is None:
            return NO_CONNECTIONS
        if self.adapter.plain_credentials and action in _BARE:
            return _BARE[action]
        return ""

    def _dialogs(self, stored: CredentialSet, edit: SetEdit | None = None) -> CredentialDialogs:
        return CredentialDialogs(
            self,
            edit or SetEdit(self.app, self.saves, self.port, stored),
            self.clock(),
            types=self.adapter.credential_types,
            plain=self.adapter.plain_credentials,
        )


_BARE = {
    "edit": "This registry keeps keys and thumbprints, no validity or comments. R replaces one.",
    "switch": "This registry enables and disables whole devices: press 2, then s.",
    "expiring": "Nothing ends here: this registry keeps no validity.",
}
"""Why what surrounds material cannot be changed where only material is kept."""
