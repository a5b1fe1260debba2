"""Files laid over each other as the daemon does (identityd 4.3), and where each value came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from registry_backend.identityd.blocks import cut
from registry_backend.identityd.configuration import changed, read_configuration
from registry_backend.identityd.merge import Origin, merge
from registry_backend.identityd.places import KeyPath, Places
from tests.registry_backend.identityd.gateway import BASE, Gateway, principal

TEXT = """\
# comment
hostname = "gate" # behind

[provisioning]
source = "manual"
  authentication = { method = "sas", keys = [1, { deep = 2 }] }

[[principal]]
uid = 1
idtype = [
  "module", # one
  "local",
]
[principal.localid]
type = "x509"

[[principal]]
"quoted key" = 3
text = \"\"\"
[[principal]]
uid = 9
\"\"\"
dotted.key = 4
"""


@pytest.mark.parametrize(
    ("documents", "merged"),
    [
        ([{"a": 1}, {"b": 2}], {"a": 1, "b": 2}),
        ([{"a": 1}, {"a": 2}], {"a": 2}),
        ([{"t": {"a": 1, "b": 1}}, {"t": {"b": 2}}], {"t": {"a": 1, "b": 2}}),
        ([{"l": [1, 2]}, {"l": [2, 3]}], {"l": [1, 2, 2, 3]}),
        ([{"l": [1]}, {"l": {"a": 1}}], {"l": {"a": 1}}),
        ([{"l": {"a": 1}}, {"l": [1]}], {"l": [1]}),
        ([{"t": {"a": 1}}, {"t": 3}, {"t": {"b": 2}}], {"t": {"b": 2}}),
        ([{"t": {"l": [1]}}, {"t": {"l": [2]}}], {"t": {"l": [1, 2]}}),
        ([{"p": [{"a": 1}]}, {"p": [{"a": 2}]}], {"p": [{"a": 1}, {"a": 2}]}),
        ([], {}),
    ],
)
def test_tables_merge_arrays_append_and_the_rest_is_replaced(
    documents: list[dict[str, Any]], merged: dict[str, Any]
) -> None:
    """Arrays are never replaced by arrays; anything else that differs in kind is."""
    assert merge(documents).table == merged


def test_merging_leaves_the_documents_alone() -> None:
    """They are read again for the next edit."""
    first = {"t": {"a": 1}, "l": [1]}
    merge([first, {"t": {"b": 2}, "l": [2]}])
    assert first == {"t": {"a": 1}, "l": [1]}


def test_each_value_is_known_by_its_origin() -> None:
    """Items of arrays by their place in their own document; what was replaced is forgotten."""
    merged = merge([{"p": [{"u": 1}], "t": {"a": 1}}, {"p": [{"u": 2}, {"u": 3}]}, {"t": 5}])
    assert merged.origin(("p", 2, "u")) == Origin(1, ("p", 1, "u"))
    assert merged.origin(("p", 0, "missing")) == Origin(0, ("p", 0, "missing"))
    assert merged.origin(("t",)) == Origin(2, ("t",))
    assert merged.origin(("t", "a")) == Origin(2, ("t", "a"))
    assert merged.origin(("nowhere",)) is None


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("hostname",), (2, 1)),
        (("provisioning",), (4, 1)),
        (("provisioning", "source"), (5, 1)),
        (("provisioning", "authentication"), (6, 3)),
        (("provisioning", "authentication", "method"), (6, 22)),
        (("provisioning", "authentication", "keys", 1, "deep"), (6, 51)),
        (("principal", 0), (8, 1)),
        (("principal", 0, "uid"), (9, 1)),
        (("principal", 0, "idtype", 1), (12, 3)),
        (("principal", 0, "localid", "type"), (15, 1)),
        (("principal", 1), (17, 1)),
        (("principal", 1, "quoted key"), (18, 1)),
        (("principal", 1, "text"), (19, 1)),
        (("principal", 1, "dotted", "key"), (23, 1)),
        (("principal", 1, "missing"), (17, 1)),
        (("provisioning", "missing"), (4, 1)),
        (("nowhere",), (1, 1)),
    ],
)
def test_keys_are_found_by_line_and_column(path: KeyPath, place: tuple[int, int]) -> None:
    """A key that is missing, where it belongs."""
    assert Places(TEXT, cut(TEXT).found).of(path) == place


def test_a_byte_order_mark_takes_no_column() -> None:
    """Editors do not count it."""
    text = "\ufeffa = 1\r\nb = 2\r\n"
    places = Places(text, cut(text).found)
    assert (places.of(("a",)), places.of(("b",))) == ((1, 1), (2, 1))


def test_files_are_applied_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    """The main file first; upper case before lower; hidden files too, other endings not."""
    gateway = Gateway(tmp_path).write(BASE + principal(1, "main"))
    names = ["99.toml", "00-super.toml", "10.toml", "a.toml", "B.toml", ".hidden.toml", "é.toml"]
    gateway.put({name: principal(2, name) for name in names})
    gateway.put({name: principal(3, name) for name in ("x.TOML", ".toml", "x.toml.bak", "x.toml~")})
    (gateway.folder / "folder.toml").mkdir()
    (gateway.folder / "link.toml").symlink_to(gateway.folder / "10.toml")
    found = [at.principal.name for at in gateway.whole().ordered if at.principal]
    assert found == [
        *("main", ".hidden.toml", "00-super.toml", "10.toml"),
        *("99.toml", "B.toml", "a.toml", "é.toml"),
    ]


def test_a_later_file_overrides_a_value_and_is_named_for_it(tmp_path: Path) -> None:
    """The settings are those of the merge; each place is that of the file that won."""
    gateway = Gateway(tmp_path).write(BASE, a='hostname = "b"\n[provisioning]\ndevice_id = "d2"\n')
    whole = gateway.whole()
    assert whole.settings is not None
    assert whole.settings.hostname == "b"
    assert whole.place(("hostname",)).file == gateway.folder / "a.toml"
    assert whole.place(("provisioning", "device_id")).line == 3
    assert whole.place(("provisioning", "source")).file == gateway.main


def test_a_single_table_replaces_all_principals_before_it(tmp_path: Path) -> None:
    """The daemon refuses that; an array behind it would have taken its place in turn."""
    gateway = Gateway(tmp_path).write(BASE + principal(1, "gone"), b="[principal]\nuid = 2\n")
    assert gateway.whole().ordered == ()
    assert "wrong-value" in gateway.rules()
    gateway.write(BASE + principal(1, "gone"), c=principal(3, "kept"))
    assert [at.principal.name for at in gateway.whole().ordered if at.principal] == ["kept"]
    assert "principal-no-array" in gateway.rules()
    assert [at.standing.value for at in gateway.view().principals] == ["counts", "replaced"]


@pytest.mark.parametrize(
    ("first", "last", "replaced"),
    [
        ("", "principal = 5\n", []),
        ("principal = 5\n", "", ["b.toml"]),
        ("principal = 5\n", "principal = 6\n", ["b.toml"]),
        ("principal = 5\n", "[principal]\nuid = 2\n", ["b.toml"]),
        ("[principal]\nuid = 2\n", "[principal]\nuid = 3\n", []),
        ("[principal]\nuid = 2\n", "principal = 5\n", ["b.toml"]),
        ("[principal]\nuid = 2\n", "", ["b.toml"]),
    ],
)
def test_what_is_no_array_counts_unless_a_later_file_replaces_it(
    tmp_path: Path, first: str, last: str, replaced: list[str]
) -> None:
    """Only tables merge; the check, the starts and the problems of files agree."""
    kept = principal(3, "kept")
    gateway = Gateway(tmp_path).write(BASE, b=first or kept, c=last or kept)
    config = gateway.view().config
    assert [file.path.name for file in config.files if file.replaced] == replaced
    told = [each.file.name for each in gateway.findings() if each.rule == "principal-no-array"]
    assert told == replaced
    assert gateway.view().starts == ("wrong-value" not in gateway.rules()) == (not last)
    for file in config.files:
        assert ("a later file replaces it" in file.problem) == file.replaced
        assert ("refuses to start" in file.problem) == bool(file.problem and not file.replaced)


def test_a_plan_that_takes_the_later_file_away_lets_the_earlier_count_again(
    tmp_path: Path,
) -> None:
    """What comes of a file is judged anew with the others."""
    gateway = Gateway(tmp_path).write(BASE, b="principal = 5\n", c=principal(3, "kept"))
    before = read_configuration(gateway.main, gateway.folder, lambda _path: "")
    after = changed(before, gateway.folder / "c.toml", None)
    again = changed(after, gateway.folder / "c.toml", principal(4, "back").encode())
    said = [[file.problem for file in at.config.files][1] for at in (before, after, again)]
    assert said[0] == said[2]
    assert "a later file replaces it" in said[0]
    assert said[1].endswith("but int; the daemon refuses to start.")
