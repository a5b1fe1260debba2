"""Edits of principals are planned, checked and written, or refused with their reason."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from console.adapters.ports.principals import PrincipalsPort
from registry_backend.domain.errors import (
    Denied,
    Fault,
    Invalid,
    NotFound,
    RegistryError,
    VersionMismatch,
)
from registry_backend.domain.principals import FileChange, FilePrincipal, IdType, Principal
from registry_backend.identityd import atomic
from registry_backend.identityd.principals import PrincipalFiles

MAIN = """\
hostname = "h"
homedir = "/h"

[provisioning]
source = "manual"

[localid]
domain = "example"
"""
TWO = """\
# two of them

# the first
[[principal]]
uid = 1
name = "first"
idtype = ["module"]

# the second
[[principal]]
uid = 2
name = "second"
idtype = ["module"]
"""
NEW = Principal(uid=7, name="new", idtype=(IdType.MODULE,))


class Place:
    """A configuration in a temporary folder."""

    def __init__(self, root: Path) -> None:
        self.main = root / "config.toml"
        self.folder = root / "config.d"
        self.folder.mkdir()
        self.main.write_text(MAIN)
        self.two = self.folder / "two.toml"
        self.two.write_text(TWO)
        self.port = PrincipalFiles(self.main, self.folder)

    async def named(self, name: str) -> FilePrincipal:
        """The table of a principal."""
        config = await self.port.load()
        (found,) = [at for at in config.principals if at.principal and at.principal.name == name]
        return found

    def names(self) -> set[str]:
        """What lies in the folder."""
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A small, good configuration."""
    return Place(tmp_path)


def renamed(found: FilePrincipal, **changes: object) -> Principal:
    """A principal with other values."""
    assert found.principal is not None
    return Principal.model_validate({**found.principal.model_dump(), **changes})


async def test_it_is_a_principals_port(place: Place) -> None:
    """Mypy holds the signature; the call shows that it works."""
    port: PrincipalsPort = place.port
    assert [at.principal.name for at in (await port.load()).principals if at.principal] == [
        "first",
        "second",
    ]


async def test_a_new_principal_gets_a_file_of_its_own_with_a_safe_free_name(place: Place) -> None:
    """Mode 0600, no temporary file left."""
    change = await place.port.plan_add(NEW, file=None)
    assert not change.path.exists()
    config = await place.port.apply(change)
    assert change.path == place.folder / "new.toml"
    assert change.path.read_text() == (
        '[[principal]]\nuid = 7\nname = "new"\nidtype = ["module"]\n'
    )
    assert change.path.stat().st_mode & 0o7777 == 0o600
    assert place.names() == {"two.toml", "new.toml"}
    assert len(config.principals) == 3
    odd = Principal(uid=8, name="../../NEW file\n", idtype=())
    assert (await place.port.plan_add(odd, file=None)).path == place.folder / "NEW-file.toml"
    taken = Principal(uid=8, name="/two", idtype=())
    assert (await place.port.plan_add(taken, file=None)).path == place.folder / "two-2.toml"
    generated = Principal(uid=8, name="00-super", idtype=())
    assert (await place.port.plan_add(generated)).path == place.folder / "00-super-2.toml"
    for name in ("", "...", "é" * 300):
        odd = Principal(uid=8, name=name, idtype=())
        assert (await place.port.plan_add(odd)).path == place.folder / "principal.toml"


async def test_a_new_principal_is_added_to_a_named_file(place: Place) -> None:
    """By its name in the folder or by its path, and to no file outside."""
    for file in ("two.toml", str(place.two)):
        change = await place.port.plan_add(NEW, file=file)
        assert change.after == f"{TWO}\n".encode() + (
            b'[[principal]]\nuid = 7\nname = "new"\nidtype = ["module"]\n'
        )
    change = await place.port.plan_add(NEW, file=str(place.main))
    assert change.path == place.main
    assert any("main file" in warning for warning in change.warnings)
    for file in ("../config.toml", "/etc/passwd", "two.txt", "sub/two.toml", ".toml"):
        with pytest.raises(Invalid, match="no file of this configuration"):
            await place.port.plan_add(NEW, file=file)
    with pytest.raises(NotFound):
        await place.port.plan_add(NEW, file="absent.toml")


