"""What a refused caller is advised: whatever the files hold, the advice never stops the daemon."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.adapters.identity_caller import Caller
from console.adapters.identity_rights import what_it_takes
from registry_backend.domain.permissions import Operation
from registry_backend.identityd.principals import PrincipalFiles
from registry_backend.identityd.users import KnownUsers, User

ALICE = Caller(1000, "alice")
PEOPLE = KnownUsers((User(995, "adu"), User(997, "iotedge"), User(1000, "alice")))
GENERIC = "Look first whether the configuration has the name already"


def table(name: str, uid: int, idtype: str = "") -> str:
    """A principal's table."""
    types = f"idtype = {idtype}\n" if idtype else ""
    return f'[[principal]]\nname = "{name}"\nuid = {uid}\n{types}'


async def advice(
    folder: Path,
    principals: str,
    operation: Operation = Operation.GET_MODULE,
    module_id: str = "tide",
) -> str:
    """What Alice is advised by files with these principals."""
    (folder / "config.toml").write_text(
        f'hostname = "gate"\nhomedir = "/h"\n[provisioning]\nsource = "none"\n'
        f'[localid]\ndomain = "d"\n{principals}'
    )
    files = PrincipalFiles(folder / "config.toml", folder / "config.d", users=PEOPLE)
    return what_it_takes(operation, ALICE, module_id, await files.view())


def where(folder: Path, line: int) -> str:
    """A place in the main file."""
    return f"{folder / 'config.toml'} line {line}"


async def test_a_name_that_nobody_has_may_be_added(tmp_path: Path) -> None:
    """All files were read, so that no caution is due."""
    text = await advice(tmp_path, table("other", 995, '["local"]'))
    assert 'name = "tide", uid = 1000 and the idtype module or local' in text
    assert GENERIC not in text
    assert "about ten seconds" in text


async def test_a_name_of_another_uid_is_told_with_its_user_and_place(tmp_path: Path) -> None:
    """One may run as that user, or change its uid: never add it again."""
    text = await advice(tmp_path, table("tide", 995, '["local"]'))
    assert f"belongs to uid 995 (adu) already, in {where(tmp_path, 7)}" in text
    assert "`sudo -u adu`" in text
    assert "or change the uid there to 1000" in text
    assert "Do not add a second principal" in text


async def test_whoever_has_a_table_already_is_not_told_to_take_anothers_uid(
    tmp_path: Path,
) -> None:
    """The last of two tables with one uid would take the rights of the other away."""
    both = table("tide", 995, '["local"]') + table("mine", 1000, "[]")
    text = await advice(tmp_path, both)
    assert "belongs to uid 995 (adu)" in text
    assert "change the uid" not in text
    text = await advice(tmp_path, table("mine", 1000, "[]"))
    assert "a second table with the uid would take the place of that one" in text
    assert f"“mine” ({where(tmp_path, 7)})" in text


async def test_ones_own_table_is_to_be_changed_where_it_stands(tmp_path: Path) -> None:
    """It lacks an idtype, or a later table has its uid."""
    text = await advice(tmp_path, table("tide", 1000, '["device"]'))
    assert f"Give “tide” ({where(tmp_path, 7)}) module or local among its idtype" in text
    shadowed = table("tide", 1000, '["local"]') + table("late", 1000, "[]")
    text = await advice(tmp_path, shadowed)
    assert "“tide”" in text
    assert "has no effect, since “late”" in text


@pytest.mark.parametrize(
    ("operation", "new", "more"),
    [
        (Operation.GET_IDENTITY, "uid = 1000 and an idtype,", "an idtype that is not empty"),
        (Operation.GET_DEVICE, 'uid = 1000 and idtype = ["device"],', "device among its idtype"),
    ],
)
async def test_a_call_about_oneself_takes_a_table_of_ones_own(
    tmp_path: Path, operation: Operation, new: str, more: str
) -> None:
    """A new one under a name that is free, or more in the one that is there."""
    text = await advice(tmp_path, table("other", 995, "[]"), operation, "")
    assert new in text
    assert "under a name that none has yet" in text
    text = await advice(tmp_path, table("mine", 1000, "[]"), operation, "")
    assert f"Give “mine” ({where(tmp_path, 7)}) {more}" in text


async def test_whoever_may_do_all_is_named(tmp_path: Path) -> None:
    """The first table without idtype; root only while no table has its uid."""
    listing = Operation.LIST_MODULES
    text = await advice(tmp_path, table("edge", 997), listing, "")
    assert f"The first without idtype is “edge” ({where(tmp_path, 7)}) of uid 997 (iotedge)" in text
    assert "`sudo -u iotedge`), or with sudo" in text
    assert "with sudo" in await advice(tmp_path, "", listing, "")
    text = await advice(tmp_path, table("zero", 0, "[]"), listing, "")
    assert "with sudo" not in text
    assert "There is none without idtype, and root has only the rights of “zero”" in text
    text = await advice(tmp_path, table("zero", 0, "[]") + table("edge", 997), listing, "")
    assert "with sudo" not in text


@pytest.mark.parametrize("operation", list(Operation))
async def test_root_is_refused_only_where_a_principal_claims_its_uid(
    tmp_path: Path, operation: Operation
) -> None:
    """Then neither sudo helps nor another principal with its uid."""
    root = Caller(0, "root")
    view = None
    for principals, said in (
        (table("zero", 0, "[]"), f"“zero” ({where(tmp_path, 7)}) takes that away: take it out"),
        (table("other", 995, "[]"), "None was found here"),
    ):
        await advice(tmp_path, principals)
        files = PrincipalFiles(tmp_path / "config.toml", tmp_path / "config.d", users=PEOPLE)
        view = await files.view()
        text = what_it_takes(operation, root, "tide", view)
        assert said in text
        assert "with sudo" not in text
    assert "None was found here" in what_it_takes(operation, root, "tide", None)


async def test_a_table_without_effect_is_not_recommended(tmp_path: Path) -> None:
    """An untyped one whose uid a later one has; a second untyped one claims no uid either."""
    late = table("edge", 997) + table("late", 997, "[]")
    text = await advice(tmp_path, late, Operation.LIST_MODULES, "")
    assert "sudo -u iotedge" not in text
    assert f"“edge” ({where(tmp_path, 7)}), which has no effect" in text
    assert "with sudo" in text
    second = table("edge", 997) + table("zero", 0)
    text = await advice(tmp_path, second, Operation.LIST_MODULES, "")
    assert "`sudo -u iotedge`), or with sudo" in text


async def test_what_cannot_be_read_may_hold_the_name(tmp_path: Path) -> None:
    """Then caution is advised; a table that the daemon passes over counts for nothing."""
    assert GENERIC in what_it_takes(Operation.GET_MODULE, ALICE, "tide", None)
    (tmp_path / "config.d").mkdir()
    (tmp_path / "config.d" / "broken.toml").write_text("[[principal")
    assert GENERIC in await advice(tmp_path, "")
    (tmp_path / "config.d" / "broken.toml").unlink()
    (tmp_path / "config.d" / "tide.toml.bak").write_text(table("tide", 995, "[]"))
    assert "belongs to" not in await advice(tmp_path, "")
