"""Each check finds its fault, at its place, and nothing in a sound configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from registry_backend.domain.findings import Severity
from registry_backend.identityd.checks import check, introduced
from registry_backend.identityd.files import LARGEST_FILE
from registry_backend.identityd.users import DAEMON_USER, KnownUsers, User
from registry_backend.identityd.whole import read_whole
from tests.registry_backend.identityd.gateway import BASE, NOBODY, Gateway, principal

AGENT = '[[principal]]\nuid = 1\nname = "agent"\n'
ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
MODULE, LOCAL, DEVICE = 'idtype = ["module"]', 'idtype = ["local"]', 'idtype = ["device"]'
WITHOUT_HUB = BASE[: BASE.index("source")] + 'source = "none"\n[localid]\ndomain = "d"\n'
DPS = (
    BASE[: BASE.index("source")]
    + """\
source = "dps"
global_endpoint = "https://dps.net"
scope_id = "s"
attestation = { method = "tpm", registration_id = "r" }
"""
)
SHIPPED = """\
[[principal]]
uid = 1
name = "agent"
idtype = "device"
"""
"""What the commented examples of the packaged default file come to when they are used."""


def test_a_sound_configuration_has_no_findings(tmp_path: Path) -> None:
    """Typed and untyped principals, in two files."""
    local = principal(3, "mesh", 'idtype = ["local"]\nlocalid = { type = "x509" }')
    gateway = Gateway(tmp_path).write(
        BASE + principal(1, "edge"), agent=principal(2, "agent", MODULE) + local
    )
    assert gateway.findings() == ()
    assert gateway.view().starts


@pytest.mark.parametrize(
    ("tables", "rule", "severity", "line"),
    [
        (principal(1, "n", MODULE) + principal(2, "n"), "duplicate-name", ERROR, 7),
        (
            principal(1, "n", 'idtype = ["module"]\nlocalid = { type = "x509" }'),
            "localid-without-local",
            ERROR,
            5,
        ),
        (principal(1, "n", 'localid = { type = "x509" }'), "localid-untyped", WARNING, 4),
        (principal(1, "a", MODULE) + principal(1, "b", MODULE), "duplicate-uid", WARNING, 2),
        (principal(1, "a") + principal(2, "b"), "second-untyped", WARNING, 5),
        (principal(0, "a", MODULE), "root-claimed", WARNING, 2),
        (principal(4294967295, "a", MODULE), "impossible-uid", WARNING, 2),
        (principal(1, "a", "idtype = []"), "no-types", WARNING, 4),
        (principal(1, "a", 'idtype = ["local", "local"]'), "repeated-type", NOTE, 4),
        (principal(1, "a", 'idtype = ["device", "module"]'), "device-hides-module", NOTE, 4),
        (principal(1, "", MODULE), "bad-module-name", ERROR, 3),
        (principal(1, "two words", MODULE), "bad-module-name", ERROR, 3),
        (principal(1, "m" * 129, MODULE), "bad-module-name", ERROR, 3),
        (principal(1, "$edgeAgent", MODULE), "reserved-name", WARNING, 3),
        (principal(1, "$edgeHub", MODULE), "reserved-name", WARNING, 3),
        (principal(1, "", DEVICE), "empty-name", WARNING, 3),
        (principal(1, " a", DEVICE), "odd-name", WARNING, 3),
        (principal(1, "a" * 60, LOCAL), "certificate-name-cut", WARNING, 3),
        (principal(1, "a" * 63 + "é", LOCAL), "certificate-name-kills", ERROR, 3),
        (principal(99, "a", MODULE), "unknown-user", NOTE, 2),
        (principal(1, "a", "max_requests = 3"), "key-behind-principal", WARNING, 4),
        (principal(1, "a", 'connection_string = "x"'), "no-such-key", WARNING, 4),
        (principal(1, "a", 'idtpe = ["module"]'), "unknown-key", WARNING, 4),
        (principal(1, "a", "colour = 3"), "unknown-key", NOTE, 4),
        (SHIPPED, "wrong-value", ERROR, 4),
        ("[principal]\nuid = 1\nname = 'n'\n", "wrong-value", ERROR, 1),
        ("[[principal]]\nuid = 1\n", "missing-key", ERROR, 1),
        ("a = \n", "unusable-file", ERROR, 1),
    ],
)
def test_a_fault_among_principals_is_found_at_its_line(
    tmp_path: Path, tables: str, rule: str, severity: Severity, line: int
) -> None:
    """With a sentence and a remedy; nothing that stops the daemon passes as less."""
    gateway = Gateway(tmp_path).write(BASE, agent=tables)
    found = {finding.rule: finding for finding in gateway.findings()}[rule]
    assert (found.severity, found.file.name, found.line) == (severity, "agent.toml", line)
    assert found.message.endswith(".")
    assert found.remedy.endswith(".")
    assert gateway.view().starts == (severity is not ERROR)


@pytest.mark.parametrize(
    ("main", "rule", "severity", "said"),
    [
        (
            BASE[: BASE.index("[localid]")] + principal(1, "n", LOCAL),
            "local-without-domain",
            ERROR,
            "no [localid] table",
        ),
        (WITHOUT_HUB + principal(1, "n", MODULE), "hub-type-without-hub", ERROR, "IoT Hub"),
        (WITHOUT_HUB + principal(1, "n", DEVICE), "hub-type-without-hub", ERROR, "IoT Hub"),
        (BASE.replace('"gate"', '"' + "g" * 65 + '"'), "odd-hostname", WARNING, "64"),
        (BASE.replace('"gate"', '"a_b"'), "odd-hostname", WARNING, "a_b"),
        (BASE.replace('"/var', '"var'), "relative-homedir", WARNING, "relative"),
        ("max_requests = 0\n" + BASE, "no-requests", WARNING, "nobody"),
        ("cloud_timeout_sec = 30\n" + BASE, "wrong-value", ERROR, "at least 70"),
        (BASE + "[endpoints]\naziot_keyd = 'unix:///k'\n", "endpoints-ignored", NOTE, "debug"),
        (BASE + "[endpoints]\naziot_keyd = 'unix:///k'\n", "endpoints-incomplete", NOTE, "certd"),
        (BASE + "[endpoints]\naziot_keyd = '/k'\n", "endpoint-scheme", NOTE, "aziot_keyd"),
        (DPS + "local_gateway_hostname = 'edge'\n", "gateway-with-dps", WARNING, "DPS"),
        (DPS + "payload = { uri = 'https://x/y' }\n", "payload-no-file", WARNING, "https://x/y"),
        (DPS + "device_id = 'd'\n", "key-of-other-source", WARNING, "manual"),
        (
            BASE.replace("device_id_pk", "device_id_cert = 'c'\ndevice_id_pk"),
            "no-such-key",
            WARNING,
            "identity_cert is meant",
        ),
        ("aziot_max_requests = 3\n" + BASE, "no-such-key", WARNING, "super-config"),
        ("parent_hostname = 'p'\n" + BASE, "no-such-key", WARNING, "super-config"),
        (
            BASE.replace("source =", "always_reprovision_on_startup = true\nsource ="),
            "no-such-key",
            WARNING,
            "removed in 2021",
        ),
        ("auto_reprovisioning_mode = 'x'\n" + BASE, "no-such-key", WARNING, "IoT Edge"),
        (BASE + "[connect]\na = 1\n", "no-such-key", WARNING, "leftover"),
        ("hostnam = 'h'\n" + BASE, "unknown-key", WARNING, "hostnam"),
    ],
)
def test_a_fault_of_the_settings_is_found(
    tmp_path: Path, main: str, rule: str, severity: Severity, said: str
) -> None:
    """In whatever file it stands."""
    found = {finding.rule: finding for finding in Gateway(tmp_path).write(main).findings()}[rule]
    assert found.severity is severity
    assert said in found.message


def test_an_unknown_key_is_answered_with_the_nearest_known_one(tmp_path: Path) -> None:
    """Of its own table."""
    gateway = Gateway(tmp_path).write(
        BASE.replace("[localid]\ndomain", "[localid]\ndomian = 1\ndomain")
    )
    (found,) = gateway.findings()
    assert (found.key, found.remedy) == ("localid.domian", "Write domain, if that is meant.")


def test_all_findings_are_told_at_once_and_in_order(tmp_path: Path) -> None:
    """File by file as the daemon reads them, by line within each."""
    gateway = Gateway(tmp_path).write(
        "max_requests = 0\n" + BASE,
        b=principal(1, "x", "idtype = []") + principal(0, "x"),
        a=principal(1, "y", 'idtype = ["Module"]'),
    )
    assert [(found.file.name, found.line) for found in gateway.findings()] == [
        ("config.toml", 1),
        ("a.toml", 4),
        ("b.toml", 4),
        ("b.toml", 6),
        ("b.toml", 7),
    ]


def test_files_that_are_passed_over_are_told(tmp_path: Path) -> None:
    """By how likely somebody thinks that they are read."""
    gateway = Gateway(tmp_path).write(BASE).put({"a.TOML": "", "b.toml.bak": "", "README": ""})
    (gateway.folder / "link.toml").symlink_to(gateway.folder / "b.toml.bak")
    (gateway.folder / "folder.toml").mkdir()
    found = {at.file.name: (at.rule, at.severity) for at in gateway.findings()}
    assert found == {
        "a.TOML": ("passed-over", WARNING),
        "b.toml.bak": ("passed-over", NOTE),
        "folder.toml": ("passed-over", WARNING),
        "link.toml": ("passed-over", WARNING),
    }


def test_principals_beside_the_folder_are_told(tmp_path: Path) -> None:
    """Where nothing reads them; another service's file of the same form is left in peace."""
    gateway = Gateway(tmp_path).write(BASE)
    (tmp_path / "agent.toml").write_text(principal(1, "agent", MODULE))
    (tmp_path / "keyd.toml").write_text('[[principal]]\nuid = 1\nkeys = ["*"]\n')
    (found,) = gateway.findings()
    assert (found.rule, found.file.name) == ("stray-file", "agent.toml")


