"""A configuration is found and read as the daemon does, whatever stands in the folder."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from registry_backend.domain.errors import Denied, LimitReached
from registry_backend.domain.principals import ConfigFile, IdType, Principal, PrincipalConfig
from registry_backend.identityd.files import LARGEST_FILE, read_file
from registry_backend.identityd.principals import PrincipalFiles

GOOD = '[[principal]]\nuid = 1000\nname = "good"\nidtype = ["module"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty override folder beside a main file that is not there."""
    folder = tmp_path / "config.d"
    folder.mkdir()
    return folder


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An override folder that every user can reach; pytest's own are for one user only."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    with tempfile.TemporaryDirectory() as root:
        Path(root).chmod(0o755)
        folder = Path(root) / "config.d"
        folder.mkdir()
        yield folder


async def load(folder: Path) -> PrincipalConfig:
    """The configuration around an override folder."""
    return await PrincipalFiles(folder.parent / "config.toml", folder).load()


async def only_file(folder: Path, data: bytes | str) -> ConfigFile:
    """What becomes of a file with these bytes."""
    (folder / "x.toml").write_bytes(data if isinstance(data, bytes) else data.encode())
    (file,) = (await load(folder)).files
    return file


async def test_files_come_in_the_daemons_order_and_others_are_passed_over(folder: Path) -> None:
    """Byte order, exact extension, regular entries only; hidden files count."""
    for name in ("b.toml", "10.toml", "Z.toml", ".hidden.toml", "00-super.toml", "ä.toml"):
        (folder / name).write_text(GOOD)
    for name in (".toml", "x.TOML", "x.toml.bak", "x.toml~", "toml"):
        (folder / name).write_text(GOOD)
    (folder / "dir.toml").mkdir()
    (folder / "link.toml").symlink_to(folder / "b.toml")
    (folder / "dangling.toml").symlink_to(folder / "nowhere")
    os.mkfifo(folder / "pipe.toml")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket.toml"))
    main = folder.parent / "config.toml"
    main.write_text(GOOD)

    config = await load(folder)

    assert [file.path.name for file in config.files] == [
        "config.toml", ".hidden.toml", "00-super.toml", "10.toml", "Z.toml", "b.toml", "ä.toml",
    ]  # fmt: skip
    assert [found.principal.name for found in config.principals if found.principal] == ["good"] * 7
    reasons = {path.name: reason for path, reason in config.skipped}
    assert set(reasons) == {
        ".toml", "x.TOML", "x.toml.bak", "x.toml~", "toml", "dir.toml", "link.toml",
        "dangling.toml", "pipe.toml", "socket.toml",
    }  # fmt: skip
    assert "symbolic link" in reasons["link.toml"]
    assert "named pipe" in reasons["pipe.toml"]
    assert "a folder" in reasons["dir.toml"]
    assert "a socket" in reasons["socket.toml"]
    assert ".toml" in reasons["x.TOML"]


async def test_an_absent_main_file_and_an_absent_folder_are_no_trouble(tmp_path: Path) -> None:
    """The daemon takes both for empty."""
    config = await PrincipalFiles(tmp_path / "config.toml", tmp_path / "config.d").load()
    assert config.files == ()
    assert {path.name for path, _ in config.skipped} == {"config.toml", "config.d"}


async def test_a_folder_that_is_a_file_is_told_of(tmp_path: Path) -> None:
    """The daemon stops there, and we go on."""
    (tmp_path / "config.d").write_text("")
    config = await PrincipalFiles(tmp_path / "config.toml", tmp_path / "config.d").load()
    (file,) = config.files
    assert "not a directory" in file.problem


async def test_each_principal_says_where_it_stands(folder: Path) -> None:
    """File, line, index, text with comments, and its values."""
    file = await only_file(
        folder, f'# head\n\n# mine\n{GOOD}localid = {{ type = "x509" }}\nk = 1\n'
    )
    (found,) = file.principals
    assert found.principal is not None
    assert found.principal.idtype == (IdType.MODULE,)
    assert found.principal.has_localid
    assert found.principal.other == {"k": 1}
    assert (found.line, found.index) == (4, 0)
    assert found.text.startswith("# mine\n[[principal]]")
    assert file.editable


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('name = "a"', "uid: is missing"),
        ("uid = 1", "name: is missing"),
        ('uid = "1"\nname = "a"', "uid: must be a number such as 1000, and is a string"),
        ('uid = true\nname = "a"', "is a truth value"),
        ('uid = -1\nname = "a"', "uid: must be between 0 and 4294967295"),
        ('uid = 4294967296\nname = "a"', "uid: must be between"),
        ("uid = 1\nname = 2", "name: must be a string, and is a number"),
        ('uid = 1\nname = "a"\nidtype = "device"', 'must be an array such as ["module"]'),
        ('uid = 1\nname = "a"\nidtype = ["Device"]', "idtype[0]: must be one of device, module"),
        ('uid = 1\nname = "a"\nidtype = [["x"], {}]', "idtype[1]"),
        ('uid = 1\nname = "a"\nlocalid = 1', "localid: must be a table"),
        ('uid = 1\nname = "a"\nlocalid = {}', 'localid.type: must be "x509"'),
        ('uid = 1\nname = "a"\nlocalid = {type="x509", attributes=[]}', "localid.attributes"),
        ("uid = 1.5\nname = 2020-01-01", "name: must be a string, and is a date"),
    ],
)
async def test_a_table_that_makes_no_sense_is_told_of_and_the_rest_is_shown(
    folder: Path, table: str, said: str
) -> None:
    """The file stays open for editing."""
    file = await only_file(folder, f"[[principal]]\n{table}\n{GOOD}")
    bad, good = file.principals
    assert bad.principal is None
    assert said in bad.problem
    assert good.principal is not None
    assert file.problem == ""
    assert file.editable


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"a = 1\nb = \xff\n", "not UTF-8: byte 11"),
        (b"\xff\xfea\x00", "not UTF-8: byte 1 "),
        (b"a = 1\n[[principal]\n", "line 2, column 12"),
        (b"\x7fELF\x00\x01", "not TOML"),
        (b"[principal]\nuid = 1\n", "double brackets"),
        (b"principal.uid = 1\n", "[[principal]] is meant"),
        (b'principal = "x"\n', "no array of tables"),
        (b"a=" + b"[" * 500_000, "nested too deeply"),
        (b"x" * (LARGEST_FILE * 5), "10,485,760 bytes long"),
    ],
)
async def test_a_file_that_cannot_be_understood_says_why(
    folder: Path, data: bytes, said: str
) -> None:
    """And is not offered for editing."""
    file = await only_file(folder, data)
    assert said in file.problem
    assert str(folder / "x.toml") in file.problem
    assert not file.editable
    assert file.principals == ()