async def test_changes_and_removals_touch_one_table(place: Place) -> None:
    """And are undone by the plan turned around."""
    found = await place.named("first")
    change = await place.port.plan_update(found, renamed(found, uid=42))
    await place.port.apply(change)
    assert place.two.read_text() == TWO.replace("uid = 1\n", "uid = 42\n")
    change = await place.port.plan_delete(await place.named("first"))
    await place.port.apply(change)
    assert place.two.read_text() == "# two of them\n\n" + TWO[TWO.index("# the second") :]
    undo = FileChange(path=change.path, before=change.after, after=change.before, summary="Undo")
    await place.port.apply(undo)
    assert place.two.read_text() == TWO.replace("uid = 1\n", "uid = 42\n")


async def test_a_file_left_empty_is_removed_and_comes_back_by_undo(place: Place) -> None:
    """The main file never is."""
    place.two.write_text('\n# touching\n[[principal]]\nuid = 1\nname = "first"\n\n')
    change = await place.port.plan_delete(await place.named("first"))
    assert change.after is None
    await place.port.apply(change)
    assert place.names() == set()
    undo = FileChange(path=change.path, before=None, after=change.before, summary="Undo")
    await place.port.apply(undo)
    assert place.two.read_bytes() == change.before
    place.main.write_text('[[principal]]\nuid = 2\nname = "only"\n')
    change = await place.port.plan_delete(await place.named("only"))
    assert change.after == b""


async def test_mode_and_owner_of_the_file_are_kept(place: Place) -> None:
    """A new file belongs to the owner of the folder when root makes it."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    place.two.chmod(0o640)
    os.chown(place.two, 1234, 2345)
    os.chown(place.folder, 3456, 4567)
    await place.port.apply(await place.port.plan_add(NEW, file="two.toml"))
    status = place.two.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (1234, 2345, 0o640)
    await place.port.apply(await place.port.plan_add(renamed(await place.named("new"), name="x")))
    status = (place.folder / "x.toml").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (3456, 4567, 0o600)


async def test_other_files_can_be_chosen_and_plans_for_the_former_are_refused(
    place: Place, tmp_path: Path
) -> None:
    """A plan belongs to the files it was made for."""
    change = await place.port.plan_add(NEW, file="two.toml")
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.toml").write_text('[[principal]]\nuid = 1\nname = "elsewhere"\n')
    config = await place.port.use(tmp_path / "absent.toml", other)
    assert [at.principal.name for at in config.principals if at.principal] == ["elsewhere"]
    assert await place.port.load() == config
    with pytest.raises(Invalid, match="no file of this configuration"):
        await place.port.apply(change)
    assert place.two.read_text() == TWO


async def test_an_edit_that_changes_nothing_writes_nothing(place: Place) -> None:
    """The daemon would reconcile for it."""
    found = await place.named("first")
    before = place.two.stat()
    await place.port.apply(await place.port.plan_update(found, renamed(found)))
    assert place.two.stat() == before


async def test_a_main_file_behind_a_link_is_written_through(place: Place) -> None:
    """The link stays a link."""
    real = place.main.with_name("real")
    place.main.rename(real)
    place.main.symlink_to("real")
    await place.port.apply(await place.port.plan_add(NEW, file=str(place.main)))
    assert place.main.is_symlink()
    assert 'name = "new"' in real.read_text()


async def test_what_someone_else_changed_meanwhile_is_noticed_and_kept(place: Place) -> None:
    """Before the plan, between plan and save, by creation and by removal."""
    found = await place.named("first")
    change = await place.port.plan_update(found, renamed(found, uid=5))
    place.two.write_text(TWO.replace("uid = 1\n", "uid = 9\n"))
    with pytest.raises(VersionMismatch, match=r"two\.toml was changed by someone else"):
        await place.port.apply(change)
    with pytest.raises(VersionMismatch, match="line 4") as caught:
        await place.port.plan_update(found, renamed(found, uid=5))
    assert isinstance(caught.value.current, FilePrincipal)
    with pytest.raises(VersionMismatch):
        await place.port.plan_delete(found)
    assert place.two.read_text() == TWO.replace("uid = 1\n", "uid = 9\n")
    place.two.unlink()
    with pytest.raises(VersionMismatch, match="was removed"):
        await place.port.apply(change)
    with pytest.raises(NotFound):
        await place.port.plan_delete(found)
    change = await place.port.plan_add(NEW, file=None)
    change.path.write_text("# mine\n")
    with pytest.raises(VersionMismatch, match="was created"):
        await place.port.apply(change)
    assert change.path.read_text() == "# mine\n"
    assert place.names() == {"new.toml"}


async def test_a_change_while_the_new_file_is_being_written_is_noticed(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last look is right before the rename."""
    change = await place.port.plan_add(NEW, file="two.toml")
    flush = os.fsync

    def write_meanwhile(descriptor: int) -> None:
        place.two.write_text("# theirs\n")
        flush(descriptor)

    monkeypatch.setattr("registry_backend.identityd.atomic.os.fsync", write_meanwhile)
    with pytest.raises(VersionMismatch):
        await place.port.apply(change)
    assert place.two.read_text() == "# theirs\n"
    assert place.names() == {"two.toml"}


