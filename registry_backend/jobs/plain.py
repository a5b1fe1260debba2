"""The quick way of an import: a stretch of lines that all create devices of the hub's own kind.

Their rows are made while reading, before any transaction. That nothing of the kind exists is for
the store to find out; then, and for any other stretch, the lines are applied one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from registry_backend.domain.devices import generation_at
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.imports import CREATES
from registry_backend.domain.jobs import ImportMode
from registry_backend.jobs.drafts import Chunk, Entry, PlainDevice
from registry_backend.jobs.outcome import ApplyRules, Outcome
from registry_backend.storage.base import NewCredential, NewDevice, Transaction
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.iothub import HubLine
from registry_backend.wire.iothub_texts import attributes_text, credential_text


def plain_devices(
    entries: Iterable[Entry], default_mode: ImportMode
) -> Sequence[PlainDevice] | None:
    """The devices of a stretch if it may go the quick way; lines that cannot be used are no bar."""
    devices: dict[str, PlainDevice] = {}
    for _, line in entries:
        if type(line) is LineFault:
            continue
        if type(line) is not HubLine or (line.mode or default_mode) not in CREATES:
            return None
        device_id = line.device_id
        if device_id in devices:
            return None
        document = attributes_text(line)
        if document is None:
            return None
        made = credential_text(line)
        credentials = (
            () if made is None else (NewCredential(made[0], device_id, True, made[1]),)  # noqa: FBT003
        )
        devices[device_id] = PlainDevice(device_id, line.enabled, document, credentials)
    return list(devices.values())


def create_plain(
    transaction: Transaction,
    tenant_id: str,
    chunk: Chunk,
    rules: ApplyRules,
) -> Outcome | None:
    """Write the devices of a stretch with their journal; None when it must go the other way.

    Raises:
        AlreadyExists: when one of them, or what one would be known by, is there already.
    """
    devices, tenant = chunk.plain, transaction.get_tenant(tenant_id)
    if devices is None or tenant is None:
        return None
    max_devices, max_credentials = rules.limits_of(tenant)
    total = transaction.statistics(tenant_id).total + len(devices)
    if 0 <= max_devices < total or max_credentials == 0:
        return None
    generation = generation_at(rules.at)
    rows = [
        NewDevice(
            device_id, enabled, generate_id(), str(generation + number), document, credentials
        )
        for number, (device_id, enabled, document, credentials) in enumerate(devices, start=1)
    ]
    transaction.insert_new_devices(tenant_id, rows, at=rules.at)
    ids = [device.device_id for device in devices]
    transaction.add_creations(rules.actor, rules.at, tenant_id, ids)
    errors = [entry.at(line) for line, entry in chunk.entries if isinstance(entry, LineFault)]
    return Outcome(created=len(devices), errors=errors)