def test_whatever_holds_principals_and_is_not_read_is_told_by_its_line(tmp_path: Path) -> None:
    """Under any name, and in single brackets too; what only waits to be read is left alone."""
    gateway = Gateway(tmp_path).write(BASE)
    single = '# of a package\n[principal]\nuid = 1\nname = "agent"\n'
    gateway.put({"agent": f"# one\n{AGENT}", "agent.conf": single, "notes": "principal\n"})
    (tmp_path / "single.toml").write_text(single)
    (tmp_path / "old.conf").write_text(AGENT)
    (tmp_path / "config.toml.default").write_text("# [[principal]]\n# uid = 1\n")
    for place in (tmp_path, gateway.folder):
        os.mkfifo(place / "pipe")
        (place / "loop").symlink_to("loop")
    found = [(at.rule, at.severity, at.file.name, at.line) for at in gateway.findings()]
    assert found == [
        ("passed-over", WARNING, "agent", 2),
        ("passed-over", WARNING, "agent.conf", 2),
        ("stray-file", WARNING, "old.conf", 1),
        ("stray-file", WARNING, "single.toml", 2),
    ]


def test_a_file_too_large_to_read_is_no_fault_and_is_told(tmp_path: Path) -> None:
    """The daemon may well read it, so that nobody here knows what comes of it."""
    gateway = Gateway(tmp_path).write(BASE).put({"big.toml": "#" * (LARGEST_FILE + 1)})
    (found,) = gateway.findings()
    assert (found.rule, found.severity, found.file.name) == (
        "not-readable-here",
        WARNING,
        "big.toml",
    )
    assert "Split it" in found.remedy


