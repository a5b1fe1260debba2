"""Devices of a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from console.adapters.ports.lists import ListAbilities
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.query import Count, DeviceQuery, Order, Page, PageRequest


class DevicesPort(Protocol):
    """Devices of a tenant."""

    abilities: ListAbilities

    async def page(
        self, tenant_id: str, query: DeviceQuery, order: Order, request: PageRequest
    ) -> Page[Device]:
        """A stretch of the devices."""

    async def count(self, tenant_id: str, query: DeviceQuery) -> Count:
        """How many devices the query has."""

    async def position(
        self, tenant_id: str, device_id: str, query: DeviceQuery, order: Order
    ) -> int:
        """How many rows stand before the place where this id is or would be."""

    async def get(self, tenant_id: str, device_id: str) -> Device:
        """Raises NotFound."""

    async def create(
        self, tenant_id: str, device_id: str | None, attributes: DeviceAttributes
    ) -> Device:
        """Create under the given or a generated id.

        Raises NotFound (tenant), AlreadyExists, LimitReached, Invalid.
        """

    async def update(
        self, tenant_id: str, device_id: str, attributes: DeviceAttributes, *, expected: str | None
    ) -> Device:
        """Replace the attributes. Raises NotFound, VersionMismatch, Invalid."""

    async def delete(self, tenant_id: str, device_id: str, *, expected: str | None) -> None:
        """Remove the device and its credentials. Raises NotFound, VersionMismatch."""

    async def delete_all(self, tenant_id: str) -> int:
        """Remove every device of the tenant; how many there were."""

    async def gateways(self, tenant_id: str) -> Sequence[str]:
        """Known gateway ids, to choose from."""