async def test_a_table_that_moved_within_its_file_is_still_found(place: Place) -> None:
    """Its bytes name it, and its number only when two are alike."""
    found = await place.named("second")
    place.two.write_text('[[principal]]\nuid = 9\nname = "above"\n\n' + TWO)
    change = await place.port.plan_delete(found)
    assert change.after is not None
    assert b"above" in change.after
    assert b"second" not in change.after


@pytest.mark.parametrize(
    ("principal", "said"),
    [
        (
            Principal(uid=7, name="first"),
            "name: “first” is already the name of a principal in first.toml:1",
        ),
        (
            Principal(uid=7, name="n", idtype=(IdType.MODULE,), has_localid=True),
            "localid: localid is only for",
        ),
        (Principal(uid=7, name="n", other={"uid": 1}), "other.uid: has its own field"),
        (Principal(uid=7, name="n", other={"x": None}), "x: is of a kind that TOML has no word"),
        (Principal(uid=7, name="\ud800"), "cannot hold"),
    ],
)
async def test_what_would_stop_the_daemon_is_refused(
    place: Place, principal: Principal, said: str
) -> None:
    """With the field, before anything is written."""
    with pytest.raises(Invalid, match=said.replace("[", r"\[")):
        await place.port.apply(await place.port.plan_add(principal, file=None))
    assert sorted(path.name for path in place.folder.iterdir()) == ["two.toml"]


async def test_who_insists_may_write_what_stops_the_daemon(place: Place) -> None:
    """A package author may know better; the plan says what will come of it."""
    change = await place.port.plan_add(Principal(uid=7, name="first"), file=None)
    assert [found.rule for found in change.stops] == ["duplicate-name"]
    await place.port.apply(change.model_copy(update={"forced": True}))
    view = await place.port.view()
    assert [found.rule for found in view.findings if found.rule == "duplicate-name"]


async def test_local_identities_need_a_domain_and_a_hub_needs_provisioning(place: Place) -> None:
    """Both are settings of other tables, maybe of other files."""
    local = Principal(uid=7, name="n", idtype=(IdType.LOCAL,), has_localid=True)
    assert (await place.port.plan_add(local, file=None)).stops == ()
    place.main.write_text(MAIN[: MAIN.index("[localid]")])
    (found,) = (await place.port.plan_add(local, file=None)).stops
    assert (found.rule, found.key) == ("local-without-domain", "principal.idtype")
    (place.folder / "zz.toml").write_text('[provisioning]\nsource = "none"\n')
    assert "need an IoT Hub" in (await place.port.plan_add(NEW, file=None)).stops[0].message


async def test_a_rule_broken_elsewhere_does_not_stop_an_edit(place: Place) -> None:
    """Only what the edit adds is refused; the way out stays open."""
    place.main.write_text('[provisioning]\nsource = "none"\n[[principal]]\nuid=3\nname="first"\n')
    (place.folder / "broken.toml").write_text("a =")
    found = await place.named("second")
    change = await place.port.plan_update(found, renamed(found, uid=99))
    assert [told for told in change.warnings if "No user" not in told] == []
    change = await place.port.plan_update(found, renamed(found, name="first"))
    assert "already the name" in change.stops[0].message
    config = await place.port.load()
    double = next(at for at in config.principals if at.file == place.two)
    await place.port.apply(await place.port.plan_update(double, renamed(double, name="free")))
    assert 'name = "free"' in place.two.read_text()


