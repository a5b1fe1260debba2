"""The panes by name; each is loaded when it is first shown, so that the start stays quick."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from console.adapters.base import RegistryAdapter
from console.keys import PANES
from console.panes.base import RecordPane

PANE_NAMES = tuple(pane.lower() for pane in PANES)
_PORTS = {"identity": "provisioning"}
"""The port that a pane is for, where it is not called like the pane."""
_FIRST = ("devices", "identity")
"""What people come for; the first of the panes there are, where there is neither."""


def panes_of(adapter: RegistryAdapter) -> list[str]:
    """The names of the panes there are: a pane exists where its port does."""
    return [name for name in PANE_NAMES if getattr(adapter, _PORTS.get(name, name)) is not None]


def why_no_pane(name: str) -> str:
    """Why a pane is not there, by its name, and where it is."""
    if name == "identity":
        return (
            "Identities are shown where the console is connected to an Identity Service; this "
            "registry is none. See idconsole context list."
        )
    return f"This registry has no {name} to show."


def first_pane(adapter: RegistryAdapter, *, has_tenant: bool) -> str:
    """The pane to begin with; devices need a tenant."""
    names = panes_of(adapter)
    wanted = [name for name in _FIRST if name in names and (has_tenant or name != "devices")]
    return [*wanted, *names][0]


def load_pane(name: str) -> type[RecordPane[Any]]:
    """The pane's class."""
    module = import_module(f"console.panes.{name}")
    pane: type[RecordPane[Any]] = getattr(module, f"{name.capitalize()}Pane")
    return pane
