"""What outlives a service: which device it had and which modules were its own (identityd 5.3)."""

from __future__ import annotations

import logging
import tomllib
from dataclasses import dataclass
from pathlib import Path

from registry_backend.domain.errors import NotFound, RegistryError
from registry_backend.domain.principals import IdType
from registry_backend.identityd.atomic import change_file
from registry_backend.identityd.files import file_error, read_file, shown
from registry_backend.identityd.values import Table, key_text, value_text

DEVICE_INFO = "device_info"
PREV_STATE = "prev_state"
_HOME_MODE = 0o700

log = logging.getLogger("idconsole.identity")


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """The device that modules were last reconciled for."""

    hub_name: str
    device_id: str
    local_gateway_hostname: str | None = None


class State:
    """The two files of a home folder; calls block for as long as a file takes.

    Args:
        homedir: The folder; made when it is missing.
    """

    def __init__(self, homedir: Path) -> None:
        self._homedir = homedir

    def make_home(self) -> None:
        """Make the folder where it is missing. Raises Denied, Invalid, Fault."""
        try:
            self._homedir.mkdir(mode=_HOME_MODE, parents=True, exist_ok=True)
        except OSError as error:
            raise file_error(error, "make the folder", self._homedir) from None

    def own_modules(self, device: DeviceInfo) -> frozenset[str]:
        """Modules that this service made for the device; none if it had another one before."""
        info = self._read(DEVICE_INFO)
        if info != _info_table(device):
            return frozenset()
        return frozenset(_module_names(self._read(PREV_STATE) or {}))

    def write(self, device: DeviceInfo, merged: Table) -> None:
        """Remember the device, and the settings it was reconciled with. Raises Denied, Fault."""
        # In this order: modules are taken for foreign, not for ours, if only the first is written.
        self._replace(PREV_STATE, merged)
        self._replace(DEVICE_INFO, _info_table(device))

    def forget(self) -> None:
        """Forget the device, and with it which modules were ours. Raises Denied, Fault."""
        path = self._homedir / DEVICE_INFO
        change_file(path, before=_present(path), after=None)

    def _read(self, name: str) -> Table | None:
        path = self._homedir / name
        try:
            return tomllib.loads(read_file(path, follow_links=False).decode("utf-8"))
        except NotFound:
            return None
        except (RegistryError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            log.warning("%s cannot be read, so it counts as missing: %s", shown(path), error)
            return None

    def _replace(self, name: str, table: Table) -> None:
        path = self._homedir / name
        text = "".join(f"{key_text(key)} = {value_text(value)}\n" for key, value in table.items())
        change_file(path, before=_present(path), after=text.encode("utf-8"))


def _present(path: Path) -> bytes | None:
    try:
        return read_file(path, follow_links=False)
    except NotFound:
        return None


def _info_table(device: DeviceInfo) -> Table:
    table: Table = {"hub_name": device.hub_name, "device_id": device.device_id}
    if device.local_gateway_hostname is not None:
        table["local_gateway_hostname"] = device.local_gateway_hostname
    return table


def _module_names(settings: Table) -> list[str]:
    tables = settings.get("principal")
    return [
        table["name"]
        for table in (tables if isinstance(tables, list) else [])
        if isinstance(table, dict)
        and isinstance(table.get("name"), str)
        and isinstance(table.get("idtype"), list)
        and IdType.MODULE in table["idtype"]
    ]