def test_a_missing_file_and_folder_are_notes(tmp_path: Path) -> None:
    """The daemon goes on without them, as far as the rest allows."""
    gateway = Gateway(tmp_path)
    assert [found.rule for found in gateway.findings() if found.severity is NOTE] == ["absent"] * 2
    assert gateway.rules().count("missing-key") == 3


def test_whoever_may_write_a_file_is_told(tmp_path: Path) -> None:
    """They may give themselves any identity."""
    gateway = Gateway(tmp_path, NOBODY).write(BASE, agent="", group="")
    (gateway.folder / "agent.toml").chmod(0o602)
    (gateway.folder / "group.toml").chmod(0o620)
    gateway.folder.chmod(0o777)
    assert sorted(gateway.rules()) == ["writable-by-all", "writable-by-all", "writable-by-group"]


def test_elsewhere_users_that_there_are_not_are_one_note_a_file(tmp_path: Path) -> None:
    """The uids are another machine's there, so that a note for each would bury the rest."""
    several = "".join(principal(uid, f"m{uid}", MODULE) for uid in range(900, 907))
    gateway = Gateway(tmp_path, NOBODY).write(BASE, agent=several, lone=principal(99, "a", MODULE))
    found = {at.file.name: at for at in gateway.findings() if at.rule == "unknown-user"}
    assert found["agent.toml"].message == (
        "No user of this machine has 7 of the uids in agent.toml: 900, 901, 902, 903, 904, …"
    )
    assert found["agent.toml"].line == 2
    assert "uid 99" in found["lone.toml"].message
    assert {at.severity for at in found.values()} == {NOTE}


