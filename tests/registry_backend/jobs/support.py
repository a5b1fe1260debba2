"""What the tests of jobs share: running them and reading back what they left."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from registry_backend.domain.credentials import CredentialSet
from registry_backend.domain.devices import Device
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import ImportMode, Job, JobFormat, JobSpec, JobType
from registry_backend.domain.journal import Actor, JournalEntry
from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.domain.timestamps import now
from registry_backend.jobs.blobs import Patience
from registry_backend.jobs.owners import this_process
from registry_backend.jobs.places import ANYWHERE, ContainerKind
from registry_backend.jobs.preparing import Preparation
from registry_backend.jobs.runner import JobRunner
from registry_backend.registry.credential_rules import prepare_credentials
from registry_backend.registry.settings import DEFAULT_SETTINGS
from registry_backend.registry.trust_anchors import prepare_trust_anchors
from registry_backend.storage.base import Snapshot, Store

TESTER = Actor(via="test", name="tester")
KEYS = [base64.b64encode(bytes([number]) * 32).decode() for number in range(8)]

REGISTRY_RULES = Preparation(
    tenant=prepare_trust_anchors,
    credentials=lambda drafts: prepare_credentials(drafts, DEFAULT_SETTINGS),
)

Fleet = dict[str, tuple[Device, CredentialSet]]


def hub_line(device_id: str, *, keys: tuple[int, int] = (0, 1), **members: Any) -> str:
    """A devices.txt line with known keys; `members` are added or replace."""
    symmetric = {"primaryKey": KEYS[keys[0]], "secondaryKey": KEYS[keys[1]]}
    line = {
        "id": device_id,
        "status": "enabled",
        "authentication": {"symmetricKey": symmetric},
        **members,
    }
    return json.dumps({name: value for name, value in line.items() if value is not ...})


async def add_tenant(store: Store, tenant_id: str, **members: Any) -> None:
    """A tenant with these attributes."""
    tenant = Tenant(
        tenant_id=tenant_id,
        attributes=TenantAttributes.parse(members),
        version=generate_id(),
        created_at=now(),
    )
    await store.write(lambda transaction: transaction.insert_tenant(tenant))


async def read_fleet(store: Store, tenant_id: str = "T") -> Fleet:
    """Every device of a tenant with its credentials."""

    def work(snapshot: Snapshot) -> Fleet:
        fleet: Fleet = {}
        start, more = None, True
        while more:
            request = PageRequest(start=start, limit=1000)
            page = snapshot.page_devices(tenant_id, DeviceQuery(), Order(), request)
            ids = [device.device_id for device in page.rows]
            sets = snapshot.get_many_credentials(tenant_id, ids)
            fleet |= {device.device_id: (device, sets[device.device_id]) for device in page.rows}
            start, more = page.cursors[-1] if page.cursors else None, page.more
        return fleet

    return await store.read(work)


def keys_in(fleet: Fleet, device_id: str) -> list[str | None]:
    """The symmetric keys of a device as stored."""
    found = fleet[device_id][1].find("psk", device_id)
    return [secret.key for secret in found.secrets] if found else []


class Jobs:
    """A runner on a store, and a folder with short ways to run a job there."""

    def __init__(
        self,
        store: Store,
        folder: Path,
        *,
        spool: Path | None = None,
        patience: Patience | None = None,
        containers: frozenset[ContainerKind] = ANYWHERE,
    ) -> None:
        self.store = store
        self.folder = folder
        self.runner = JobRunner(
            store,
            owner=this_process(),
            preparation=REGISTRY_RULES,
            spool=spool,
            patience=patience,
            containers=containers,
        )

    def spec(
        self,
        kind: JobType = JobType.IMPORT,
        *,
        format: JobFormat = "devices.txt",  # noqa: A002 - the model's word
        tenant_id: str = "T",
        mode: ImportMode = ImportMode.CREATE_OR_UPDATE,
        exclude_keys: bool = False,
    ) -> JobSpec:
        """A job in the folder."""
        return JobSpec(
            type=kind,
            tenant_id=tenant_id,
            folder=str(self.folder),
            format=format,
            default_mode=mode,
            exclude_keys=exclude_keys,
        )

    async def run(self, spec: JobSpec) -> Job:
        """Create a job and wait for its end."""
        job = await self.runner.create(spec, actor=TESTER)
        return await self.runner.wait(job.job_id)

    async def import_lines(
        self, *lines: str, mode: ImportMode = ImportMode.CREATE_OR_UPDATE
    ) -> Job:
        """Import these lines."""
        text = "".join(f"{line}\n" for line in lines)
        return await self.import_bytes(text.encode("utf-8"), mode=mode)

    async def import_bytes(
        self, content: bytes, *, mode: ImportMode = ImportMode.CREATE_OR_UPDATE
    ) -> Job:
        """Import a file of exactly this content."""
        (self.folder / "devices.txt").write_bytes(content)
        return await self.run(self.spec(mode=mode))

    async def codes(self, job: Job) -> list[tuple[int | None, int]]:
        """Line and number of each error of a job."""
        errors = await self.runner.errors(job.job_id, skip=0, limit=1000)
        return [(error.line, error.code) for error in errors]

    async def journal(self, device_id: str) -> Sequence[JournalEntry]:
        """The journal of a device, newest first."""
        return await self.store.read(
            lambda snapshot: snapshot.page_journal(
                "T", resource_id=device_id, before=None, limit=100
            )
        )
