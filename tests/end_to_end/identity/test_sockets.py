"""A socket's file: made with mode and owner, replaced only when it is dead, removed at the end."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry_backend.domain.errors import Denied, Invalid, RegistryError, Unreachable
from registry_backend.identityd.behaviour_config import ConfigPaths
from registry_backend.server_sockets import SocketPlace, address_of, bound_socket, passed_socket
from registry_backend.server_unix import UnixListener
from registry_backend.server_unix_options import parse_unix
from tests.end_to_end.identity.client import Callers, Running, configure, open_folder
from tests.end_to_end.identity.conftest import CONFIGS

STRANGER = 65534
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a path short enough for a socket."""
    with open_folder() as found:
        yield found


@pytest.fixture
def path(folder: Path) -> Path:
    """Where the socket shall be."""
    return folder / "s.sock"


def serve(folder: Path, callers: Callers, place: SocketPlace) -> None:
    """A service that starts and ends."""
    configure(folder, CONFIGS["none"])
    service = Running(folder, callers)
    with service.serving(UnixListener(service.config, place)):
        assert service.address == f"unix:{place.path}"


def test_a_socket_is_open_to_whom_it_shall_be(path: Path) -> None:
    """Its mode does not depend on the umask."""
    with bound_socket(SocketPlace(path, mode=0o606)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o606


@AS_ROOT
def test_a_socket_belongs_to_whom_it_shall(path: Path) -> None:
    """User and group, or one of them."""
    with bound_socket(SocketPlace(path, owner=(1000, -1))):
        assert (path.stat().st_uid, path.stat().st_gid) == (1000, 0)


def test_the_file_goes_with_the_service(folder: Path, callers: Callers, path: Path) -> None:
    """The daemon leaves its file behind; ours does not."""
    serve(folder, callers, SocketPlace(path))
    assert not path.exists()


def test_a_dead_socket_is_replaced(folder: Path, callers: Callers, path: Path) -> None:
    """What a service that was killed has left behind is in nobody's way."""
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    serve(folder, callers, SocketPlace(path))


def test_a_living_socket_is_not_taken_away(folder: Path, callers: Callers, path: Path) -> None:
    """Two services on one socket would leave the first one deaf."""
    with socket.socket(socket.AF_UNIX) as living:
        living.bind(str(path))
        living.listen()
        with pytest.raises(Unreachable, match="somebody listens there already"):
            serve(folder, callers, SocketPlace(path))
        assert path.is_socket()


def test_a_successors_socket_is_not_taken_away(folder: Path, callers: Callers, path: Path) -> None:
    """It may have come while the former service finished its requests, and not listen yet."""
    configure(folder, CONFIGS["none"])
    service = Running(folder, callers)
    with socket.socket(socket.AF_UNIX) as successor:
        with service.serving(UnixListener(service.config, SocketPlace(path))):
            path.unlink()
            successor.bind(str(path))
        assert path.is_socket()


@AS_ROOT
def test_a_socket_that_nobody_can_ask_is_left_alone(folder: Path, path: Path) -> None:
    """Whoever may not connect to it cannot tell whether it is in use."""
    folder.chmod(0o777)
    with bound_socket(SocketPlace(path, mode=0o600)):
        os.seteuid(STRANGER)
        try:
            with pytest.raises(Denied, match="may not connect to"):
                bound_socket(SocketPlace(path))
        finally:
            os.seteuid(0)
    assert path.is_socket()


def test_an_address_can_be_shown_whatever_bytes_it_is_made_of(folder: Path) -> None:
    """Paths that are no text, and names without a file, as systemd passes them."""
    with bound_socket(SocketPlace(folder / os.fsdecode(b"\xff"))) as odd:
        assert address_of(odd) == f"unix:{folder}/\\xff"
    with socket.socket(socket.AF_UNIX) as nameless:
        nameless.bind(f"\0{folder}")
        assert address_of(nameless) == f"unix:@{folder}"


@pytest.mark.parametrize("kind", ["file", "folder", "link", "pipe"])
def test_what_is_no_socket_is_left_alone(path: Path, kind: str) -> None:
    """Whatever stands there may be somebody's work."""
    match kind:
        case "file":
            path.write_text("precious")
        case "folder":
            (path / "precious").mkdir(parents=True)
        case "link":
            path.symlink_to("elsewhere")
        case _:
            os.mkfifo(path)
    before = path.stat(follow_symlinks=False)
    with pytest.raises(Unreachable, match="left as it is") as refused:
        bound_socket(SocketPlace(path))
    assert refused.value.layer == "file"
    assert path.stat(follow_symlinks=False) == before


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("absent/s.sock", Invalid, "Make its folder first"),
        ("a" * 200, Invalid, "at most 107 bytes"),
        ("/proc/s.sock", RegistryError, "Cannot listen on"),
    ],
)
def test_a_place_that_will_not_do_is_explained(
    folder: Path, name: str, kind: type[RegistryError], told: str
) -> None:
    """The path and the reason are told, and what to do."""
    with pytest.raises(kind, match=told):
        bound_socket(SocketPlace(folder / name))


def test_an_owner_that_may_not_be_given_leaves_no_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a socket is none."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    with pytest.raises(Denied):
        bound_socket(SocketPlace(path, owner=(1000, 1000)))
    assert not path.exists()


def options(path: Path | None = Path("s"), *, mode: str = "0660", owner: str = "") -> UnixListener:
    """What an operator typed, understood."""
    return parse_unix(
        path,
        config=Path("c"),
        config_dir=Path("d"),
        mode=mode,
        owner=owner,
        default_tenant="acme",
    )


def test_what_an_operator_types_is_understood() -> None:
    """Modes are octal, owners go by name or number."""
    assert options(mode="0666", owner="root:12").place == SocketPlace(Path("s"), 0o666, (0, 12))
    assert options(owner=":root").place == SocketPlace(Path("s"), 0o660, (-1, 0))
    assert options(None).place is None
    assert options().config == ConfigPaths(Path("c"), Path("d"))
    assert options().default_tenant == "acme"


@pytest.mark.parametrize(
    ("mode", "owner", "told"),
    [
        ("rw", "", "octal"),
        ("0888", "", "octal"),
        ("0660", "nobody-of-that-name", "no user"),
        ("0660", ":nobody-of-that-name", "no group"),
        ("0660", "4294967295", "no user"),
        ("0660", "9" * 5000, "no user"),
    ],
)
def test_what_makes_no_sense_is_refused(mode: str, owner: str, told: str) -> None:
    """The message names the option."""
    with pytest.raises(Invalid, match=told) as refused:
        options(mode=mode, owner=owner)
    assert "--unix-" in str(refused.value)


def test_sockets_passed_to_others_are_not_taken() -> None:
    """The environment may have come down from a parent."""
    environment = {"LISTEN_PID": str(os.getpid() + 1), "LISTEN_FDS": "1"}
    assert passed_socket(environment) is None
    assert passed_socket({}) is None
    assert environment["LISTEN_FDS"] == "1"


def test_more_than_one_passed_socket_is_refused() -> None:
    """Nobody could tell which one is meant; the environment is cleaned all the same."""
    environment = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2", "LISTEN_FDNAMES": "a:b"}
    with pytest.raises(Invalid, match="2 sockets"):
        passed_socket(environment)
    assert environment == {}
