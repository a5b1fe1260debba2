"""Every use case of the bundled registry: one short method and one transaction each.

Rules live here and in `domain`; a store holds rows and knows no rules. Nothing in this room knows
a concrete store, a wire format or a server.
"""

from __future__ import annotations

from registry_backend.registry.registry import Registry
from registry_backend.registry.settings import DEFAULT_SETTINGS, RegistrySettings

__all__ = ["DEFAULT_SETTINGS", "Registry", "RegistrySettings"]
