"""Principals, settings and files as rows and details."""

from __future__ import annotations

from pathlib import Path

from console.render.principal_detail import detail, document
from console.render.principals import (
    PrincipalRow,
    file_cell,
    glyph_cell,
    idtype_cell,
    name_cell,
    nothing_there,
    role_cell,
    row_of_finding,
    rows_of,
    uid_cell,
    user_cell,
)
from registry_backend.domain.effective import EffectivePrincipal, EffectiveView, Setting, Standing
from registry_backend.domain.findings import Finding, Severity
from registry_backend.domain.permissions import Operation, Role
from registry_backend.domain.principals import (
    ConfigFile,
    FilePrincipal,
    IdType,
    Principal,
    PrincipalConfig,
)

MAIN, FOLDER = Path("/etc/aziot/identityd/config.toml"), Path("/etc/aziot/identityd/config.d")
TABLE = '\n# reads the water\n[[principal]]\nname = "tide"\nuid = 1001\n'
TYPED = Principal(uid=1001, name="tide", idtype=(IdType.MODULE, IdType.LOCAL))
WARNING = Finding(
    rule="duplicate-uid",
    severity=Severity.WARNING,
    file=MAIN,
    line=4,
    key="principal.uid",
    message="uid 1001 is also that of “lamp”.",
    remedy="Give each a user of its own.",
)


def entry(principal: Principal | None, *, problem: str = "", index: int = 0) -> FilePrincipal:
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


def effective(
    principal: Principal | None = TYPED,
    *,
    role: Role | None = Role.HOST_PROCESS,
    standing: Standing = Standing.COUNTS,
    why: str = "",
    may: tuple[Operation, ...] = (),
    user: str | None = "svc-tide",
    findings: tuple[Finding, ...] = (),
) -> EffectivePrincipal:
    """What that table comes to."""
    return EffectivePrincipal(
        entry=entry(principal),
        standing=standing,
        number=1,
        role=role,
        why_inert=why,
        may_call=may,
        makes_module=True,
        user=user,
        groups=("svc-tide", "aziotid"),
        findings=findings,
    )


def row(found: EffectivePrincipal) -> PrincipalRow:
    """A principal's row."""
    return PrincipalRow(MAIN, found, findings=found.findings)


def texts(of: PrincipalRow) -> dict[str, str]:
    """Every labelled line of a detail."""
    return {line.label: line.value for section in detail(of) for line in section.lines}


def seen(config: PrincipalConfig, *principals: EffectivePrincipal) -> EffectiveView:
    """A view of a configuration."""
    return EffectiveView(config=config, principals=principals)


def test_a_table_that_cannot_be_understood_goes_by_the_name_it_has() -> None:
    """Without one, by its file."""
    broken = entry(None, problem="uid: is missing")
    named = broken.model_copy(update={"label": "tide"})
    for table, name in ((broken, "config.toml"), (named, "tide")):
        row = PrincipalRow(MAIN, EffectivePrincipal(entry=table, standing=Standing.UNUSABLE))
        assert name_cell(row) == name


def test_a_file_that_only_this_user_may_not_read_is_not_called_broken() -> None:
    """The daemon may well read it."""
    file = ConfigFile(path=MAIN, problem="permission denied", unread_here=True, editable=False)
    config = PrincipalConfig(files=(file,), main_file=MAIN, config_dir=FOLDER)
    (row,) = rows_of(EffectiveView(config=config))
    assert role_cell(row)[0] == "– not readable here"
    assert "permission denied" in str(detail(row))


def test_a_missing_file_or_folder_is_told_calmly() -> None:
    """The daemon goes on without it; that is no error."""
    config = PrincipalConfig(
        main_file=MAIN,
        config_dir=FOLDER,
        files=(ConfigFile(path=FOLDER / "a.toml"),),
        skipped=((MAIN, "there is no such file"),),
    )
    view = seen(config)
    (row,) = rows_of(view)
    assert not nothing_there(view)
    assert name_cell(row) == "config.toml"
    assert role_cell(row) == ("– not there", "muted")
    assert glyph_cell(row) == ("", "")
    assert texts(row) == {"state": "– not there", "why": "there is no such file", "file": str(MAIN)}


def test_where_no_service_is_configured_there_are_no_rows() -> None:
    """The empty list has room for one sentence that says so."""
    skipped = ((MAIN, "there is no such file"), (FOLDER, "there is no such folder"))
    view = seen(PrincipalConfig(main_file=MAIN, config_dir=FOLDER, skipped=skipped))
    assert nothing_there(view)
    assert rows_of(view) == ()


