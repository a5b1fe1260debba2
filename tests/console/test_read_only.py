"""A read-only session cannot write: not by any method of any port, not even by one added later."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

from console.adapters.base import RegistryAdapter
from console.adapters.local import LocalAdapter
from console.adapters.ports.connections import ConnectionsPort
from console.adapters.ports.credentials import CredentialsPort
from console.adapters.ports.devices import DevicesPort
from console.adapters.ports.jobs import JobsPort
from console.adapters.ports.journal import JournalPort
from console.adapters.ports.modules import ModulesPort
from console.adapters.ports.principals import PrincipalsPort
from console.adapters.ports.provisioning import ProvisioningPort
from console.adapters.ports.statistics import StatisticsPort
from console.adapters.ports.tenants import TenantsPort
from console.adapters.read_only import READING, read_only
from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.errors import Denied
from registry_backend.domain.jobs import JobSpec, JobType
from registry_backend.domain.principals import FileChange, FilePrincipal, Principal
from registry_backend.domain.tenants import TenantAttributes

PORTS = {
    "tenants": TenantsPort,
    "devices": DevicesPort,
    "credentials": CredentialsPort,
    "jobs": JobsPort,
    "statistics": StatisticsPort,
    "journal": JournalPort,
    "principals": PrincipalsPort,
    "connections": ConnectionsPort,
    "modules": ModulesPort,
    "provisioning": ProvisioningPort,
}
WRITING = {
    "tenants": {"create", "update", "delete"},
    "devices": {"create", "update", "delete", "delete_all"},
    "credentials": {"replace"},
    "jobs": {"create", "cancel", "forget"},
    "statistics": set(),
    "journal": set(),
    "principals": {"plan_add", "plan_update", "plan_delete", "plan_text", "plan_undo", "apply"},
    "connections": set(),
    "modules": {"create", "update", "delete"},
    "provisioning": {"reprovision"},
}
"""Written out once more, so that a new method must be classified by a person."""


def members_of(protocol: type) -> set[str]:
    """Public methods and attributes of a port."""
    methods = {name for name, _ in inspect.getmembers(protocol, inspect.isfunction)}
    return {name for name in methods | set(get_type_hints(protocol)) if not name.startswith("_")}


def test_every_port_of_an_adapter_is_guarded() -> None:
    """A port added to the interface must be named here and in the guard."""
    ports = {name for name, value in vars(RegistryAdapter).items() if value is None}
    assert set(READING) == set(PORTS)
    assert ports - set(READING) == {
        *("sample", "on_health", "on_notice", "color", "caller_uid", "device_members"),
        "rotate_keys",
    }


@pytest.mark.parametrize("port", sorted(PORTS))
def test_every_member_is_classified(port: str) -> None:
    """A method added to a port must be called reading or writing by a person."""
    assert not READING[port] & WRITING[port]
    assert members_of(PORTS[port]) == READING[port] | WRITING[port]


def test_a_member_that_nobody_named_is_refused() -> None:
    """The default is no."""

    class Later:
        def purge(self) -> str:
            return "gone"

    guarded = read_only(Later(), "tenants")
    with pytest.raises(Denied):
        guarded.purge()
    with pytest.raises(AttributeError):
        guarded.prge  # type: ignore[attr-defined]  # noqa: B018


def test_the_port_behind_the_guard_cannot_be_replaced() -> None:
    """Nothing can be set on it either."""
    guarded = read_only(object(), "tenants")
    with pytest.raises(AttributeError):
        guarded.page = None  # type: ignore[attr-defined]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A registry with one device, and a configuration with one principal."""
    (tmp_path / "config.toml").write_text('[[principal]]\nname = "a"\nuid = 1\n')
    async with local(tmp_path) as adapter:
        assert adapter.tenants is not None
        assert adapter.devices is not None
        await adapter.tenants.create("yard", TenantAttributes())
        await adapter.devices.create("yard", "pump", DeviceAttributes())
    return tmp_path


