"""Shared access policies: who may do what through IoT Hub's API (iothub 7.2)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from registry_backend.domain.document import Value
from registry_backend.domain.secrets import generate_key


class Right(StrEnum):
    """What a policy may allow (iothub 7.2)."""

    REGISTRY_READ = "RegistryRead"
    REGISTRY_WRITE = "RegistryWrite"
    SERVICE_CONNECT = "ServiceConnect"
    DEVICE_CONNECT = "DeviceConnect"


class Policy(Value):
    """A named pair of keys and what they allow."""

    name: str
    rights: frozenset[Right]
    primary_key: str = Field(repr=False)
    """Standard base64, as are all keys here."""
    secondary_key: str = Field(repr=False)

    def allows(self, right: Right) -> bool:
        """Whether the policy has that right; writing includes reading (iothub 7.2)."""
        return right in self.rights or (
            right is Right.REGISTRY_READ and Right.REGISTRY_WRITE in self.rights
        )


BUILT_IN: dict[str, frozenset[Right]] = {
    "iothubowner": frozenset(Right),
    "service": frozenset({Right.SERVICE_CONNECT}),
    "device": frozenset({Right.DEVICE_CONNECT}),
    "registryRead": frozenset({Right.REGISTRY_READ}),
    "registryReadWrite": frozenset({Right.REGISTRY_READ, Right.REGISTRY_WRITE}),
}
"""The policies that every hub begins with (iothub 7.2)."""


class Rotation(StrEnum):
    """Which keys of a pair are made anew, or that the two change places (iothub 2.2, 4.2)."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    BOTH = "both"
    SWAP = "swap"


def new_policy(name: str, rights: frozenset[Right]) -> Policy:
    """A policy with two random keys."""
    return Policy(
        name=name, rights=rights, primary_key=generate_key(), secondary_key=generate_key()
    )


def rotated(policy: Policy, rotation: Rotation) -> Policy:
    """The policy with other keys."""
    primary, secondary = policy.primary_key, policy.secondary_key
    if rotation is Rotation.SWAP:
        primary, secondary = secondary, primary
    if rotation in (Rotation.PRIMARY, Rotation.BOTH):
        primary = generate_key()
    if rotation in (Rotation.SECONDARY, Rotation.BOTH):
        secondary = generate_key()
    return policy.model_copy(update={"primary_key": primary, "secondary_key": secondary})
