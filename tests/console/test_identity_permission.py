"""Who may not use a socket is told the way in that costs least, and never into root's group."""

from __future__ import annotations

import asyncio
import concurrent.futures.thread  # noqa: F401 - loaded before the rights to read it are given up
import grp
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.adapters.identity_caller import Caller
from console.adapters.identity_reach import not_connected
from registry_backend.domain.errors import RegistryError, Unreachable
from tests.contract.identity_serving import SOCKET, on_socket, short_folder

ALICE = Caller(1000, "alice")
NAMELESS = Caller(1005, "")
PERMISSION = "console.adapters.identity_permission"
only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the socket is."""
    with short_folder() as found:
        yield found


@pytest.fixture
def path(folder: Path) -> Path:
    """A socket of the group that this process is in, whose mode lets that group in."""
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / SOCKET))
    (folder / SOCKET).chmod(0o660)
    return folder / SOCKET


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """This process is in no group; what a group is called and who is in it is for the test."""
    monkeypatch.setattr(f"{PERMISSION}.groups_of_process", frozenset)
    return monkeypatch


def refused(path: Path, caller: Caller = ALICE) -> Unreachable:
    """What a caller is told whom the kernel lets not in; root is let in everywhere."""
    error = not_connected(path, PermissionError(13, "Permission denied"), caller)
    assert error.layer == "permission"
    return error


def of_group(path: Path, number: int) -> Path:
    """The socket, of another group."""
    os.chown(path, -1, number)
    return path


@only_root
def test_the_group_that_opens_the_socket_is_named(path: Path, outside: pytest.MonkeyPatch) -> None:
    """With its mode, and what to do; that it gives no right there is said, too."""
    outside.setattr(f"{PERMISSION}.group_name", lambda _gid: "aziotid")
    error = refused(of_group(path, 990))
    assert "uid 1000 (alice) may not use the socket" in error.message
    assert "group aziotid, mode 0660" in error.message
    assert "`sudo usermod -aG aziotid alice`, then log out and in" in error.hint
    assert "for principals to say" in error.hint


@only_root
def test_whoever_joined_the_group_is_told_to_log_in_again(
    path: Path, outside: pytest.MonkeyPatch
) -> None:
    """Membership counts from the next login on."""
    outside.setattr(f"{PERMISSION}.group_name", lambda _gid: "aziotid")
    outside.setattr(f"{PERMISSION}.members_of", lambda _gid: frozenset({"alice"}))
    error = refused(of_group(path, 990))
    assert "has not logged in since" in error.hint
    assert "usermod" not in error.hint


@only_root
@pytest.mark.parametrize("caller", [ALICE, NAMELESS], ids=str)
def test_nobody_is_sent_into_the_group_of_root(
    path: Path, outside: pytest.MonkeyPatch, caller: Caller
) -> None:
    """The socket was made wrongly: as packaged, it belongs to the group aziotid."""
    del outside
    error = refused(of_group(path, 0), caller)
    assert "usermod" not in error.hint
    assert "Nobody should join the group of root" in error.hint
    assert "SocketGroup=aziotid" in error.hint


@only_root
def test_a_uid_without_a_name_is_given_a_group_where_its_process_starts(
    path: Path, outside: pytest.MonkeyPatch
) -> None:
    """The user database knows no such user, so that nobody can put it into a group."""
    outside.setattr(f"{PERMISSION}.group_name", lambda _gid: "aziotid")
    error = refused(of_group(path, 990), NAMELESS)
    assert "no user has uid 1005" in error.hint
    assert "--group-add 990" in error.hint
    assert "SupplementaryGroups=aziotid" in error.hint
    assert "sudo usermod" not in error.hint


@only_root
def test_a_group_without_a_name_is_named_by_its_number(
    path: Path, outside: pytest.MonkeyPatch
) -> None:
    """As of a folder that a container shares with its host."""
    del outside
    unknown = max(each.gr_gid for each in grp.getgrall() if each.gr_gid < 60_000) + 1
    error = refused(of_group(path, unknown))
    assert f"group {unknown} has no name" in error.hint
    assert f"SupplementaryGroups={unknown}" in error.hint


@only_root
def test_a_mode_that_lets_the_group_not_in_is_named_instead(
    path: Path, outside: pytest.MonkeyPatch
) -> None:
    """To join would not help."""
    del outside
    path.chmod(0o600)
    error = refused(of_group(path, 990))
    assert "does not let its group 990 in either" in error.hint
    assert "SocketMode=0660" in error.hint


@only_root
def test_a_member_who_is_kept_out_all_the_same_is_told_what_else_there_is(path: Path) -> None:
    """Such as a security module."""
    os.setgroups([*os.getgroups(), 990])
    try:
        assert "in the group 990 already" in refused(of_group(path, 990)).hint
    finally:
        os.setgroups([each for each in os.getgroups() if each != 990])


@only_root
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_real_refusal_names_the_folder_or_the_socket(folder: Path) -> None:
    """As nobody, in a process of its own."""
    folder.chmod(0o700)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / SOCKET))
        bound.listen()
        told = _as_nobody(folder)
        assert f"may not enter the folder {folder}" in told
        assert "/run/aziot (mode 0755)" in told
        assert not re.search("usermod|group of root", told)
        folder.chmod(0o755)
        (folder / SOCKET).chmod(0o660)
        told = _as_nobody(folder)
    assert "may not use the socket (owner root, group root, mode 0660)" in told
    assert "usermod" not in told


def _as_nobody(folder: Path) -> str:
    """What a process of uid 65534 is told."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(writing, asyncio.run(_told(folder)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        return pipe.read().decode()


async def _told(folder: Path) -> str:
    try:
        await on_socket(folder).open()
    except RegistryError as error:
        return str(error)
    return "connected"
