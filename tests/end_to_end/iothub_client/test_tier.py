"""A hub of the free tier: how many devices it holds, and how it slows the library down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from registry_backend.api.iothub import HubOptions
from tests.end_to_end.iothub_client.authority import Trust
from tests.end_to_end.iothub_client.client import MODELS, Hub, refused
from tests.end_to_end.iothub_client.conftest import serving


@pytest.fixture
def served(trust: Trust, tmp_path: Path) -> Iterator[Hub]:
    """A hub of tier F1, of which nothing was asked yet."""
    with serving(trust, tmp_path / "registry.sqlite", HubOptions(tier="F1")) as found:
        yield found


def test_the_device_over_the_quota_is_refused(registry: Any) -> None:
    """Five hundred, whichever call makes them; room that is made can be used."""
    for hundred in range(5):
        names = [f"d-{hundred}-{number}" for number in range(100)]
        lines = [
            MODELS.ExportImportDevice(id=name, import_mode="create", status="enabled")
            for name in names
        ]
        assert registry.bulk_create_or_update_devices(lines).is_successful
    over = refused(registry.create_device_with_sas, "one-more", "", "", "enabled")
    assert over == (403, "IotHubQuotaExceeded")
    registry.delete_device("d-0-0")
    assert registry.create_device_with_sas("one-more", "", "", "enabled").device_id == "one-more"


def test_the_library_waits_when_it_is_told_to_and_comes_through(registry: Any) -> None:
    """A hundred calls a minute are granted at once; those after them take their time."""
    for _ in range(102):
        assert registry.get_device_registry_statistics().total_device_count >= 0