async def test_items_that_are_no_tables_are_told_of_one_by_one(folder: Path) -> None:
    """`principal = [1]` is an array, and not of tables."""
    file = await only_file(folder, 'principal = [1, { uid = 1, name = "a" }]\n')
    assert file.principals[0].problem == "principal: must be a table, and is a number"
    assert file.principals[1].principal is not None


async def test_a_main_file_that_is_no_file_is_told_of_without_waiting(folder: Path) -> None:
    """Opening a pipe would wait for a writer for ever."""
    main = folder.parent / "config.toml"
    makers: list[tuple[Callable[[], None], str]] = [
        (lambda: os.mkfifo(main), "a named pipe"),
        (main.mkdir, "a folder"),
        (lambda: main.symlink_to(main), "symbolic links"),
        (lambda: main.symlink_to("/dev/zero"), "a device file"),
    ]
    for number, (make, said) in enumerate(makers):
        make()
        (file,) = (await load(folder)).files
        assert said in file.problem
        main.rename(main.with_name(f"done-{number}"))


async def test_a_main_file_behind_a_link_is_read(folder: Path) -> None:
    """The daemon opens it by name, unlike the files of the folder."""
    (folder.parent / "real").write_text(GOOD)
    (folder.parent / "config.toml").symlink_to("real")
    (file,) = (await load(folder)).files
    assert len(file.principals) == 1
    assert file.editable


async def test_the_generated_file_is_shown_and_not_editable(folder: Path) -> None:
    """`config apply` would overwrite it."""
    (folder / "00-super.toml").write_text(GOOD)
    (file,) = (await load(folder)).files
    assert len(file.principals) == 1
    assert not file.editable
    assert "config apply" in file.why_not_editable


async def test_a_name_that_is_no_text_is_shown_escaped(folder: Path) -> None:
    """File names are bytes."""
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.toml")).write_text("a =")
    (file,) = (await load(folder)).files
    assert "\\xff.toml" in file.problem
    file.problem.encode()


async def test_files_that_may_not_be_read_or_written_say_so(open_folder: Path) -> None:
    """Looked at as another user, since root may do everything."""
    for name in ("secret.toml", "shown.toml", "ours.toml"):
        (open_folder / name).write_text(GOOD)
    (open_folder / "secret.toml").chmod(0o600)
    os.chown(open_folder / "ours.toml", 65534, 65534)
    os.seteuid(65534)
    try:
        files = {file.path.name: file for file in (await load(open_folder)).files}
    finally:
        os.seteuid(0)
    assert "permission denied" in files["secret.toml"].problem
    assert "may not write it" in files["shown.toml"].why_not_editable
    assert "may not write the folder" in files["ours.toml"].why_not_editable
    assert not any(file.editable for file in files.values())


async def test_a_save_that_may_not_keep_the_owner_is_refused(open_folder: Path) -> None:
    """Else a file would quietly change hands, and the daemon might not read it."""
    file = open_folder / "theirs.toml"
    file.write_text(GOOD)
    file.chmod(0o666)
    open_folder.chmod(0o777)
    port = PrincipalFiles(open_folder.parent / "config.toml", open_folder)
    os.seteuid(65534)
    try:
        change = await port.plan_add(Principal(uid=1, name="x", idtype=()), file="theirs.toml")
        with pytest.raises(Denied, match="operation not permitted"):
            await port.apply(change)
    finally:
        os.seteuid(0)
    assert file.read_text() == GOOD
    assert [path.name for path in open_folder.iterdir()] == ["theirs.toml"]


def test_a_file_that_grows_past_the_limit_while_it_is_read_is_refused(tmp_path: Path) -> None:
    """The size the system told before is not believed."""
    file = tmp_path / "x.toml"
    file.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(LimitReached, match="2,097,153 bytes"):
        read_file(file, follow_links=False)
