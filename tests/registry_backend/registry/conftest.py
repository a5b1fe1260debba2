"""A registry in a temporary folder, with cheap bcrypt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from registry_backend.domain.tenants import TenantAttributes
from registry_backend.open import open_registry
from registry_backend.registry import Registry
from tests.registry_backend.registry.makers import ACTOR, SETTINGS


@pytest_asyncio.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    """An empty registry."""
    opened = await open_registry(tmp_path / "registry.sqlite", settings=SETTINGS)
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def tenant(registry: Registry) -> str:
    """The id of a tenant without any attributes."""
    await registry.tenants.create("acme", TenantAttributes(), actor=ACTOR)
    return "acme"
