"""The recorded answers of the real daemon, callers of any uid, and services with its two setups."""

from __future__ import annotations

import json
import os
import re
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
DAEMON = 1001
"""The uid of the daemon's principal in both setups."""


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


@pytest.fixture(scope="session")
def own(callers: Callers) -> Iterator[Running]:
    """As `manual`, but whoever runs the tests is the daemon's principal: nobody need be root."""
    with open_folder() as folder:
        plant_module(folder, "foreign")
        with running(callers, _as_daemon(os.geteuid()), folder=folder) as service:
            yield service


def _as_daemon(uid: int) -> str:
    """The setup in which a uid and that of the daemon's principal have changed places."""
    places = {str(uid): str(DAEMON), str(DAEMON): str(uid)}
    return re.sub(
        r"(?<=uid = )\d+",
        lambda found: places.get(found[0], found[0]),
        CONFIGS["manual-sas"],
    )


@pytest.fixture
def api(manual: Running) -> Api:
    """The service with a device."""
    return manual.api
