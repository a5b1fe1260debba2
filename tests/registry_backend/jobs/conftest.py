"""A registry with one tenant, a folder, and a runner."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from registry_backend.storage.base import Store
from registry_backend.storage.sqlite import open_sqlite
from tests.azurite import Azurite, running_azurite
from tests.registry_backend.jobs.blob_jobs import SMALL_BLOCKS, BlobJobs, make_containers
from tests.registry_backend.jobs.support import Jobs, add_tenant


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store in a file of its own with the tenant T."""
    opened = await open_sqlite(tmp_path / "registry.sqlite")
    await add_tenant(opened, "T")
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """A real blob storage."""
    with running_azurite() as running:
        yield running


@pytest.fixture
async def blob_jobs(store: Store, tmp_path: Path, azurite: Azurite) -> AsyncIterator[BlobJobs]:
    """Two containers of this test, and a runner that moves between them."""
    spool = tmp_path / "registry.sqlite.jobs"
    jobs = Jobs(store, tmp_path, spool=spool, patience=SMALL_BLOCKS)
    source, target = make_containers(azurite)
    yield BlobJobs(jobs, azurite, source, target, spool)
    await jobs.runner.close()


@pytest.fixture
async def jobs(store: Store, tmp_path: Path) -> AsyncIterator[Jobs]:
    """A runner and a folder for its files."""
    folder = tmp_path / "folder"
    folder.mkdir()
    made = Jobs(store, folder)
    yield made
    await made.runner.close()
