"""The front door: a registry over the data a person or an operator names."""

from __future__ import annotations

from pathlib import Path

from registry_backend.registry import DEFAULT_SETTINGS, Registry, RegistrySettings
from registry_backend.storage.sqlite import open_sqlite


async def open_registry(
    data: Path, *, settings: RegistrySettings = DEFAULT_SETTINGS, read_only: bool = False
) -> Registry:
    """Open the registry in the file `data`; make it when it is missing and may be written.

    Close it again with `Registry.close()`.

    Raises:
        Unreachable: no file, no permission, or a file of another program or a newer release.
        Denied: the file may be read but not written.
        Fault: the file is damaged or the disk is full.
    """
    store = await open_sqlite(data, read_only=read_only)
    if settings.indexed_attributes and not read_only:
        try:
            await store.write(
                lambda transaction: transaction.index_attributes(settings.indexed_attributes)
            )
        except BaseException:
            await store.close()
            raise
    return Registry(store, settings)