def local(folder: Path, *, read_only: bool = False) -> LocalAdapter:
    """An adapter on the files of one folder."""
    return LocalAdapter(
        folder / "registry.sqlite",
        main_file=folder / "config.toml",
        config_dir=folder / "config.d",
        read_only=read_only,
    )


def fingerprints(folder: Path) -> dict[str, str]:
    """Every file that holds data; the shared-memory index of SQLite holds none."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.is_file() and path.stat().st_size and not path.name.endswith("-shm")
    }


def writes(adapter: RegistryAdapter, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each writing method, called as it would be in earnest."""
    tenants, devices, credentials = adapter.tenants, adapter.devices, adapter.credentials
    jobs, principals = adapter.jobs, adapter.principals
    assert tenants
    assert devices
    assert credentials
    assert jobs
    assert principals
    spec = JobSpec(type=JobType.EXPORT, tenant_id="yard", folder=str(folder))
    principal = Principal(uid=2, name="b")
    main_file = folder / "config.toml"
    target = FilePrincipal(principal=principal, file=main_file, line=1, index=0, digest="", text="")
    change = FileChange(path=main_file, before=main_file.read_bytes(), after=b"", summary="empty")
    psk = Credential.parse({"type": "psk", "auth-id": "p", "secrets": [{"key": "c2VjcmV0"}]})
    yield "tenants.create", lambda: tenants.create("new", TenantAttributes())
    yield "tenants.update", lambda: tenants.update("yard", TenantAttributes(), expected=None)
    yield "tenants.delete", lambda: tenants.delete("yard", expected=None)
    yield "devices.create", lambda: devices.create("yard", "new", DeviceAttributes())
    yield (
        "devices.update",
        lambda: devices.update("yard", "pump", DeviceAttributes(), expected=None),
    )
    yield "devices.delete", lambda: devices.delete("yard", "pump", expected=None)
    yield "devices.delete_all", lambda: devices.delete_all("yard")
    yield (
        "credentials.replace",
        lambda: credentials.replace("yard", "pump", [psk], expected=None),
    )
    yield "jobs.create", lambda: jobs.create(spec)
    yield "jobs.cancel", lambda: jobs.cancel("some")
    yield "jobs.forget", lambda: jobs.forget("some")
    yield "principals.plan_add", lambda: principals.plan_add(principal, file=None)
    yield "principals.plan_update", lambda: principals.plan_update(target, principal)
    yield "principals.plan_delete", lambda: principals.plan_delete(target)
    yield "principals.plan_text", lambda: principals.plan_text(change.path, "", "# text")
    yield "principals.plan_undo", lambda: principals.plan_undo(change)
    yield "principals.apply", lambda: principals.apply(change)


async def test_every_writing_method_is_denied_and_no_file_changes(folder: Path) -> None:
    """Called in earnest, one by one; the data, the journal and the configuration stay."""
    before = fingerprints(folder)
    tried = set()
    async with local(folder, read_only=True) as adapter:
        for name, call in writes(adapter, folder):
            with pytest.raises(Denied, match="read-only"):
                await attempt(call)
            tried.add(name)
        there = [port for port in WRITING if getattr(adapter, port) is not None]
    assert tried == {f"{port}.{name}" for port in there for name in WRITING[port]}
    assert fingerprints(folder) == before
    async with local(folder) as adapter:
        assert adapter.journal is not None
        lines = await adapter.journal.page("yard", resource_id=None, before=None, limit=100)
        assert [line.action for line in lines] == ["created", "created"]


async def test_no_sample_fleet_is_offered(folder: Path) -> None:
    """It would be a write, so a read-only adapter has none."""
    assert local(folder).sample is not None
    assert local(folder, read_only=True).sample is None


async def attempt(call: Callable[[], object]) -> None:
    """Run a method to its end, whatever its colour."""
    result = call()
    if isinstance(result, Awaitable):
        await result
