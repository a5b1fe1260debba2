"""Who a uid is, and what it may call: the table of identityd 3 as functions.

The server asks these functions, and so does whoever explains or shows what it would answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from registry_backend.domain.permissions import Caller, Operation, Role
from registry_backend.domain.principals import IdType, Principal

PrincipalMap = Mapping[int, Principal]
"""What the service looks a uid up in."""

OPEN_TO_ALL = frozenset({Operation.GET_PROVISIONING, Operation.GET_TRUST_BUNDLE})
"""Calls that ask for nobody's rights."""

_NAMED = frozenset({IdType.MODULE, IdType.LOCAL})


def principal_map(principals: Iterable[Principal]) -> dict[int, Principal]:
    """The principals by uid: the first untyped one only, and of equal uids the last.

    Args:
        principals: All of the merged configuration, in its order.
    """
    found: dict[int, Principal] = {}
    has_daemon = False
    for principal in principals:
        if principal.idtype is None:
            if has_daemon:
                continue
            has_daemon = True
        found[principal.uid] = principal
    return found


def authenticate(uid: int, principals: PrincipalMap) -> Caller:
    """Who a uid is; nobody is refused here, only taken for unknown."""
    principal = principals.get(uid)
    if principal is not None:
        role = Role.DAEMON if principal.idtype is None else Role.HOST_PROCESS
        return Caller(uid=uid, role=role, principal=principal)
    return Caller(uid=uid, role=Role.UNKNOWN if uid else Role.ROOT)


def authorize(operation: Operation, caller: Caller, *, module_id: str | None = None) -> bool:
    """Whether the caller may make the call; if not, the answer is 401.

    Args:
        operation: The call.
        caller: As `authenticate` says.
        module_id: The one that GET_MODULE names; the `type` asked for does not matter.
    """
    if operation in OPEN_TO_ALL or caller.role in (Role.ROOT, Role.DAEMON):
        return True
    if caller.principal is None:
        return False
    kinds = frozenset(caller.principal.idtype or ())
    if operation is Operation.GET_DEVICE:
        return IdType.DEVICE in kinds
    if operation is Operation.GET_MODULE:
        return module_id == caller.principal.name and bool(kinds & _NAMED)
    return operation is Operation.GET_IDENTITY and bool(kinds)


def identity_of(caller: Caller) -> Literal["device", "module"] | None:
    """What GET_IDENTITY answers with: the device, the module of the caller's name, or nothing."""
    if authorize(Operation.GET_DEVICE, caller):
        return "device"
    return "module" if authorize(Operation.GET_IDENTITY, caller) else None
