"""`principals list` from a shell: needs no registry, tells every fault with its place."""

from __future__ import annotations

import json

from tests.end_to_end.program import Program

CONFIG = """\
hostname = "gate"

[[principal]]
name = "agent"
uid = 1001
idtype = ["device", "module"]
"""


def test_principals_are_listed_with_file_and_line(program: Program) -> None:
    """From the main file and the folder, as a table and as JSON; both spellings of the command."""
    main_file = program.home / "config.toml"
    main_file.write_text(CONFIG)
    folder = program.home / "config.d"
    folder.mkdir()
    (folder / "50-meter.toml").write_text('[[principal]]\nname = "meter"\nuid = 1002\n')
    paths = ("--config", str(main_file), "--config-dir", str(folder))
    done = program.run("principals", "list", *paths)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["NAME", "UID", "USER", "IDTYPE", "LOCALID", "ROLE", "WHERE"]
    agent, meter = (line.split() for line in lines[1:])
    assert agent[:2] + agent[3:] == (
        ["agent", "1001", "device,module", "-", "host", "process", f"{main_file}:3"]
    )
    assert meter[:2] + meter[3:] == (
        ["meter", "1002", "-", "-", "daemon", f"{folder}/50-meter.toml:1"]
    )
    shown = program.run("list", "principals", "--json", *paths)
    assert [found["name"] for found in json.loads(shown.stdout)] == ["agent", "meter"]


def test_a_broken_file_is_told_and_the_rest_still_shown(program: Program) -> None:
    """The exit code says that something is wrong."""
    main_file = program.home / "config.toml"
    main_file.write_text(CONFIG)
    folder = program.home / "config.d"
    folder.mkdir()
    (folder / "60-broken.toml").write_text("[[principal]\n")
    done = program.run(
        "principals", "list", "--config", str(main_file), "--config-dir", str(folder)
    )
    assert done.returncode == 1
    assert "agent" in done.stdout
    assert "60-broken.toml" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_settings_say_where_the_files_are(program: Program) -> None:
    """What the console remembers holds for commands too."""
    main_file = program.home / "mine.toml"
    main_file.write_text(CONFIG)
    program.settings.parent.mkdir(parents=True)
    program.settings.write_text(
        f'identityd_config = "{main_file}"\nidentityd_config_dir = "{program.home}/none"\n'
    )
    done = program.run("principals", "list")
    assert "agent" in done.stdout
