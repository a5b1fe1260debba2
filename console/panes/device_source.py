"""The devices of one tenant, as a table reads them, and the orders they can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.adapters.ports.devices import DevicesPort
from console.dialogs.choose import Choice
from registry_backend.domain.devices import Device
from registry_backend.domain.errors import Invalid
from registry_backend.domain.query import Count, DeviceQuery, DeviceSort, Order, Page, PageRequest

MOST_DIGITS = 18
"""Digits of a position; no list is as long as that."""


@dataclass(frozen=True, slots=True)
class DeviceSource:
    """The devices of one tenant, filtered and ordered, as a table reads them."""

    port: DevicesPort
    tenant_id: str
    query: DeviceQuery
    order: Order

    async def page(self, request: PageRequest) -> Page[Device]:
        """A stretch of the list."""
        return await self.port.page(self.tenant_id, self.query, self.order, request)

    async def count(self) -> Count:
        """How many there are."""
        return await self.port.count(self.tenant_id, self.query)

    async def position(self, key: str) -> int | None:
        """Where an id stands."""
        return await self.port.position(self.tenant_id, key, self.query, self.order)

    def key(self, row: Device) -> str:
        """What tells one device from another."""
        return row.device_id


_ORDERS = (
    (DeviceSort.ID, "Id", "up", "a to z", "i"),
    (DeviceSort.ID, "Id", "down", "z to a", "I"),
    (DeviceSort.UPDATED, "Last change", "down", "latest first", "c"),
    (DeviceSort.UPDATED, "Last change", "up", "oldest first", "C"),
)


def order_choices(sorts: Sequence[DeviceSort]) -> list[Choice]:
    """The orders a registry can give, as lines of a menu."""
    return [
        Choice(order_name(Order(by, descending=way == "down")), f"{label}, {word}", key=key)
        for by, label, way, word, key in _ORDERS
        if by in sorts
    ]


def order_name(order: Order) -> str:
    """An order as the menu's value.

    >>> order_name(Order())
    'id up'
    """
    return f"{order.by.value} {'down' if order.descending else 'up'}"


def order_named(name: str) -> Order:
    """The order that a line of the menu stands for."""
    by, way = name.split()
    return Order(DeviceSort(by), descending=way == "down")


def read_target(text: str) -> str | int:
    """Where a person wants to go: an id, or a place from 0, which is written from 1 after a `#`.

    >>> read_target("#500,000")
    499999

    Raises:
        Invalid: at the field `to`, for nothing, and for a place that is no number of digits.
    """
    if not text:
        raise Invalid.at("to", "type an id or a position")
    if not text.startswith("#"):
        return text
    digits = text[1:].replace(",", "")
    if not (digits.isascii() and digits.isdigit()):
        raise Invalid.at("to", "a position is a number: type # and digits, such as #500000")
    if len(digits) > MOST_DIGITS:
        raise Invalid.at("to", f"a position has at most {MOST_DIGITS} digits")
    return int(digits) - 1
