"""Our own Identity Service on a socket of a folder, and the adapter on it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from console.adapters.identity import IdentityAdapter
from console.adapters.identity_session import Patience
from registry_backend.identityd.behaviour_config import ConfigPaths
from registry_backend.open import open_registry
from registry_backend.server_sockets import SocketPlace
from registry_backend.server_unix import UnixListener, unix_listening

SOCKET = "identityd.sock"
DEVICE = "device01"
STRANGER = 4_000_000
"""A uid that nobody has."""
PROVISIONED = """\
[provisioning]
source = "manual"
iothub_hostname = "quay.azure-devices.net"
device_id = "device01"
[provisioning.authentication]
method = "sas"
device_id_pk = "device-id"
"""
UNPROVISIONED = """\
[provisioning]
source = "none"
"""


def config(folder: Path, principals: str, provisioning: str = PROVISIONED) -> str:
    """A main file whose state is kept in the folder."""
    return (
        f'hostname = "gate"\nhomedir = "{folder}/home"\n'
        f'{provisioning}[localid]\ndomain = "example.com"\n{principals}'
    )


def principal(name: str, idtype: str = "", uid: int | None = None) -> str:
    """A table; of this process unless a uid is given, and untyped unless a type is."""
    types = f"idtype = {idtype}\n" if idtype else ""
    return f'[[principal]]\nname = "{name}"\nuid = {os.geteuid() if uid is None else uid}\n{types}'


CALLER = principal("console")
"""The daemon's principal: this process, which may do everything."""
CAMERA = principal("camera", '["local"]', STRANGER)
"""A principal with a local identity."""


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name."""
    with tempfile.TemporaryDirectory(prefix="idconsole-") as name:
        yield Path(name)


@asynccontextmanager
async def serving_identity(
    folder: Path, principals: str = CALLER + CAMERA, provisioning: str = PROVISIONED
) -> AsyncIterator[Path]:
    """The service at work in this process; its socket."""
    (folder / "config.d").mkdir(exist_ok=True)
    (folder / "config.toml").write_text(config(folder, principals, provisioning))
    paths = ConfigPaths(folder / "config.toml", folder / "config.d")
    registry = await open_registry(folder / "registry.sqlite")
    try:
        listener = UnixListener(paths, SocketPlace(folder / SOCKET), poll_seconds=0.02)
        async with unix_listening(registry, listener, {}, grace=0.5):
            yield folder / SOCKET
    finally:
        await registry.close()


def on_socket(
    folder: Path, socket: Path | None = None, *, read_only: bool = False, **patience: float
) -> IdentityAdapter:
    """The adapter, not yet open."""
    return IdentityAdapter(
        socket or folder / SOCKET,
        main_file=folder / "config.toml",
        config_dir=folder / "config.d",
        read_only=read_only,
        patience=Patience(**patience),
    )
