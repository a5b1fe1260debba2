"""Devices made and changed, one at a time."""

from __future__ import annotations

from collections.abc import Sequence

from console.forms.devices import device_document, device_fields
from console.forms.fields import Field, Values, names_of, text_of
from console.panes.asking import one_at_a_time
from console.panes.device_list import DeviceList
from console.panes.editing import DocumentEdit
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import RegistryError


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

        fields = await self._fields(tenant_id, None)
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

        fields = await self._fields(device.tenant_id, device.attributes)
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

    async def _fields(self, tenant_id: str, attributes: DeviceAttributes | None) -> Sequence[Field]:
        kept = self.adapter.device_members
        gateways = await self._known_gateways(tenant_id) if self.keeps("via") else ()
        return device_fields(attributes, gateways=gateways, kept=kept)

    async def _known_gateways(self, tenant_id: str) -> Sequence[str]:
        try:
            return await self.port.gateways(tenant_id)
        except RegistryError as error:
            self.complain(error)
            return ()
