"""Eclipse Hono's device registry management API, in both vintages (hono 1)."""

from __future__ import annotations

from registry_backend.api.hono.service import HonoOptions, HonoService

__all__ = ["HonoOptions", "HonoService"]
