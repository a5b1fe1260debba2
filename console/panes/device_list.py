"""Devices of the chosen tenant: the list, its order, and the detail of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work

from console.adapters.base import RegistryAdapter
from console.adapters.ports.devices import DevicesPort
from console.adapters.ports.statistics import StatisticsPort
from console.dialogs.choose import ChooseScreen
from console.forms.fields import Field, Values, text_of
from console.panes.asking import one_at_a_time
from console.panes.base import RecordPane
from console.panes.device_source import (
    DeviceSource,
    order_choices,
    order_name,
    order_named,
    read_target,
)
from console.panes.history import show_history
from console.panes.scope import Scope, ScopeAsked
from console.panes.secrets import SecretClipboard
from console.render import devices as render
from console.render.detail import Section
from console.render.statistics import short_figures
from console.saving import Saves
from console.widgets.columns import Column
from console.widgets.detail_view import DetailView
from console.widgets.table_messages import Opened, SortAsked
from registry_backend.domain.devices import Device
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.filter_language import parse_device_query, via_filter
from registry_backend.domain.journal import Change, JournalEntry, Resource
from registry_backend.domain.query import DeviceSort, Order
from registry_backend.domain.statistics import Statistics
from registry_backend.domain.timestamps import NOT_TOLD

REST_SECONDS = 0.05
"""How long the cursor rests on a row before more is read about it."""
LONGER_REST_SECONDS = 0.4
"""The same where reading costs one of the few calls that a remote registry grants a minute."""
HISTORY_LINES = 5
"""Journal lines shown in the detail; the whole history has a key of its own."""


class DeviceList(RecordPane[Device]):
    """Lists devices, finds them, and shows what is known of each."""

    group: ClassVar[str] = "Devices"
    resources: ClassVar[frozenset[Resource]] = frozenset({"device"})
    filter_help: ClassVar[str] = (
        "parts of the id   begin*   disabled   via:GATEWAY   gateway:yes   has:psk   ext.site:NAME"
    )

    def __init__(
        self, adapter: RegistryAdapter, saves: Saves, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(adapter, saves, clock)
        self.order = Order()
        self._history: dict[tuple[str, str], Sequence[JournalEntry]] = {}
        self._figures: dict[str, Statistics] = {}
        self._clipboard = SecretClipboard(self)

    def columns(self) -> Sequence[Column[Device]]:
        """Id, state, gateways, last change: what the registry tells of them."""
        changes = self.adapter.tells_changes
        via = Column(
            "via", "Via", render.via_cell, width=18, flexible=True, priority=3, cut="names"
        )
        reason = Column("reason", "Reason", render.reason_cell, width=18, flexible=True, priority=3)
        return (
            Column(
                "id",
                "Device",
                render.id_cell,
                width=24,
                flexible=True,
                priority=9,
                sort="id",
                cut="middle",
            ),
            Column("state", "State", render.state_cell, width=10, priority=8, glyph=True),
            via if self.keeps("via") else reason,
            Column(
                "updated",
                "Changed" if changes else "Created",
                lambda device: render.changed_cell(device, self.clock()),
                width=12,
                priority=5,
                sort="updated" if changes else None,
            ),
        )

    def filter_words(self) -> str:
        """Only what the registry can be asked for."""
        return self.filter_help if self.keeps("via") else "parts of the id   begin*   disabled"

    def keeps(self, member: str) -> bool:
        """Whether the registry keeps that member of a device's document."""
        members = self.adapter.device_members
        return members is None or member in members

    def why_not(self, action: str) -> str:
        """Why an action is dimmed."""
        if refusal := super().why_not(action):
            return refusal
        if action in ("gateways", "behind") and not self.keeps("via"):
            return "This registry knows no gateways."
        return ""

    def action_reload(self) -> None:
        """Read the list and the counts again."""
        super().action_reload()
        self._count()

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
        known = self._figures.get(self.scope.tenant_id or "")
        figures = f": {short_figures(known)}" if known is not None else ""
        by = {"id": "", "updated": "  by last change"}[self.order.by.value]
        return f"Devices{tenant}{figures}{by}"

    def show_rows(self) -> None:
        """Also count them, where the registry keeps counts."""
        super().show_rows()
        self._count()

    def changed(self, changes: Sequence[Change]) -> None:
        """Somebody wrote; the counts may be others now."""
        super().changed(changes)
        if self.display and any(change.resource == "device" for change in changes):
            self._count()

    def _count(self) -> None:
        if self.adapter.statistics is not None and self.scope.tenant_id is not None:
            self._read_figures(self.adapter.statistics, self.scope.tenant_id)

    @work(exclusive=True, group="figures", exit_on_error=False)
    async def _read_figures(self, port: StatisticsPort, tenant_id: str) -> None:
        try:
            self._figures = {tenant_id: await port.get(tenant_id)}
        except RegistryError:
            return  # the title goes without; the list itself says what is wrong
        self.table.border_title = self.title()

    def scope_under_cursor(self) -> Scope | None:
        """The device under the cursor."""
        row = self.current
        return None if row is None else Scope(row.tenant_id, row.device_id)

    def come_forward(self) -> None:
        """Stand on the device that was chosen elsewhere."""
        if self._stale:
            self._count()
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
        if not self.port.abilities.can_list:
            return "No device of this tenant is known here. Press / and type a whole id."
        more = ", or 4 and i to import a list" if self.adapter.jobs is not None else ""
        return f"No devices yet. Press n to register one{more}."

    def row_id(self, row: Device) -> str:
        """The device's id."""
        return row.device_id

    def document(self, row: Device) -> JsonObject:
        """What a client may say of it."""
        return row.attributes.to_json()

    def detail(self, row: Device) -> Sequence[Section]:
        """The device; its history follows when it has been read."""
        history = self._history.get((row.tenant_id, row.device_id), ())
        return render.detail(row, self.clock(), history)

    async def fetch(self, key: str) -> Device:
        """The device as it is now."""
        return await self.port.get(self.scope.tenant_id or "", key)

    # history in the detail

    def highlighted(self, row: Device | None) -> None:
        """Read what the list does not tell of the device, unless the cursor moves on."""
        if row is not None and self.adapter.journal is not None:
            self._read_history(row)
        if row is not None and not self.port.abilities.whole_rows and row.created_at == NOT_TOLD:
            self._read_whole(row)

    @work(exclusive=True, group="whole", exit_on_error=False)
    async def _read_whole(self, row: Device) -> None:
        """Show a row as it is when it is asked for, which one that is gone by now is not."""
        await asyncio.sleep(LONGER_REST_SECONDS)
        try:
            whole = await self.port.get(row.tenant_id, row.device_id)
        except RegistryError as error:
            self.complain(error)
            return
        if whole.created_at != NOT_TOLD:
            self.table.replace_row(whole)

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
        self._history = {(row.tenant_id, row.device_id): entries}
        current = self.current
        if current is not None and current.device_id == row.device_id:
            self.query_one(DetailView).show(self.detail(current))

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
            self.set_filter(via_filter(device.device_id))

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

        async def jump(values: Values) -> str | int:
            target = read_target(text_of(values, "to"))
            if isinstance(target, int):
                self.table.move_to_position(target)
            elif lists or tenant_id is None:
                self.table.move_to(target)
            else:
                await self.port.get(tenant_id, target)
                self.set_filter("")  # the device is listed from now on, but may not fit
                self.table.reload(at=target)
            return target

        await self.fill_form("Jump", [field], jump, submit="Go")
