"""Whose new files become, and what is told before one is made that the daemon could not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from registry_backend.domain.errors import Invalid
from registry_backend.domain.principals import IdType, Principal
from registry_backend.identityd.principals import PrincipalFiles
from registry_backend.identityd.users import KnownUsers, User

DAEMON = User(64123, "aziotid", {64124: "aziotid"})
ADU = User(995, "adu")
MAIN = 'hostname = "h"\nhomedir = "/h"\nprovisioning.source = "none"\nlocalid.domain = "d"\n'
NEW = Principal(uid=995, name="adu", idtype=(IdType.LOCAL,))

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
as_other = pytest.mark.skipif(os.geteuid() == 0, reason="root may give files to the daemon")


def gateway(root: Path, *, owner: int | None = None) -> Path:
    """The override folder of a machine, and its main file beside it; `owner` gets the folder."""
    folder = root / "config.d"
    folder.mkdir()
    if owner is not None:
        os.chown(folder, owner, owner)
    (root / "config.toml").write_text(MAIN)
    return folder


def files(folder: Path, *users: User) -> PrincipalFiles:
    """The port to them on a machine with these users."""
    return PrincipalFiles(folder.parent / "config.toml", folder, users=KnownUsers(users))


@as_root
@pytest.mark.parametrize("owner", [0, DAEMON.uid])
async def test_a_new_file_is_the_daemons_in_its_own_folder_and_in_roots(
    tmp_path: Path, owner: int
) -> None:
    """Packages leave the folder to root on some systems; the daemon reads all files or none."""
    folder = gateway(tmp_path, owner=owner)
    port = files(folder, DAEMON, ADU)
    change = await port.plan_add(NEW)
    assert (change.stops, change.warnings) == ((), ())
    await port.apply(change)
    status = change.path.stat()
    assert status.st_uid == DAEMON.uid
    assert status.st_gid == (DAEMON.uid if owner else 64124)
    assert status.st_mode & 0o7777 == 0o600
    assert [at.rule for at in (await port.view()).findings if at.file == change.path] == []


@as_root
async def test_without_the_daemons_user_a_new_file_is_as_its_folder(tmp_path: Path) -> None:
    """On a laptop there is nobody to give it to."""
    folder = gateway(tmp_path, owner=4711)
    port = files(folder, ADU)
    change = await port.plan_add(NEW)
    await port.apply(change)
    assert change.path.stat().st_uid == 4711


@as_root
async def test_a_file_that_the_daemon_could_not_read_is_refused_unless_one_insists(
    tmp_path: Path,
) -> None:
    """In a folder of somebody else's, whose files become theirs."""
    folder = gateway(tmp_path, owner=995)
    port = files(folder, DAEMON, ADU)
    change = await port.plan_add(NEW)
    (found,) = change.stops
    assert (found.rule, found.file) == ("unreadable-by-daemon", change.path)
    assert "belong to adu, and aziotid could not read it" in found.message
    assert f"chown aziotid:aziotid {change.path}" in found.remedy
    with pytest.raises(Invalid, match="aziotid could not read it"):
        await port.apply(change)
    assert list(folder.iterdir()) == []
    await port.apply(change.model_copy(update={"forced": True}))
    after = [at for at in (await port.view()).findings if at.file == change.path]
    assert "unreadable-by-daemon" in {at.rule for at in after}


@as_other
async def test_a_user_who_cannot_give_the_file_away_is_told_before_it_is_made(
    tmp_path: Path,
) -> None:
    """As above, for whoever may write the folder and is not root."""
    change = await files(gateway(tmp_path), DAEMON, ADU).plan_add(NEW)
    assert [found.rule for found in change.stops] == ["unreadable-by-daemon"]


async def test_a_change_of_a_file_that_is_there_keeps_its_owner(tmp_path: Path) -> None:
    """Whose it is, is not the business of an edit."""
    folder = gateway(tmp_path)
    own = folder / "own.toml"
    own.write_text('[[principal]]\nuid = 995\nname = "adu"\nidtype = ["local"]\n')
    before = own.stat()
    port = files(folder, DAEMON, ADU)
    change = await port.plan_add(
        Principal(uid=0, name="root", idtype=(IdType.LOCAL,)), file=str(own)
    )
    assert change.stops == ()
    await port.apply(change)
    after = own.stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (
        before.st_uid,
        before.st_gid,
        before.st_mode,
    )


async def test_a_uid_of_nobody_is_told_of_where_other_uids_are_known(tmp_path: Path) -> None:
    """Such a machine may well be the one that is meant; it is told again for another number."""
    folder = gateway(tmp_path)
    own = folder / "own.toml"
    table = '[[principal]]\nuid = 995\nname = "adu"\nidtype = ["local"]\n'
    own.write_text(f"{table}\n{table.replace('995', '997').replace('adu', 'gone')}")
    port = files(folder, ADU)
    config = await port.load()
    gone = next(
        entry
        for file in config.files
        for entry in file.principals
        if entry.principal is not None and entry.principal.uid == 997
    )
    other = Principal(uid=998, name="gone", idtype=(IdType.LOCAL,))
    change = await port.plan_update(gone, other)
    assert any("No user of this machine has uid 998" in warning for warning in change.warnings)


async def test_a_uid_of_nobody_is_told_of_before_it_is_saved_on_a_gateway(tmp_path: Path) -> None:
    """A slip of the keys; on another machine nobody can say."""
    folder = gateway(tmp_path)
    missing = Principal(uid=996, name="adu", idtype=(IdType.LOCAL,))
    main = folder.parent / "config.toml"
    change = await files(folder, DAEMON, ADU).plan_add(missing, file=str(main))
    assert any("No user of this machine has uid 996" in warning for warning in change.warnings)
    change = await files(folder, DAEMON, ADU).plan_add(NEW, file=str(main))
    assert not any("No user" in warning for warning in change.warnings)
    change = await files(folder, ADU).plan_add(missing, file=str(main))
    assert not any("No user" in warning for warning in change.warnings)
