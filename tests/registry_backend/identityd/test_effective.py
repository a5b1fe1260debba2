"""What each principal comes to, and why some come to nothing."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from registry_backend.domain.effective import EffectivePrincipal, Standing
from registry_backend.domain.permissions import Operation, Role
from tests.registry_backend.identityd.gateway import BASE, Gateway, principal, unread

MODULE = 'idtype = ["module"]'
HEADERS = '''\
[[principal]]
uid = 1
name = "one"
idtype = ["module"]
note = """
[[principal]]
uid = 2
"""
'''


def by_name(gateway: Gateway) -> dict[str, EffectivePrincipal]:
    """The principals that have a name."""
    return {at.entry.principal.name: at for at in gateway.view().principals if at.entry.principal}


def test_principals_come_in_the_daemons_order_with_role_user_and_place(tmp_path: Path) -> None:
    """The main file first, then the folder's files by their names."""
    gateway = Gateway(tmp_path).write(
        BASE + principal(2, "agent", MODULE),
        b=principal(99, "late", MODULE),
        a=principal(1, "edge"),
    )
    seen = [(at.number, at.role, at.user, at.entry.line) for at in gateway.view().principals]
    assert seen == [
        (1, Role.HOST_PROCESS, "user-2", 12),
        (2, Role.DAEMON, "user-1", 1),
        (3, Role.HOST_PROCESS, None, 1),
    ]
    agent = by_name(gateway)["agent"]
    assert agent.groups == ("group-2",)
    assert agent.may_call == (
        Operation.GET_IDENTITY,
        Operation.GET_PROVISIONING,
        Operation.GET_MODULE,
        Operation.GET_TRUST_BUNDLE,
    )
    assert by_name(gateway)["edge"].may_call == tuple(Operation)


def test_a_shadowed_principal_names_the_one_that_counts(tmp_path: Path) -> None:
    """It has no rights, and its module is kept in the hub all the same."""
    gateway = Gateway(tmp_path).write(
        BASE, a=principal(1, "first", MODULE), b=principal(1, "last", MODULE)
    )
    first = by_name(gateway)["first"]
    assert (first.standing, first.role, first.may_call) == (Standing.SHADOWED, None, ())
    assert first.makes_module
    assert "“last” in b.toml:1 has the same uid 1" in first.why_inert
    assert [found.rule for found in first.findings] == ["duplicate-uid"]
    assert by_name(gateway)["last"].standing is Standing.COUNTS


def test_a_second_untyped_principal_names_the_first(tmp_path: Path) -> None:
    """And takes nothing from a typed one of its uid."""
    gateway = Gateway(tmp_path).write(
        BASE, a=principal(1, "edge") + principal(2, "typed", MODULE), b=principal(2, "second")
    )
    second = by_name(gateway)["second"]
    assert second.standing is Standing.SECOND_UNTYPED
    assert "“edge” in a.toml:1" in second.why_inert
    assert by_name(gateway)["typed"].standing is Standing.COUNTS


def test_a_table_that_cannot_be_read_is_shown_with_its_problem(tmp_path: Path) -> None:
    """The others keep what they would have."""
    gateway = Gateway(tmp_path).write(BASE, a=principal(1, "x", "idtype = 3") + principal(2, "y"))
    view = gateway.view()
    assert [at.standing for at in view.principals] == [Standing.UNUSABLE, Standing.COUNTS]
    assert "idtype" in view.principals[0].why_inert
    assert not view.starts


def test_principals_of_files_that_are_passed_over_are_shown_as_not_read(tmp_path: Path) -> None:
    """Links and other endings, behind all others, with the reason."""
    gateway = Gateway(tmp_path).write(BASE).put({"b.TOML": principal(2, "upper", MODULE)})
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text(principal(3, "linked", MODULE))
    (gateway.folder / "a.toml").symlink_to(elsewhere)
    found = by_name(gateway)
    assert {name: at.standing for name, at in found.items()} == {
        "upper": Standing.NOT_READ,
        "linked": Standing.NOT_READ,
    }
    assert "symbolic link" in found["linked"].why_inert
    assert found["linked"].number == 0


def test_settings_are_listed_with_their_places(tmp_path: Path) -> None:
    """Those that won; principals are not among them."""
    gateway = Gateway(tmp_path).write(BASE, a='hostname = "other"\n' + principal(1, "x"))
    settings = {at.key: (at.value, at.file.name, at.line) for at in gateway.view().settings}
    assert settings["hostname"] == ('"other"', "a.toml", 1)
    assert settings["provisioning.authentication.method"] == ('"sas"', "config.toml", 8)
    assert not any(key.startswith("principal") for key in settings)


