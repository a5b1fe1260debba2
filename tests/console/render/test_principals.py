"""Principals and their files as rows and details."""

from __future__ import annotations

from pathlib import Path

from console.render.principals import (
    PrincipalRow,
    detail,
    file_cell,
    idtype_cell,
    name_cell,
    rows_of,
    uid_cell,
)
from registry_backend.domain.principals import (
    ConfigFile,
    FilePrincipal,
    IdType,
    Principal,
    PrincipalConfig,
)

MAIN, FOLDER = Path("/etc/aziot/identityd/config.toml"), Path("/etc/aziot/identityd/config.d")
TABLE = '\n# reads the water\n[[principal]]\nname = "tide"\nuid = 1001\n'


def standing(principal: Principal | None, *, problem: str = "", index: int = 0) -> FilePrincipal:
    """A table in the main file."""
    return FilePrincipal(
        principal=principal,
        file=MAIN,
        line=3,
        index=index,
        digest="d",
        text=TABLE,
        problem=problem,
    )


def row(principal: Principal) -> PrincipalRow:
    """A principal's row."""
    return PrincipalRow(MAIN, standing(principal))


def texts(of: PrincipalRow) -> dict[str, str]:
    """Every labelled line of a detail."""
    return {line.label: line.value for section in detail(of) for line in section.lines}


def test_a_missing_file_or_folder_is_told_calmly() -> None:
    """The daemon goes on without them; that is no error."""
    config = PrincipalConfig(
        main_file=MAIN,
        config_dir=FOLDER,
        skipped=((MAIN, "there is no such file"), (FOLDER, "there is no such folder")),
    )
    rows = rows_of(config)
    assert [name_cell(each) for each in rows] == ["config.toml", "config.d"]
    assert [idtype_cell(each) for each in rows] == [("– not there", "muted")] * 2
    tones = {line.tone for each in rows for section in detail(each) for line in section.lines}
    assert "bad" not in tones
    assert texts(rows[0])["why"] == "there is no such file"


def test_an_entry_that_the_daemon_passes_over_is_not_read() -> None:
    """It is told apart from what is missing and from what is broken."""
    backup = FOLDER / "cameras.toml.bak"
    config = PrincipalConfig(
        main_file=MAIN, config_dir=FOLDER, skipped=((backup, "its name does not end in .toml"),)
    )
    (passed_over,) = rows_of(config)
    assert idtype_cell(passed_over) == ("– not read", "muted")
    assert texts(passed_over)["why"] == "its name does not end in .toml"
    assert texts(passed_over)["file"] == str(backup)
    assert not passed_over.editable


def test_rows_keep_the_daemons_order_and_end_with_what_it_cannot_use() -> None:
    """Tables first, then broken files, then what is passed over; every key is another."""
    one, two = Principal(name="b", uid=2), Principal(name="a", uid=1)
    config = PrincipalConfig(
        main_file=MAIN,
        config_dir=FOLDER,
        files=(
            ConfigFile(path=FOLDER / "broken.toml", problem="line 1: no table"),
            ConfigFile(path=MAIN, principals=(standing(one), standing(two, index=1))),
        ),
        skipped=((FOLDER, "there is no such folder"),),
    )
    rows = rows_of(config)
    assert [each.name for each in rows] == ["b", "a", "broken.toml", "config.d"]
    assert len({each.key for each in rows}) == len(rows)
    assert idtype_cell(rows[2]) == ("✗ cannot be used", "bad")
    assert texts(rows[2])["problem"] == "line 1: no table"


def test_identities_are_said_in_a_word() -> None:
    """None at all is another thing than the untyped daemon principal."""
    assert idtype_cell(row(Principal(name="edge", uid=1))) == ("◆ daemon", "accent")
    assert idtype_cell(row(Principal(name="idle", uid=1, idtype=()))) == ("○ none", "warning")
    typed = Principal(name="both", uid=1, idtype=(IdType.MODULE, IdType.DEVICE))
    assert idtype_cell(row(typed)) == ("module device", "")


def test_a_table_that_cannot_be_understood_keeps_its_place_and_its_text() -> None:
    """So that it can be found and mended in an editor."""
    odd = PrincipalRow(MAIN, standing(None, problem="uid must be a number"), "uid must be a number")
    assert (name_cell(odd), uid_cell(odd)) == ("config.toml", "")
    assert file_cell(odd) == ("config.toml:3", "muted")
    assert texts(odd)["problem"] == "uid must be a number"
    assert detail(odd)[-1].text == TABLE.strip("\n")


def test_a_detail_has_every_member_the_place_and_why_it_may_not_be_written() -> None:
    """Members that the console does not know are shown too."""
    principal = Principal(
        name="tide", uid=1001, idtype=(IdType.MODULE,), has_localid=True, other={"note": [1, 2]}
    )
    shown = texts(PrincipalRow(MAIN, standing(principal), why_not="The file is generated."))
    assert shown["uid"] == "1001"
    assert shown["local id"] == "x509 client"
    assert shown["note"] == "[1,2]"
    assert shown["file"] == str(MAIN)
    assert shown["line"] == "3"
    assert shown["read-only"] == "The file is generated."
