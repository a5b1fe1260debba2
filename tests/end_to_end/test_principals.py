"""`principals list` from a shell: needs no registry, tells every fault with its place."""

from __future__ import annotations

import json

from registry_backend.identityd.files import LARGEST_FILE
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


def test_a_file_that_is_replaced_is_told_and_nothing_fails(program: Program) -> None:
    """`list` and `check` say the same of it (identityd 4.3)."""
    main_file = program.home / "config.toml"
    main_file.write_text(
        'hostname = "gate"\nhomedir = "/var/lib/aziot/identityd"\n[provisioning]\nsource = "none"\n'
    )
    folder = program.home / "config.d"
    folder.mkdir()
    (folder / "30.toml").write_text("principal = 5\n")
    (folder / "90.toml").write_text('[[principal]]\nname = "meter"\nuid = 1002\n')
    paths = ("--config", str(main_file), "--config-dir", str(folder))
    listed, checked = (program.run("principals", each, *paths) for each in ("list", "check"))
    assert "a later file replaces it" in listed.stderr
    assert "a later file replaces it" in checked.stdout
    assert "refuses" not in listed.stderr + checked.stdout
    assert (listed.returncode, checked.returncode) == (0, 0)
    (folder / "90.toml").unlink()
    listed, checked = (program.run("principals", each, *paths) for each in ("list", "check"))
    assert "replaces" not in listed.stderr + checked.stdout
    assert (listed.returncode, checked.returncode) == (1, 1)


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


GATEWAY = """\
hostname = "gate"
homedir = "/var/lib/aziot/identityd"

[provisioning]
source = "manual"
iothub_hostname = "hub.azure-devices.net"
device_id = "gate-1"
authentication = { method = "sas", device_id_pk = "device-id" }
"""
AGENT = '[[principal]]\nuid = 0\nname = "agent"\nidtype = ["module"]\n'


def configuration(program: Program, main: str, **files: str) -> tuple[str, ...]:
    """Write a main file and a folder; the options that name them."""
    main_file, folder = program.home / "config.toml", program.home / "config.d"
    folder.mkdir(mode=0o700, exist_ok=True)
    main_file.write_text(main)
    main_file.chmod(0o600)
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
        (folder / f"{name}.toml").chmod(0o600)
    return "--config", str(main_file), "--config-dir", str(folder)


def test_check_guards_a_package_build(program: Program) -> None:
    """A line for each finding, as compilers print it; 1 where the daemon would not start."""
    paths = configuration(program, GATEWAY, agent=AGENT)
    done = program.run("principals", "check", *paths)
    assert done.returncode == 0
    (line,) = (line for line in done.stdout.splitlines() if "root-claimed" in line)
    assert line.startswith(f"{program.home}/config.d/agent.toml:2:1: warning: uid 0 takes root's")
    paths = configuration(program, GATEWAY, agent=AGENT, other=AGENT)
    done = program.run("principals", "check", *paths)
    assert done.returncode == 1
    assert ": error: “agent” is already the name of a principal in agent.toml:1;" in done.stdout
    assert "1 error, " in done.stderr


def test_a_file_named_alone_brings_the_folder_beside_it(program: Program) -> None:
    """Not that of this machine's own service; a folder that is named wins."""
    _, main_file, _, _ = configuration(program, GATEWAY, agent=AGENT)
    (program.home / "none").mkdir()
    settings = program.settings
    settings.parent.mkdir(parents=True, exist_ok=True)
    (program.home / "production").mkdir()
    (program.home / "production" / "it.toml").write_text(AGENT.replace("agent", "production"))
    settings.write_text(f'identityd_config_dir = "{program.home}/production"\n')
    listed = program.run("principals", "list", "--config", main_file).stdout
    assert f"{program.home}/config.d/agent.toml" in listed
    assert "production" not in listed
    checked = program.run("principals", "check", "--config", main_file)
    assert checked.stderr.startswith("1 principal: ")
    named = ("--config-dir", str(program.home / "none"))
    assert program.run("principals", "list", "--config", main_file, *named).stdout == ""


