"""What an operator decides for a whole registry."""

from __future__ import annotations

from dataclasses import dataclass

from registry_backend.domain.errors import Invalid
from registry_backend.domain.secrets import (
    DEFAULT_BCRYPT_COST,
    HASH_FUNCTIONS,
    MAX_BCRYPT_COST,
    MIN_BCRYPT_COST,
)

UNLIMITED = -1
"""The value of a limit that is none (hono 3.5)."""


@dataclass(frozen=True, slots=True)
class RegistrySettings:
    """Limits and costs that hold for every tenant.

    Raises:
        Invalid: for a cost out of bcrypt's range or over the accepted maximum, or a limit below -1.
    """

    bcrypt_cost: int = DEFAULT_BCRYPT_COST
    """Cost of the hashes this registry makes; each step doubles the time."""
    max_bcrypt_cost: int = DEFAULT_BCRYPT_COST
    """Highest cost of a hash that clients bring (hono 2.5)."""
    hash_functions: tuple[str, ...] = HASH_FUNCTIONS
    """Functions that hashes brought by clients may use."""
    max_devices_per_tenant: int = UNLIMITED
    """For tenants that set no limit of their own; -1: none (hono 3.5)."""

    indexed_attributes: tuple[tuple[str, ...], ...] = ()
    """Members of devices' documents, by their path, that searches find fast."""

    def __post_init__(self) -> None:
        if not MIN_BCRYPT_COST <= self.max_bcrypt_cost <= MAX_BCRYPT_COST:
            raise Invalid.at("max_bcrypt_cost", f"must be {MIN_BCRYPT_COST} to {MAX_BCRYPT_COST}")
        if not MIN_BCRYPT_COST <= self.bcrypt_cost <= self.max_bcrypt_cost:
            bounds = f"{MIN_BCRYPT_COST} to max_bcrypt_cost, {self.max_bcrypt_cost}"
            raise Invalid.at("bcrypt_cost", f"must be {bounds}")
        unknown = sorted(set(self.hash_functions) - set(HASH_FUNCTIONS))
        if unknown:
            raise Invalid.at("hash_functions", f"{unknown[0]!r} cannot be verified here")
        if self.max_devices_per_tenant < UNLIMITED:
            raise Invalid.at("max_devices_per_tenant", "must be -1 (no limit) or more")


DEFAULT_SETTINGS = RegistrySettings()
"""Hono's own defaults."""