def test_tables_come_first_and_every_row_has_a_key_of_its_own() -> None:
    """Then the settings, broken files, and what is passed over."""
    config = PrincipalConfig(
        main_file=MAIN,
        config_dir=FOLDER,
        files=(
            ConfigFile(path=MAIN, principals=(entry(TYPED),)),
            ConfigFile(path=FOLDER / "b.toml", problem="It is no TOML."),
        ),
        skipped=((FOLDER / "c.TOML", "its name does not end in .toml"),),
    )
    settings = (Setting(key="hostname", value='"pier"', file=MAIN, line=1),)
    view = EffectiveView(config=config, principals=(effective(),), settings=settings)
    rows = rows_of(view)
    assert [each.name for each in rows] == ["tide", "(settings)", "b.toml", "c.TOML"]
    assert len({each.key for each in rows}) == 4
    assert [role_cell(each)[0] for each in rows] == [
        "● host process",
        "1 value",
        "✗ cannot be used",
        "– not read",
    ]
    assert texts(rows[1])["hostname"] == '"pier"   config.toml:1'


def test_a_principal_shows_who_it_is_and_what_it_may() -> None:
    """User, groups, role and rights in words; where it stands."""
    found = row(effective(may=(Operation.GET_IDENTITY, Operation.GET_MODULE)))
    assert (uid_cell(found), user_cell(found)[0]) == ("1001", "svc-tide")
    assert idtype_cell(found) == ("module local", "")
    assert file_cell(found) == ("config.toml:3", "muted")
    (rights,) = (section for section in detail(found) if section.title == "May")
    assert rights.text.splitlines() == [
        "✓ ask for its own identity",
        "✓ have the identity of its own name",
    ]
    shown = texts(found)
    assert shown["groups"] == "svc-tide, aziotid"
    assert shown["order"] == "number 1 to the daemon"


def test_a_row_without_effect_says_why() -> None:
    """By its glyph in the list, in a sentence beside it; it may call nothing."""
    found = row(
        effective(role=None, standing=Standing.SHADOWED, why="A later one has its uid.", user=None)
    )
    assert role_cell(found) == ("○ shadowed", "warning")
    assert texts(found)["no effect"] == "A later one has its uid."
    assert texts(found)["user"] == "none of this machine's"
    assert all(section.title != "May" for section in detail(found))


def test_what_is_amiss_stands_beside_its_row() -> None:
    """The worst gives the glyph; a finding leads back to the row."""
    found = row(effective(findings=(WARNING,)))
    assert glyph_cell(found) == ("▲", "warning")
    assert texts(found)["what"] == WARNING.message
    assert row_of_finding((row(effective(None)), found), WARNING) is found
    other = WARNING.model_copy(update={"file": FOLDER / "gone.toml"})
    assert row_of_finding((found,), other) is None


def test_the_daemon_and_those_without_types_are_told_apart() -> None:
    """Untyped is not the same as an empty list of types."""
    daemon = effective(Principal(uid=1, name="edge"), role=Role.DAEMON)
    assert (role_cell(row(daemon))[0], idtype_cell(row(daemon))[0]) == ("◆ daemon", "untyped")
    nothing = effective(Principal(uid=1, name="idle", idtype=()))
    assert idtype_cell(row(nothing)) == ("none", "warning")


def test_unknown_keys_and_certificates_are_shown() -> None:
    """Nothing of a table is hidden."""
    principal = Principal(
        uid=1, name="n", idtype=(IdType.LOCAL,), has_localid=True, other={"note": "x", "n": [1]}
    )
    shown = texts(row(effective(principal)))
    assert shown["local id"] == "x509 client"
    assert (shown["note"], shown["n"]) == ("x", "[1]")


def test_secrets_that_were_written_into_a_principal_are_shown_nowhere() -> None:
    """In keys the daemon ignores, in the table as it stands, in comments, and in what is copied."""
    key = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="
    string = f"HostName=h.azure-devices.net;DeviceId=d;SharedAccessKey={key}"
    text = (
        f'# connection_string = "{string}"\n[[principal]]\nname = "tide"\nuid = 1001\n'
        f'connection_string = \'{string}\'\nextra = {{ primary = "{key}", note = "kept" }}\n'
    )
    other = {"connection_string": string, "extra": {"primary": key, "note": "kept"}}
    principal = TYPED.model_copy(update={"other": other})
    found = effective(principal)
    found = found.model_copy(update={"entry": entry(principal).model_copy(update={"text": text})})
    row = PrincipalRow(MAIN, found)
    for shown in (str(detail(row)), str(document(row))):
        assert key not in shown
        assert "SharedAccessKey" not in shown
        assert shown.count("(hidden: it looks like a secret)") >= 4
        assert "kept" in shown
        assert "uid = 1001" in shown
    assert found.entry.text == text