async def test_what_misleads_the_daemon_is_allowed_with_a_warning(place: Place) -> None:
    """A shared uid, a second untyped principal, a principal of root."""
    change = await place.port.plan_add(Principal(uid=2, name="a", idtype=()), file=None)
    assert change.warnings[0] == (
        "a.toml:2: uid 2 is also that of “second” in two.toml:10; the daemon obeys the last one "
        "only, so that “a” has no rights. Give each principal a user of its own, or make them one "
        "principal."
    )
    change = await place.port.plan_add(Principal(uid=0, name="r", idtype=()), file=None)
    assert "root's full access" in change.warnings[0]
    await place.port.apply(await place.port.plan_add(Principal(uid=8, name="u"), file=None))
    change = await place.port.plan_add(Principal(uid=9, name="v"), file=None)
    (warning,) = change.warnings
    assert warning == (
        "v.toml:1: “v” has no rights: only one principal may be without idtype, and “u” in "
        'u.toml:1 comes first. Give it its types, such as idtype = ["module"].'
    )


async def test_a_module_that_goes_from_the_hub_is_told_of(place: Place) -> None:
    """By removing its principal, by renaming it, and by taking its type away; not by a new uid."""
    found = await place.named("second")
    lost = "removes the module “second” from the hub"
    for change in (
        await place.port.plan_delete(found),
        await place.port.plan_update(found, renamed(found, name="third")),
        await place.port.plan_update(found, renamed(found, idtype=(IdType.DEVICE,))),
        await place.port.plan_text(place.two, TWO, TWO[: TWO.index("# the second")]),
    ):
        assert lost in change.warnings[-1]
    assert (await place.port.plan_update(found, renamed(found, uid=9))).warnings == ()


async def test_a_table_that_makes_no_sense_can_be_mended_or_removed(place: Place) -> None:
    """What is wrong with it is replaced, what is not stays."""
    place.two.write_text('[[principal]]\nuid = "1" # text\nname = "a" # kept\nidtype = "module"\n')
    (found,) = (await place.port.load()).principals
    change = await place.port.plan_update(found, Principal(uid=1, name="a", idtype=()))
    assert change.after == b'[[principal]]\nuid = 1 # text\nname = "a" # kept\nidtype = []\n'
    assert (await place.port.plan_delete(found)).after is None


async def test_a_read_only_session_and_the_generated_file_refuse_every_write(place: Place) -> None:
    """Plans too, so that no one fills in a form for nothing."""
    change = await place.port.plan_add(NEW, file=None)
    found = await place.named("first")
    port = PrincipalFiles(place.main, place.folder, read_only=True)
    assert not any(file.editable for file in (await port.load()).files)
    for refused in (
        port.apply(change),
        port.plan_add(NEW, file=None),
        port.plan_add(NEW, file="two.toml"),
        port.plan_delete(found),
        port.plan_update(found, NEW),
    ):
        with pytest.raises(Denied, match="read-only"):
            await refused
    generated = place.folder / "00-super.toml"
    place.two.rename(generated)
    with pytest.raises(Denied, match="config apply"):
        await place.port.plan_delete(await place.named("first"))
    with pytest.raises(Denied, match="config apply"):
        await place.port.apply(
            FileChange(path=generated, before=TWO.encode(), after=None, summary="")
        )
    with pytest.raises(Invalid, match="no file of this configuration"):
        await place.port.apply(
            FileChange(path=place.folder.parent / "x.toml", before=None, after=b"", summary="")
        )
    assert generated.read_text() == TWO


async def test_a_file_that_became_a_link_is_not_written_through(place: Place) -> None:
    """The daemon would pass it over, and the target is none of our business."""
    change = await place.port.plan_add(NEW, file="two.toml")
    elsewhere = place.main.with_name("elsewhere")
    place.two.rename(elsewhere)
    place.two.symlink_to(elsewhere)
    with pytest.raises(Invalid, match="symbolic link"):
        await place.port.apply(change)
    assert elsewhere.read_text() == TWO