def test_check_is_no_guard_where_it_could_not_look(program: Program) -> None:
    """A file that nobody read is a warning, and no reason to let the package pass."""
    paths = configuration(program, GATEWAY, agent=AGENT)
    large = program.home / "config.d" / "large.toml"
    large.write_bytes(b"#" * (LARGEST_FILE + 1))
    done = program.run("principals", "check", *paths)
    assert done.returncode == 1
    assert f"{large}: warning: " in done.stdout
    assert f"{large} was not read, so the check is not complete." in done.stderr


def test_check_speaks_json(program: Program) -> None:
    """An array of findings with their places; an empty one when nothing is amiss."""
    paths = configuration(program, GATEWAY, agent=AGENT.replace('["module"]', '"module"'))
    done = program.run("principals", "check", "--json", *paths)
    assert done.returncode == 1
    found = next(at for at in json.loads(done.stdout) if at["rule"] == "wrong-value")
    assert (found["severity"], found["line"], found["column"]) == ("error", 4, 1)
    assert found["file"] == f"{program.home}/config.d/agent.toml"
    assert found["key"] == "principal.idtype"


def test_explain_tells_what_would_be_answered_and_why(program: Program) -> None:
    """One call by its name, a request as it is, or all ten; a refusal is no failure."""
    paths = configuration(program, GATEWAY, agent=AGENT)
    done = program.run("principals", "explain", "--uid", "0", "--call", "list-modules", *paths)
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == ["401 Unauthorized", "  authorization error"]
    assert "“agent” in agent.toml:1" in done.stdout
    done = program.run(
        *(
            "principals",
            "explain",
            "--uid",
            "root",
            "--path",
            "/identities/modules/agent?type=aziot",
        ),
        *("--json", *paths),
    )
    answer = json.loads(done.stdout)
    assert (answer["status"], answer["decidedBy"]) == (200, "the hub")
    whole = "http://foo/identities/provisioning?api-version=20%22"
    done = program.run("principals", "explain", "--uid", "root", "--path", whole, *paths)
    assert done.stdout.splitlines()[1] == r'  invalid api-version "20\""'
    done = program.run("principals", "explain", "--uid", "77", *paths)
    assert done.stdout.count("401 Unauthorized") == 8
    assert done.stdout.count("200 OK") == 2


def test_a_question_that_makes_no_sense_is_wrong_usage(program: Program) -> None:
    """With what would make sense."""
    paths = configuration(program, GATEWAY)
    for arguments, said in (
        (("explain",), "--uid"),
        (("explain", "--uid", "nobody-of-that-name"), "No user of this machine"),
        (("explain", "--uid", "4294967296"), "at most"),
        (("explain", "--uid", "1", "--call", "dance"), "get-identity"),
        (("explain", "--uid", "1", "--method", "GET"), "--path"),
        (("explain", "--uid", "1", "--module", ""), "--module needs the name"),
        (("check", "--uid", "1"), "explain only"),
    ):
        done = program.run("principals", *arguments, *paths)
        assert done.returncode == 2
        assert said in done.stderr


def test_no_character_of_a_file_acts_on_the_terminal(program: Program) -> None:
    """Names, keys and the names of files may hold escapes and line ends."""
    main_file = program.home / "con\x1b]0;fig\nx.toml"
    name = r'"a\u001b]0;owned\u0007\nb"'
    main_file.write_text(
        f'{GATEWAY}[[principal]]\nuid = 1001\nname = {name}\n"k\\u001b[2J" = 1\n'
        f'idtype = ["module"]\n[[principal]]\nuid = 1002\nname = {name}\n'
    )
    paths = ("--config", str(main_file), "--config-dir", str(program.home / "none"))
    for words in (
        ("principals", "check", *paths),
        ("principals", "explain", "--uid", "1001", *paths),
        ("principals", "explain", "--uid", "1001", "--call", "get-module", *paths),
        ("principals", "explain", "--uid", "1001", "--call", "get-device", *paths),
        ("serve", "--unix", str(program.home / "s"), *paths),
    ):
        done = program.run(*words)
        assert "owned" in done.stdout + done.stderr
        for text in (done.stdout, done.stderr):
            assert not {"\x1b", "\x07"} & set(text), words
            assert not any(line.startswith("b") for line in text.splitlines()), words