def test_a_key_that_was_written_into_a_file_is_not_shown(tmp_path: Path) -> None:
    """Where a key's name is meant, and in what the daemon does not know."""
    key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ1Njc4OTA="
    line = f'connection_string = "HostName=h;DeviceId=d;SharedAccessKey={key}"\n'
    gateway = Gateway(tmp_path).write(line + BASE.replace('"device-id"', f'"{key}"'))
    view = gateway.view()
    assert key not in "".join(f"{at.key} {at.value}" for at in view.settings)
    assert key not in "".join(f"{at.message} {at.remedy}" for at in view.findings)


def test_a_text_that_looks_like_a_header_is_no_principal(tmp_path: Path) -> None:
    """Within several lines of a string."""
    gateway = Gateway(tmp_path).write(BASE, a=HEADERS)
    assert list(by_name(gateway)) == ["one"]


def _no_utf8(path: Path) -> None:
    path.write_bytes(b'a = 1\n# caf\xe9\nb = "')


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _socket(path: Path) -> None:
    os.mknod(path, 0o140600)


def _broken(path: Path) -> None:
    path.write_text("a = 1\nb = [\n")


def _deep(path: Path) -> None:
    path.write_text("a = " + "[" * 5000)


def _huge(path: Path) -> None:
    path.write_bytes(b"#" * 3_000_000)


KINDS = [_no_utf8, _folder, _pipe, _loop, _socket, _broken, _deep, _huge]


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("where", ["main", "folder"])
def test_whatever_lies_there_the_rest_is_shown(tmp_path: Path, make: object, where: str) -> None:
    """No waiting, no fall, nothing changed; the finding names the file."""
    gateway = Gateway(tmp_path).write(BASE, good=principal(1, "good", MODULE))
    path = gateway.main if where == "main" else gateway.folder / "odd.toml"
    if where == "main":
        path.unlink()
    assert callable(make)
    make(path)
    before = path.lstat()
    view = gateway.view()
    assert by_name(gateway)["good"].standing is Standing.COUNTS
    assert any(found.file == path for found in view.findings)
    after = path.lstat()
    assert (before.st_mode, before.st_size, before.st_mtime_ns) == (
        after.st_mode,
        after.st_size,
        after.st_mtime_ns,
    )


def test_a_file_that_cannot_be_parsed_is_told_by_line_and_column(tmp_path: Path) -> None:
    """That of the fault, for editors to go to."""
    gateway = Gateway(tmp_path).write(BASE, a="a = 1\nb = = 2\n")
    (found,) = gateway.findings()
    assert (found.rule, found.line, found.column) == ("unusable-file", 2, 5)
    (gateway.folder / "a.toml").write_bytes(b"a = 1\nb = '\xe9'\n")
    (found,) = gateway.findings()
    assert (found.rule, found.line, found.column) == ("unusable-file", 2, 6)


def test_a_folder_that_is_a_file_or_a_socket_is_told(tmp_path: Path) -> None:
    """Both keep the daemon from starting."""
    gateway = Gateway(tmp_path)
    gateway.main.write_text(BASE)
    gateway.folder.write_text("")
    assert "unusable-file" in gateway.rules()
    gateway.folder.unlink()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(gateway.folder))
        assert "unusable-file" in gateway.rules()


def test_what_this_user_may_not_read_is_said_and_taken_for_no_fault(shared_folder: Path) -> None:
    """The daemon may well read it; nothing is said to be missing meanwhile."""
    gateway = Gateway(shared_folder).write(BASE, a=principal(1, "x", MODULE))
    with unread(gateway.main):
        assert gateway.rules() == ["not-readable-here"]
        assert gateway.view().starts


def test_ten_thousand_principals_are_all_judged(tmp_path: Path) -> None:
    """Half of them shadow the other half."""
    tables = "".join(principal(100 + n % 5000, f"agent-{n}", MODULE) for n in range(10_000))
    view = Gateway(tmp_path).write(BASE, many=tables).view()
    assert len(view.principals) == 10_000
    counting = [at for at in view.principals if at.standing is Standing.COUNTS]
    assert len(counting) == 5000
    assert sum(found.rule == "duplicate-uid" for found in view.findings) == 5000
