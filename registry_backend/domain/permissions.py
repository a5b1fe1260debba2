"""Who calls an Identity Service, and what may be asked of it (identityd 1 and 3)."""

from __future__ import annotations

from enum import StrEnum

from registry_backend.domain.document import Value
from registry_backend.domain.principals import Principal


class Operation(StrEnum):
    """The ten calls, in the order of identityd 1."""

    GET_IDENTITY = "get-identity"
    """#1: whatever identity the caller has."""
    GET_PROVISIONING = "get-provisioning"
    """#2"""
    GET_DEVICE = "get-device"
    """#3"""
    REPROVISION = "reprovision"
    """#4"""
    LIST_MODULES = "list-modules"
    """#5"""
    CREATE_MODULE = "create-module"
    """#6"""
    GET_MODULE = "get-module"
    """#7"""
    UPDATE_MODULE = "update-module"
    """#8"""
    DELETE_MODULE = "delete-module"
    """#9"""
    GET_TRUST_BUNDLE = "get-trust-bundle"
    """#10"""


class Role(StrEnum):
    """What a uid is to the service."""

    ROOT = "root"
    """uid 0, while no principal claims it: may call everything."""
    DAEMON = "daemon"
    """The one untyped principal: may call everything."""
    HOST_PROCESS = "host process"
    """A typed principal: may ask for what its types say."""
    UNKNOWN = "unknown"
    """Everybody else."""


class Caller(Value):
    """A uid, and what the service takes it for."""

    uid: int
    role: Role
    principal: Principal | None = None
    """The table that made it so; None for root and for the unknown."""
