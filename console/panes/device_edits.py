"""Devices made and changed, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from console.forms.devices import device_document, device_fields
from console.forms.fields import Field, Values, text_of
from console.forms.names import name_text, names_text
from console.panes.asking import one_at_a_time
from console.panes.device_list import DeviceList
from console.panes.editing import DocumentEdit
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import RegistryError

GATEWAYS_SECONDS = 1.0
"""Longest wait for the gateways there are, before a question that names them is asked without."""


class DeviceEdits(DeviceList):
    """Registers devices and changes the one under the cursor."""

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

        fields = self._fields(tenant_id, None)
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

        fields = self._fields(device.tenant_id, device.attributes)
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
        known, shown = await self._named_gateways(device.tenant_id)

        async def save(values: Values) -> Device:
            return await edit.save(device_document(self.document(device), values))

        field = Field(
            "via",
            "Connects via",
            f"Ids with blanks between. Known gateways: {shown}",
            value=names_text(device.attributes.via),
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

    def _fields(self, tenant_id: str, attributes: DeviceAttributes | None) -> Sequence[Field]:
        async def gateways() -> Sequence[str]:
            try:
                return [name_text(each) for each in await self.port.gateways(tenant_id)]
            except RegistryError:
                return ()  # the header says what is wrong; nothing is offered then

        kept = self.adapter.device_members
        offered = gateways if self.keeps("via") else ()
        return device_fields(attributes, gateways=offered, kept=kept)

    async def _named_gateways(self, tenant_id: str) -> tuple[Sequence[str], str]:
        """The gateways there are, and the first of them in words."""
        try:
            async with asyncio.timeout(GATEWAYS_SECONDS):
                known = [name_text(each) for each in await self.port.gateways(tenant_id)]
        except RegistryError as error:
            self.complain(error)
            return (), "not read"
        except TimeoutError:
            return (), "not read, since the registry has not answered yet"
        more = " …" if len(known) > 12 else ""
        return known, ", ".join(known[:12]) + more if known else "none yet"
