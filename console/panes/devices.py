"""The pane of devices: all that may be done to one of them, or to all marked ones."""

from __future__ import annotations

from console.dialogs.confirm import ConfirmScreen
from console.keys import bindings_of
from console.panes.asking import one_at_a_time
from console.panes.bulk import MarkedRows
from console.panes.connecting import NO_CONNECTIONS, Connecting
from console.panes.device_edits import DeviceEdits
from console.panes.key_rotation import DONE, agreed, ask_rotation, rotate
from console.render.detail import plural
from registry_backend.domain.devices import Device
from registry_backend.domain.errors import RegistryError
from registry_backend.domain.query import DeviceQuery

MANY = 10
"""Beyond so many marked devices, the number must be typed before they are written."""


class DevicesPane(DeviceEdits):
    """Lists, creates, changes and deletes devices."""

    BINDINGS = bindings_of("Devices")

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
        marked = None
        if self.table.marks:
            marked = await self.marked_rows()
            if marked is None or not await self._agreed(
                f"{word} {self._number(marked)}?",
                "They are set alike, each as a change of its own"
                f"{'' if self.adapter.journal is None else ' in the journal'}.",
                marked,
                confirm=word,
            ):
                return
        await self.for_marked(device, switch, done=f"{word}d", marked=marked)

    @one_at_a_time
    async def action_delete(self) -> None:
        """Delete the device, or all marked ones."""
        device = self.require_row()
        if device is None:
            return

        async def delete(one: Device) -> None:
            await self.port.delete(one.tenant_id, one.device_id, expected=one.version)

        marked = None
        if self.table.marks:
            marked = await self.marked_rows()
            if marked is None:
                return
            title = f"Delete {self._number(marked)}?"
            text = "They and their credentials are removed. This cannot be taken back."
            agreed = await self._agreed(title, text, marked, confirm="Delete")
        else:
            question = await self._question(device)
            agreed = await self.ask(question) or False
        if not agreed:
            return
        await self.for_marked(device, delete, done="Deleted", marked=marked)
        self.table.clear_marks()
        self.table.reload()

    @one_at_a_time
    async def action_keys(self) -> None:
        """Rotate the keys of the device, or of all marked ones alike."""
        device, credentials = self.require_row(), self.adapter.credentials
        if device is None or credentials is None:
            return
        marked = None
        if self.table.marks:
            marked = await self.marked_rows()
            if marked is None:
                return
        of = device.device_id if marked is None else self._number(marked)
        rotation = await ask_rotation(self, of)
        if rotation is None:
            return
        if marked is not None:
            which, typed = self._which(marked), self._typed(marked)
            agreed_to = await agreed(self, rotation, of, which=which, typed=typed)
        else:
            agreed_to = await agreed(self, rotation, of)
        if not agreed_to:
            return

        own_call = self.adapter.rotate_keys

        async def write(one: Device) -> None:
            if own_call is not None:
                await own_call(one.tenant_id, one.device_id, rotation)
                return
            stored = await credentials.get(one.tenant_id, one.device_id)
            await rotate(credentials, stored, rotation)

        await self.for_marked(device, write, done=DONE[rotation], marked=marked)
        if own_call is not None and marked is not None:
            self.table.reload()  # the versions that it has are old

    def _which(self, marked: MarkedRows[Device]) -> str:
        return marked.describe(self.table.total, "device", self.filter_text)

    def _typed(self, marked: MarkedRows[Device]) -> str:
        count = marked.count(self.table.total).value
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave out what the registry has no word for."""
        if action in ("gateways", "behind") and not self.keeps("via"):
            return False
        return super().check_action(action, parameters)

    def on_unmount(self) -> None:
        """Leave no secret on the clipboard."""
        self._clipboard.clear()

    def _number(self, marked: MarkedRows[Device]) -> str:
        count = marked.count(self.table.total)
        return f"{'' if count.exact else 'about '}{plural(count.value, 'device')}"

    async def _agreed(
        self, title: str, text: str, marked: MarkedRows[Device], *, confirm: str
    ) -> bool:
        """Whether many rows may be written; the number must be typed when they are very many."""
        question = ConfirmScreen(
            title,
            f"{text}\n{self._which(marked)}",
            confirm=confirm,
            typed=self._typed(marked),
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


def _connecting(count: int) -> str:
    return f"{plural(count, 'device')} {'connects' if count == 1 else 'connect'}"