async def test_a_folder_that_is_gone_and_a_name_too_long_are_told_of(place: Place) -> None:
    """As errors of the family, with what and where."""
    change = await place.port.plan_add(NEW, file=None)
    long = FileChange(path=place.folder / ("n" * 300 + ".toml"), before=None, after=b"", summary="")
    with pytest.raises(Invalid, match="file name too long"):
        await place.port.apply(long)
    place.two.unlink()
    place.folder.rmdir()
    with pytest.raises(NotFound, match=r"config\.d"):
        await place.port.apply(change)
    with pytest.raises(NotFound, match="no folder"):
        await place.port.plan_add(NEW, file=None)


@pytest.fixture
def small_disk(place: Place) -> Iterator[None]:
    """A file system of 16 kB where the folder is."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(place.folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("this system lets no small file system be mounted")
    yield
    subprocess.run(["umount", str(place.folder)], check=True)


@pytest.mark.usefixtures("small_disk")
async def test_a_full_disk_leaves_the_file_as_it_was(place: Place) -> None:
    """And no temporary file behind."""
    place.two.write_text(TWO)
    change = await place.port.plan_add(NEW, file="two.toml")
    bigger = change.model_copy(update={"after": b"#" * 60_000})
    with pytest.raises(Fault, match="no space left on device"):
        await place.port.apply(bigger)
    assert place.two.read_text() == TWO
    assert place.names() == {"two.toml"}


@pytest.mark.parametrize(
    ("call", "number", "kind"),
    [("fsync", 28, Fault), ("fchown", 1, Denied), ("fchmod", 30, Denied), ("fsync", 5, Fault)],
)
async def test_a_system_call_that_fails_leaves_the_file_as_it_was(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    number: int,
    kind: type[RegistryError],
) -> None:
    """Whichever it is, the temporary file goes and the error names the file."""
    if os.geteuid() == 0:
        os.chown(place.two, 1234, 1234)
    elif call == "fchown":
        pytest.skip("files change their owner for root only")
    change = await place.port.plan_add(NEW, file="two.toml")

    def fail(*arguments: object) -> None:
        del arguments
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(f"registry_backend.identityd.atomic.os.{call}", fail)
    with pytest.raises(kind, match=r"two\.toml"):
        await place.port.apply(change)
    assert place.two.read_text() == TWO
    assert place.names() == {"two.toml"}


async def test_a_save_goes_on_when_its_caller_is_cancelled(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dialog that closes takes nothing with it."""
    change = await place.port.plan_add(NEW, file="two.toml")
    loop = asyncio.get_running_loop()
    begun, finished = asyncio.Event(), asyncio.Event()
    write = atomic.change_file

    def watched(
        path: Path, *, before: bytes | None, after: bytes | None, owner: atomic.Owner | None
    ) -> None:
        loop.call_soon_threadsafe(begun.set)
        write(path, before=before, after=after, owner=owner)
        loop.call_soon_threadsafe(finished.set)

    monkeypatch.setattr("registry_backend.identityd.principals.change_file", watched)
    saving = asyncio.create_task(place.port.apply(change))
    await begun.wait()
    saving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await saving
    await finished.wait()
    assert place.two.read_bytes() == change.after


def test_a_save_goes_on_when_its_loop_shuts_down(place: Place) -> None:
    """Leaving the program waits for what was accepted."""

    async def leave_at_once() -> FileChange:
        change = await place.port.plan_add(NEW, file="two.toml")
        saving = asyncio.create_task(place.port.apply(change))
        await asyncio.sleep(0)
        saving.cancel()
        return change

    change = asyncio.run(leave_at_once())
    assert place.two.read_bytes() == change.after


async def test_saves_at_the_same_time_never_lose_one_silently(place: Place) -> None:
    """One of two plans made from the same bytes is told that it came second."""
    plans = [
        await place.port.plan_add(Principal(uid=uid, name=f"n{uid}", idtype=()), file="two.toml")
        for uid in range(10, 18)
    ]
    results = await asyncio.gather(*map(place.port.apply, plans), return_exceptions=True)
    refused = [result for result in results if isinstance(result, VersionMismatch)]
    assert len(refused) == len(plans) - 1
    assert place.two.read_bytes() in {plan.after for plan in plans}
