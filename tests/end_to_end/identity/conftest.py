"""The recorded answers of the real daemon, callers of any uid, and services with its two setups."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.identity.client import (
    Api,
    Callers,
    Running,
    open_folder,
    plant_module,
    running,
)

RECORDED: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
CONFIGS: dict[str, str] = RECORDED["configs"]


@pytest.fixture(scope="session")
def callers() -> Iterator[Callers]:
    """Whoever calls."""
    found = Callers()
    yield found
    found.close()


@pytest.fixture(scope="session")
def hubless(callers: Callers) -> Iterator[Running]:
    """A service without a hub: the setup `none` of the recordings."""
    with running(callers, CONFIGS["none"]) as service:
        yield service


@pytest.fixture(scope="session")
def manual(callers: Callers) -> Iterator[Running]:
    """A service with a device: the setup `manual-sas`, with the module that was there before."""
    with open_folder() as folder:
        plant_module(folder, "foreign")
        with running(callers, CONFIGS["manual-sas"], folder=folder) as service:
            yield service


@pytest.fixture
def api(manual: Running) -> Api:
    """The service with a device."""
    return manual.api
