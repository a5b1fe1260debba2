"""The table of identityd 3, cell by cell, and how a uid comes to its column."""

from __future__ import annotations

import pytest

from registry_backend.domain.permissions import Operation, Role
from registry_backend.domain.principals import IdType, Principal
from registry_backend.identityd.authorization import (
    authenticate,
    authorize,
    identity_of,
    principal_map,
)

UID = 7
COLUMNS: dict[str, tuple[IdType, ...] | None] = {
    "daemon": None,
    "device": (IdType.DEVICE,),
    "module": (IdType.MODULE,),
    "local": (IdType.LOCAL,),
    "module+local": (IdType.MODULE, IdType.LOCAL),
    "device+module": (IdType.DEVICE, IdType.MODULE),
    "nothing": (),
}
ALL = {"root", *COLUMNS, "unknown"}
MASTERS = {"root", "daemon"}
ALLOWED: dict[Operation, set[str]] = {
    Operation.GET_IDENTITY: ALL - {"nothing", "unknown"},
    Operation.GET_PROVISIONING: ALL,
    Operation.GET_DEVICE: MASTERS | {"device", "device+module"},
    Operation.REPROVISION: MASTERS,
    Operation.LIST_MODULES: MASTERS,
    Operation.CREATE_MODULE: MASTERS,
    Operation.UPDATE_MODULE: MASTERS,
    Operation.DELETE_MODULE: MASTERS,
    Operation.GET_TRUST_BUNDLE: ALL,
}
"""Whom each row of the table lets in; GET_MODULE has two rows, by the name asked for."""
OWN_MODULE = MASTERS | {"module", "local", "module+local", "device+module"}


def caller_of(column: str) -> tuple[int, dict[int, Principal]]:
    """A uid and a map that put it in a column."""
    if column == "root":
        return 0, {}
    if column == "unknown":
        return UID, {}
    return UID, principal_map([Principal(uid=UID, name="own", idtype=COLUMNS[column])])


@pytest.mark.parametrize("column", sorted(ALL))
@pytest.mark.parametrize("operation", sorted(ALLOWED))
def test_each_cell_of_the_table(operation: Operation, column: str) -> None:
    """Yes or 401."""
    uid, principals = caller_of(column)
    caller = authenticate(uid, principals)
    # The name asked for changes nothing where the call is not GET_MODULE.
    for module_id in (None, "own", "other"):
        allowed = authorize(operation, caller, module_id=module_id)
        assert allowed == (column in ALLOWED[operation])


@pytest.mark.parametrize("column", sorted(ALL))
def test_a_module_is_got_by_its_own_name_only(column: str) -> None:
    """Except by root and the daemon; case matters."""
    uid, principals = caller_of(column)
    caller = authenticate(uid, principals)
    assert authorize(Operation.GET_MODULE, caller, module_id="own") == (column in OWN_MODULE)
    for other in ("other", "OWN", ""):
        assert authorize(Operation.GET_MODULE, caller, module_id=other) == (column in MASTERS)


@pytest.mark.parametrize(
    ("column", "answered"),
    [
        ("root", "device"),
        ("daemon", "device"),
        ("device", "device"),
        ("module", "module"),
        ("local", "module"),
        ("module+local", "module"),
        ("device+module", "device"),
        ("nothing", None),
        ("unknown", None),
    ],
)
def test_what_get_identity_answers_with(column: str, answered: str | None) -> None:
    """The device wins."""
    uid, principals = caller_of(column)
    assert identity_of(authenticate(uid, principals)) == answered


def test_the_first_untyped_principal_is_the_daemon() -> None:
    """Later ones have no rights, and take none away."""
    typed = Principal(uid=2, name="typed", idtype=(IdType.MODULE,))
    first = Principal(uid=1, name="first")
    principals = principal_map([typed, first, Principal(uid=2, name="second")])
    assert authenticate(1, principals).role is Role.DAEMON
    assert authenticate(2, principals).principal == typed


def test_of_equal_uids_the_last_one_counts() -> None:
    """Even over the daemon, whose place nobody takes then."""
    daemon, later = Principal(uid=1, name="a"), Principal(uid=1, name="b", idtype=())
    principals = principal_map([daemon, later, Principal(uid=2, name="c")])
    assert authenticate(1, principals).role is Role.HOST_PROCESS
    assert authenticate(2, principals).role is Role.UNKNOWN


def test_a_principal_of_uid_0_takes_roots_power() -> None:
    """Root may then do what that principal may."""
    principals = principal_map([Principal(uid=0, name="r", idtype=(IdType.MODULE,))])
    caller = authenticate(0, principals)
    assert caller.role is Role.HOST_PROCESS
    assert not authorize(Operation.LIST_MODULES, caller)
