"""A guard around a port: what is named as reading passes, everything else is refused.

A method added to a port later is refused until somebody names it here, so that no write can slip
out of a read-only session by being forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn, TypeVar, cast

from console.adapters.base import RegistryAdapter, refuse_write

PortT = TypeVar("PortT")

READING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "tenants": frozenset({"abilities", "page", "count", "get", "usage"}),
        "devices": frozenset({"abilities", "page", "count", "position", "get", "gateways"}),
        "credentials": frozenset({"get", "page", "count"}),
        "jobs": frozenset({"abilities", "list", "get", "errors", "dry_run"}),
        "statistics": frozenset({"get"}),
        "journal": frozenset({"page", "watch"}),
        "principals": frozenset({"load", "use", "view", "explain", "answers", "text"}),
        "connections": frozenset({"connection_string", "sas_token"}),
        "modules": frozenset({"list", "get"}),
        "provisioning": frozenset({"info", "own", "device"}),
    }
)
"""Members of each port of an adapter that only read."""


class _ReadOnly:
    __slots__ = ("_port", "_reading")

    def __init__(self, port: object, reading: frozenset[str]) -> None:
        self._port = port
        self._reading = reading

    def __getattr__(self, name: str) -> object:
        if name in self._reading:
            return getattr(self._port, name)
        getattr(self._port, name)  # a misspelt member is an error of its own
        return _refuse


def _refuse(*_args: object, **_kwargs: object) -> NoReturn:
    raise refuse_write()


def read_only(port: PortT, name: str) -> PortT:
    """The port, able to read only; `name` is the adapter's attribute that holds it."""
    return cast("PortT", _ReadOnly(port, READING[name]))


def guard_ports(adapter: RegistryAdapter) -> None:
    """Leave an adapter with ports that can read only; called once it has all that it will have."""
    for name in READING:
        port = getattr(adapter, name)
        if port is not None:
            setattr(adapter, name, read_only(port, name))
