"""The registry keeps what it was told, and refuses what it could not give back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import MAX_DEPTH
from registry_backend.domain.errors import Denied, Invalid
from registry_backend.domain.query import DeviceQuery, Order, PageRequest
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.open import open_registry
from registry_backend.registry import Registry
from tests.registry_backend.registry.makers import ACTOR, SETTINGS, credential, password, psk


def nested(levels: int) -> list[Any]:
    """Lists inside one another."""
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


async def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    """Everything, to the last member and version."""
    first = await open_registry(tmp_path / "registry.sqlite", settings=SETTINGS)
    tenant = await first.tenants.create("acme", TenantAttributes(alias="a"), actor=ACTOR)
    device = await first.devices.create(
        "acme", "d1", DeviceAttributes.parse({"via": "gw", "later": {"x": None}}), actor=ACTOR
    )
    drafts = [password("user", "x"), psk("a", "k"), credential("own", "a", {"b": 1e-7})]
    saved = await first.credentials.replace("acme", "d1", drafts, expected=None, actor=ACTOR)
    device = device.model_copy(update={"revision": 1})  # credentials count it on
    lines = await first.journal.page("acme")
    await first.close()
    second = await open_registry(tmp_path / "registry.sqlite", settings=SETTINGS)
    try:
        assert await second.tenants.get("acme") == tenant
        assert await second.devices.get("acme", "d1") == device
        assert await second.credentials.get("acme", "d1") == saved
        assert await second.journal.page("acme") == lines
    finally:
        await second.close()


async def test_a_registry_opened_to_read_refuses_every_write(tmp_path: Path) -> None:
    """The file stays byte for byte as it was."""
    path = tmp_path / "registry.sqlite"
    writable = await open_registry(path, settings=SETTINGS)
    await writable.tenants.create("acme", TenantAttributes(), actor=ACTOR)
    device = await writable.devices.create("acme", "d1", DeviceAttributes(), actor=ACTOR)
    await writable.close()
    before = path.read_bytes()
    registry = await open_registry(path, settings=SETTINGS, read_only=True)
    try:
        assert await registry.devices.get("acme", "d1") == device
        for write in (
            registry.tenants.create("other", TenantAttributes(), actor=ACTOR),
            registry.tenants.delete("acme", expected=None, actor=ACTOR),
            registry.devices.create("acme", "d2", DeviceAttributes(), actor=ACTOR),
            registry.devices.delete("acme", "d1", expected=None, actor=ACTOR),
            registry.devices.delete_all("acme", actor=ACTOR),
            registry.credentials.replace("acme", "d1", [], expected=None, actor=ACTOR),
        ):
            with pytest.raises(Denied):
                await write
    finally:
        await registry.close()
    assert path.read_bytes() == before


@pytest.mark.usefixtures("tenant")
async def test_what_is_nested_too_deep_is_refused(registry: Registry) -> None:
    """And what is just deep enough reads back, so that no row can spoil a list."""
    deepest = DeviceAttributes.parse({"ext": {"a": nested(MAX_DEPTH - 2)}})
    device = await registry.devices.create("acme", "d1", deepest, actor=ACTOR)
    page = await registry.devices.page("acme", DeviceQuery(), Order(), PageRequest())
    assert list(page.rows) == [device]
    for levels in (MAX_DEPTH - 1, 150, 400, 900):
        ext = {"a": nested(levels)}
        with pytest.raises(Invalid, match="nested more than 100 levels"):
            await registry.devices.create(
                "acme", None, DeviceAttributes.parse({"ext": ext}), actor=ACTOR
            )
        later = DeviceAttributes.parse({"later": ext})
        with pytest.raises(Invalid, match="nested"):
            await registry.devices.update("acme", "d1", later, expected=None, actor=ACTOR)
        with pytest.raises(Invalid, match="nested"):
            await registry.tenants.create("deep", TenantAttributes.parse({"ext": ext}), actor=ACTOR)
        draft = credential("own", "a", {"a": nested(levels)})
        with pytest.raises(Invalid, match=r"\[0\]: is nested"):
            await registry.credentials.replace("acme", "d1", [draft], expected=None, actor=ACTOR)