def test_on_a_gateway_users_that_there_are_not_are_told_one_by_one(tmp_path: Path) -> None:
    """There each of them is a fault of its own."""
    users = KnownUsers((User(os.getuid(), DAEMON_USER, {os.getgid(): DAEMON_USER}),))
    both = principal(900, "a", MODULE) + principal(901, "b", MODULE)
    gateway = Gateway(tmp_path, users).write(BASE, agent=both)
    found = [at for at in gateway.findings() if at.rule == "unknown-user"]
    assert [at.severity for at in found] == [WARNING, WARNING]


def test_on_a_gateway_the_daemons_own_account_is_tried(tmp_path: Path) -> None:
    """A file it may not read stops it; a stranger's file is another's to change."""
    mine = os.getuid()
    daemon = User(mine + 1, DAEMON_USER, {os.getgid() + 1: DAEMON_USER})
    gateway = Gateway(tmp_path, KnownUsers((daemon,))).write(BASE, agent=principal(99, "a", MODULE))
    gateway.folder.chmod(0o755)
    gateway.main.chmod(0o644)
    found = {(at.rule, at.file.name): at.severity for at in gateway.findings()}
    assert found["unreadable-by-daemon", "agent.toml"] is ERROR
    assert ("unreadable-by-daemon", "config.toml") not in found
    assert ("unreadable-by-daemon", "config.d") not in found
    assert found["unknown-user", "agent.toml"] is WARNING
    assert (("foreign-owner", "config.toml") in found) == (mine != 0)
    own = User(mine, DAEMON_USER, {os.getgid(): DAEMON_USER})
    sound = Gateway(tmp_path, KnownUsers((own, User(99, "u")))).findings()
    assert sound == ()


def test_an_edit_is_to_blame_for_what_it_adds_only(tmp_path: Path) -> None:
    """Faults that were there move with their lines; a second of a kind is new."""
    gateway = Gateway(tmp_path).write(BASE, agent=principal(1, "a", "idtype = []"))
    before = gateway.findings()
    gateway.write(BASE, agent="# moved\n\n" + principal(1, "b", "idtype = []"))
    assert introduced(before, gateway.findings()) == ()
    gateway.write(BASE, agent=principal(1, "a", "idtype = []") + principal(2, "c", "idtype = []"))
    (found,) = introduced(before, gateway.findings())
    assert "“c”" in found.message


def test_what_may_stand_in_a_broken_file_is_not_called_missing(tmp_path: Path) -> None:
    """One slip in the main file is told once, not once for each principal."""
    local = principal(3, "mesh", 'idtype = ["local"]')
    gateway = Gateway(tmp_path).write(BASE + "max_requests =\n", mesh=local)
    assert [found.rule for found in gateway.findings()] == ["unusable-file"]
    gateway = Gateway(tmp_path).write(BASE.replace("[localid]", "[elsewhere]"), mesh=local)
    assert "local-without-domain" in [found.rule for found in gateway.findings()]


def test_a_key_of_the_super_config_is_not_to_be_moved_but_taken_out(tmp_path: Path) -> None:
    """Above the first header it would be ignored just the same."""
    gateway = Gateway(tmp_path).write(BASE + principal(1, "a", "aziot_max_requests = 3"))
    (found,) = gateway.findings()
    assert "super-config" in found.message
    assert found.remedy == "Take it out."


def test_commands_in_remedies_are_safe_to_paste(tmp_path: Path) -> None:
    """Whatever the folder is called; and none is given for what is no regular file."""
    root = tmp_path / "a b;c"
    root.mkdir()
    gateway = Gateway(root).write(BASE)
    gateway.main.chmod(0o666)
    (found,) = gateway.findings()
    assert found.remedy == f"Run: chmod 0600 '{gateway.main}'"
    gateway.main.unlink()
    os.mkfifo(gateway.main)
    gateway.main.chmod(0o666)
    assert "chmod" not in " ".join(found.remedy for found in gateway.findings())


def test_a_main_file_that_stands_for_the_folder_too_is_an_error(tmp_path: Path) -> None:
    """As any other plain file in the folder's place."""
    gateway = Gateway(tmp_path).write(BASE)
    whole = read_whole(gateway.main, gateway.main)
    found = check(whole, gateway.users)
    assert [at.severity for at in found if at.rule == "unusable-file"] == [ERROR]
    assert whole.settings is None


def test_a_path_without_a_name_is_told_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as the folder one is in."""
    monkeypatch.chdir(tmp_path)
    (found, *_) = check(read_whole(Path(), tmp_path / "none"), NOBODY)
    assert found.message.startswith(". is a folder, where a regular file is expected. The daemon")
