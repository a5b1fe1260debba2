"""The panes by name; each is loaded when it is first shown, so that the start stays quick."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from console.keys import PANES
from console.panes.base import RecordPane

PANE_NAMES = tuple(pane.lower() for pane in PANES)
"""Also the names of the adapter's ports: a pane exists where its port does."""


def load_pane(name: str) -> type[RecordPane[Any]]:
    """The pane's class."""
    module = import_module(f"console.panes.{name}")
    pane: type[RecordPane[Any]] = getattr(module, f"{name.capitalize()}Pane")
    return pane
