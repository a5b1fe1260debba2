"""Devices of the chosen tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work

from console.adapters.base import DevicesPort, RegistryAdapter
from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.forms.devices import device_document, device_fields
from console.forms.fields import Field, Values, names_of, text_of
from console.keys import bindings_of
from console.panes.asking import one_at_a_time
from console.panes.base import RecordPane
from console.panes.bulk import describe_marks
from console.panes.connecting import NO_CONNECTIONS, Connecting
from console.panes.device_source import DeviceSource, order_choices, order_name, order_named
from console.panes.editing import DocumentEdit
from console.panes.history import show_history
from console.panes.key_rotation import DONE, agreed, ask_rotation, rotate
from console.panes.scope import Scope, ScopeAsked
from console.panes.secrets import SecretClipboard
from console.render import devices as render
from console.render.detail import Section, plural
from console.saving import Saves
from console.widgets.columns import Column
from console.widgets.detail_view import DetailView
from console.widgets.table_messages import Opened, SortAsked
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import FieldProblem, Invalid, RegistryError
from registry_backend.domain.journal import JournalEntry, Resource
from registry_backend.domain.query import DeviceQuery, DeviceSort, Order, parse_device_query

REST_SECONDS = 0.05
"""How long the cursor rests on a row before more is read about it."""
HISTORY_LINES = 5
"""Journal lines shown in the detail; the whole history has a key of its own."""
MANY = 10
"""Beyond so many marked devices, the number must be typed before they are written."""


class DevicesPane(RecordPane[Device]):
    """Lists, creates, changes and deletes devices."""

    BINDINGS = bindings_of("Devices")
    group: ClassVar[str] = "Devices"
    resources: ClassVar[frozenset[Resource]] = frozenset({"device"})
    filter_help: ClassVar[str] = (
        "part of the id   begin*   disabled   via:GATEWAY   gateway:yes   has:psk   ext.site:NAME"
    )

    def __init__(
        self, adapter: RegistryAdapter, saves: Saves, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(adapter, saves, clock)
        self.order = Order()
        self._history: dict[str, Sequence[JournalEntry]] = {}
        self._clipboard = SecretClipboard(self)

    def columns(self) -> Sequence[Column[Device]]:
        """Id, state, gateways, last change."""
        return (
            Column("id", "Device", render.id_cell, width=24, flexible=True, priority=9, sort="id"),
            Column("state", "State", render.state_cell, width=10, priority=8),
            Column("via", "Via", render.via_cell, width=18, flexible=True, priority=3),
            Column(
                "updated",
                "Changed",
                lambda device: render.changed_cell(device, self.clock()),
                width=12,
                priority=5,
                sort="updated",
            ),
        )

    @property
    def port(self) -> DevicesPort:
        """The registry's devices; the pane exists only where they do."""
        assert self.adapter.devices is not None  # noqa: S101 - no port, no pane
        return self.adapter.devices

    def source(self) -> DeviceSource | None:
        """The chosen tenant's devices."""
        if self.scope.tenant_id is None:
            return None
        query = parse_device_query(self.filter_text)
        return DeviceSource(self.port, self.scope.tenant_id, query, self.order)

    def title(self) -> str:
        """Whose devices these are."""
        tenant = f" of {self.scope.tenant_id}" if self.scope.tenant_id else ""
        arrow = {"id": "", "updated": "  by last change"}[self.order.by.value]
        return f"Devices{tenant}{arrow}"

    def scope_under_cursor(self) -> Scope | None:
        """The device under the cursor."""
        row = self.current
        return None if row is None else Scope(row.tenant_id, row.device_id)

    def come_forward(self) -> None:
        """Stand on the device that was chosen elsewhere."""
        super().come_forward()
        row, wanted = self.current, self.scope.device_id
        if wanted is not None and (row is None or row.device_id != wanted):
            self.table.move_to(wanted)

    def empty_text(self) -> str:
        """How to begin."""
        if self.scope.tenant_id is None:
            return "No tenant is chosen. Press 1 and choose one."
        if self.filter_text:
            return "No device matches the filter. Press esc to drop it."
        return "No devices yet. Press n to register one, or 4 and i to import a list."

    def row_id(self, row: Device) -> str:
        """The device's id."""
        return row.device_id

    def document(self, row: Device) -> JsonObject:
        """What a client may say of it."""
        return row.attributes.to_json()

    def detail(self, row: Device) -> Sequence[Section]:
        """The device; its history follows when it has been read."""
        return render.detail(row, self.clock(), self._history.get(row.device_id, ()))

    async def fetch(self, key: str) -> Device:
        """The device as it is now."""
        return await self.port.get(self.scope.tenant_id or "", key)

    # history in the detail

    def highlighted(self, row: Device | None) -> None:
        """Read the history of the device under the cursor, unless the cursor moves on."""
        if row is not None and self.adapter.journal is not None:
            self._read_history(row)

    @work(exclusive=True, group="history", exit_on_error=False)
    async def _read_history(self, row: Device) -> None:
        assert self.adapter.journal is not None  # noqa: S101 - asked by the caller
        await asyncio.sleep(REST_SECONDS)
        try:
            entries = await self.adapter.journal.page(
                row.tenant_id, resource_id=row.device_id, before=None, limit=HISTORY_LINES
            )
        except RegistryError as error:
            self.complain(error)
            return
        self._history = {row.device_id: entries}
        current = self.current
        if current is not None and current.device_id == row.device_id:
            self.query_one(DetailView).show(self.detail(current))

    # creating and changing

    @one_at_a_time
    async def action_new(self) -> None:
        """Register a device."""
        tenant_id = self.scope.tenant_id
        if tenant_id is None:
            self.warn("Choose a tenant first: press 1.")
            return

        async def create(values: Values) -> Device:
            attributes = DeviceAttributes.parse(device_document({}, values))
            device_id = text_of(values, "device-id") or None
            return await self.saves.run(
                f"device {device_id}",
                lambda: self.port.create(tenant_id, device_id, attributes),
            )

        gateways = await self._known_gateways(tenant_id)
        fields = device_fields(None, gateways=gateways)
        created = await self.fill_form(f"New device of {tenant_id}", fields, create)
        if created is not None:
            self.tell(f"Registered {created.device_id}.")
            self.table.reload()
            self.table.move_to(created.device_id)

    @one_at_a_time
    async def action_edit(self) -> None:
        """Change the device in a form."""
        device = self.require_row()
        if device is None:
            return
        edit = self._editing(device)

        async def save(values: Values) -> Device:
            return await edit.save(device_document(self.document(device), values))

        gateways = await self._known_gateways(device.tenant_id)
        fields = device_fields(device.attributes, gateways=gateways)
        self._saved(await self.fill_form(f"Edit {device.device_id}", fields, save))

    @one_at_a_time
    async def action_edit_json(self) -> None:
        """Change the device as JSON."""
        device = self.require_row()
        if device is not None:
            self._saved(await self._editing(device).edit_as_json())

    @one_at_a_time
    async def action_gateways(self) -> None:
        """Choose the gateways the device connects through."""
        device = self.require_row()
        if device is None:
            return
        edit = self._editing(device)
        known = await self._known_gateways(device.tenant_id)

        async def save(values: Values) -> Device:
            document = dict(self.document(device))
            document["via"] = names_of(values, "via")
            return await edit.save(document)

        shown = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
        field = Field(
            "via",
            "Connects via",
            f"Ids with blanks between. Known gateways: {shown or 'none yet'}",
            value=" ".join(device.attributes.via),
            suggestions=known,
        )
        self._saved(await self.fill_form(f"Gateways of {device.device_id}", [field], save))

    def _editing(self, device: Device) -> DocumentEdit[Device]:
        async def write(document: JsonObject, version: str) -> Device:
            attributes = DeviceAttributes.parse(document)
            return await self.port.update(
                device.tenant_id, device.device_id, attributes, expected=version
            )

        return DocumentEdit(
            app=self.app,
            saves=self.saves,
            subject=f"device {device.device_id}",
            base=device,
            document=self.document,
            version=lambda row: row.version,
            write=write,
            fetch=lambda: self.port.get(device.tenant_id, device.device_id),
        )

    def _saved(self, device: Device | None) -> None:
        if device is not None:
            self.tell(f"Saved {device.device_id}.")
            self.table.replace_row(device)
            self.show_detail()

    async def _known_gateways(self, tenant_id: str) -> Sequence[str]:
        try:
            return await self.port.gateways(tenant_id)
        except RegistryError as error:
            self.complain(error)
            return ()

    # one or many

    @one_at_a_time
    async def action_switch(self) -> None:
        """Enable or disable the device, or all marked ones alike."""
        device = self.require_row()
        if device is None:
            return
        enabled = not device.enabled

        async def switch(one: Device) -> None:
            attributes = one.attributes.model_copy(update={"enabled": enabled})
            saved = await self.port.update(
                one.tenant_id, one.device_id, attributes, expected=one.version
            )
            self.table.replace_row(saved)

        word = "Enable" if enabled else "Disable"
        if self.table.marks and not await self._agreed(
            f"{word} {self._marked_devices()}?",
            "They are set alike, each as a change of its own in the journal.",
            confirm=word,
        ):
            return
        await self.for_marked(device, switch, done=f"{word}d")

    @one_at_a_time
    async def action_delete(self) -> None:
        """Delete the device, or all marked ones."""
        device = self.require_row()
        if device is None:
            return

        async def delete(one: Device) -> None:
            await self.port.delete(one.tenant_id, one.device_id, expected=one.version)

        if self.table.marks:
            title = f"Delete {self._marked_devices()}?"
            text = "They and their credentials are removed. This cannot be taken back."
            agreed = await self._agreed(title, text, confirm="Delete")
        else:
            question = await self._question(device)
            agreed = await self.ask(question) or False
        if not agreed:
            return
        await self.for_marked(device, delete, done="Deleted")
        self.table.clear_marks()
        self.table.reload()

    @one_at_a_time
    async def action_keys(self) -> None:
        """Rotate the keys of the device, or of all marked ones alike."""
        device, credentials = self.require_row(), self.adapter.credentials
        if device is None or credentials is None:
            return
        marked = bool(self.table.marks)
        of = self._marked_devices() if marked else device.device_id
        rotation = await ask_rotation(self, of)
        if rotation is None:
            return
        if marked:
            agreed_to = await agreed(self, rotation, of, which=self._which(), typed=self._typed())
        else:
            agreed_to = await agreed(self, rotation, of)
        if not agreed_to:
            return

        async def write(one: Device) -> None:
            stored = await credentials.get(one.tenant_id, one.device_id)
            await rotate(credentials, stored, rotation)

        await self.for_marked(device, write, done=DONE[rotation])

    def _which(self) -> str:
        return describe_marks(self.table.marks, self.table.total, "device", self.filter_text)

    def _typed(self) -> str:
        count = self.table.marks.count(self.table.total).value
        return str(count) if count > MANY else ""

    @one_at_a_time
    async def action_connect(self) -> None:
        """Show the device's connection string or a token for it."""
        device, connections = self.require_row(), self.adapter.connections
        if device is not None and connections is not None:
            connecting = Connecting(self, connections, self._clipboard)
            await connecting.show(device.tenant_id, device.device_id)

    def why_not(self, action: str) -> str:
        """Why an action is dimmed."""
        if refusal := super().why_not(action):
            return refusal
        if action == "connect" and self.adapter.connections is None:
            return NO_CONNECTIONS
        if action == "keys" and self.adapter.credentials is None:
            return "This registry has no credentials."
        return ""

    def on_unmount(self) -> None:
        """Leave no secret on the clipboard."""
        self._clipboard.clear()

    def _marked_devices(self) -> str:
        count = self.table.marks.count(self.table.total)
        return f"{'' if count.exact else 'about '}{plural(count.value, 'device')}"

    async def _agreed(self, title: str, text: str, *, confirm: str) -> bool:
        """Whether many rows may be written; the number must be typed when they are very many."""
        question = ConfirmScreen(
            title, f"{text}\n{self._which()}", confirm=confirm, typed=self._typed()
        )
        return await self.ask(question) or False

    async def _question(self, device: Device) -> ConfirmScreen:
        text = (
            f"Device {device.device_id} and its credentials are removed. This cannot be taken back."
        )
        if behind := await self._behind(device):
            text += f"\n{_connecting(behind)} through it and will go on naming it."
        return ConfirmScreen(f"Delete {device.device_id}?", text)

    async def _behind(self, device: Device) -> int:
        query = DeviceQuery(via=device.device_id)
        try:
            return (await self.port.count(device.tenant_id, query)).value
        except RegistryError:
            return 0  # the question is asked all the same; only the remark is missing

    # looking around

    @on(Opened)
    def _open(self, event: Opened[Device]) -> None:
        event.stop()
        scope = Scope(event.row.tenant_id, event.row.device_id)
        self.post_message(ScopeAsked(scope, pane="credentials"))

    def action_behind(self) -> None:
        """List the devices that connect through this one."""
        device = self.require_row()
        if device is not None:
            self.set_filter(f"via:{device.device_id}")

    def action_history(self) -> None:
        """Show all changes of the device."""
        device = self.require_row()
        if device is not None and self.adapter.journal is not None:
            show_history(
                self, self.adapter.journal, device.tenant_id, device.device_id, self.clock()
            )

    @one_at_a_time
    async def action_sort(self) -> None:
        """Choose the order of the list."""
        choices = order_choices(self.port.abilities.sorts)
        screen = ChooseScreen("Order by", choices, current=order_name(self.order))
        chosen = await self.ask(screen)
        if chosen is not None:
            self._order_by(order_named(chosen))

    @on(SortAsked)
    def _sort_asked(self, event: SortAsked) -> None:
        event.stop()
        if event.column.sort is not None:
            by = DeviceSort(event.column.sort)
            again = by is self.order.by
            self._order_by(Order(by, descending=again and not self.order.descending))

    def _order_by(self, order: Order) -> None:
        self.order = order
        self.table.set_sort(order.by.value, descending=order.descending)
        self.show_rows()

    @one_at_a_time
    async def action_jump(self) -> None:
        """Go to an id, or to a position in the list."""
        lists, tenant_id = self.port.abilities.can_list, self.scope.tenant_id
        target_help = "An id or its beginning" if lists else "A whole id, which is opened"
        field = Field("to", "Go to", f"{target_help}, or # and a position such as #500000.")

        async def jump(values: Values) -> str:
            target = text_of(values, "to")
            if not target:
                raise Invalid(problems=[FieldProblem("to", "type an id or a position")])
            if target.startswith("#"):
                if not target[1:].replace(",", "").isdigit():
                    raise Invalid(problems=[FieldProblem("to", "a position is a number")])
                self.table.move_to_position(int(target[1:].replace(",", "")) - 1)
            elif lists or tenant_id is None:
                self.table.move_to(target)
            else:
                await self.port.get(tenant_id, target)
                self.set_filter("")  # the device is listed from now on, but may not fit
                self.table.reload(at=target)
            return target

        await self.fill_form("Jump", [field], jump, submit="Go")


def _connecting(count: int) -> str:
    return f"{plural(count, 'device')} {'connects' if count == 1 else 'connect'}"
