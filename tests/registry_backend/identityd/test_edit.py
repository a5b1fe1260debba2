"""One principal of a text is edited; every other byte stays."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from registry_backend.domain.errors import Invalid
from registry_backend.identityd.blocks import cut
from registry_backend.identityd.edit import (
    add_principal,
    delete_principal,
    parse,
    update_principal,
)

RICH = '''\
# Licence of the file.

hostname = "gateway" # named by hand
note = """
[[principal]]
uid = 1
"""
raw = \'\'\'
[[principal]] # not a header either \\\'\'\'
lines = [
  "[[principal]]", # nor this
  # [[principal]]
]

# The agent that updates devices.
# Two lines of reason.
[[principal]]   # trailing
uid = 1001      # adu
name = "agent"
  # indented comment
idtype = [
    "module", # for twins
    "device",
]
# the end of agent

# --- a section of its own ---

[[ principal ]]
\tname="second"
\tuid=0x3ea
\tidtype=["local"]
[principal.localid]
type = "x509"
# says server
attributes = "server"

[provisioning]
source = "manual" # [[principal]]
# above the third
[["principal"]]
"uid" = 1003
name = \'third\'
localid.type = "x509"
unknown = { a = 1, "b c" = [ 1, 2 ] }

# end of file'''


def tables(text: str) -> list[dict[str, Any]]:
    """The principals of a text, by the standard library."""
    found: list[dict[str, Any]] = parse(text).get("principal", [])
    return found


def test_only_real_headers_open_a_block_and_comments_that_touch_belong_to_it() -> None:
    """Strings, arrays and comments that look like headers are not cut."""
    layout = cut(RICH)
    first, second, third = (layout.text_of(block) for block in layout.blocks)
    lines = RICH.splitlines()
    assert [lines[block.line - 1] for block in layout.blocks] == [
        "[[principal]]   # trailing",
        "[[ principal ]]",
        '[["principal"]]',
    ]
    assert first.startswith("# The agent that updates devices.\n# Two lines")
    assert first.endswith("]\n# the end of agent\n")
    assert second.startswith("[[ principal ]]\n")
    assert second.endswith('attributes = "server"\n')
    assert third.startswith('# above the third\n[["principal"]]')
    assert third.endswith("[ 1, 2 ] }\n")


def test_a_changed_value_changes_alone() -> None:
    """The trailing comment, the spacing and all other bytes stay."""
    after = update_principal(RICH, 0, {**tables(RICH)[0], "uid": 42})
    assert after == RICH.replace("uid = 1001      # adu", "uid = 42      # adu")


def test_the_comments_of_an_array_over_many_lines_stay_with_their_items() -> None:
    """Only the item that leaves takes its line along; a new one is laid out like the last."""
    after = update_principal(RICH, 0, {**tables(RICH)[0], "idtype": ["module", "local"]})
    assert after == RICH.replace('    "device",\n', '    "local",\n')


def test_an_unchanged_principal_changes_nothing() -> None:
    """Equal values are not written again, however they are spelt."""
    for index, table in enumerate(tables(RICH)):
        assert update_principal(RICH, index, table) == RICH


def test_new_keys_follow_the_last_one_in_the_habit_of_the_block() -> None:
    """Same indent, same way of writing the equals sign."""
    after = update_principal(RICH, 1, {**tables(RICH)[1], "team": "x"})
    assert after == RICH.replace('\tidtype=["local"]\n', '\tidtype=["local"]\n\tteam="x"\n')


def test_keys_of_a_sub_table_are_edited_in_place() -> None:
    """`[principal.localid]` belongs to the principal before it."""
    table = {**tables(RICH)[1], "localid": {"type": "x509", "attributes": "client"}}
    assert update_principal(RICH, 1, table) == RICH.replace('= "server"', '= "client"')
    table["localid"] = {"type": "x509"}
    assert update_principal(RICH, 1, table) == RICH.replace('attributes = "server"\n', "")
    del table["localid"]
    expected = RICH.replace('[principal.localid]\ntype = "x509"\n', "")
    assert update_principal(RICH, 1, table) == expected.replace('attributes = "server"\n', "")


def test_dotted_keys_grow_dotted() -> None:
    """A table written as dotted keys gets its new key beside them."""
    table = {**tables(RICH)[2], "localid": {"type": "x509", "attributes": "client"}}
    assert update_principal(RICH, 2, table) == RICH.replace(
        'localid.type = "x509"\n', 'localid.type = "x509"\nlocalid.attributes = "client"\n'
    )


def test_inline_tables_change_inside_their_braces() -> None:
    """Keys leave and come without a word about their neighbours."""
    third = tables(RICH)[2]
    changed = update_principal(RICH, 2, {**third, "unknown": {"b c": [1, 2], "d": {"e": True}}})
    assert changed == RICH.replace(
        '{ a = 1, "b c" = [ 1, 2 ] }', '{ "b c" = [ 1, 2 ], d = { e = true } }'
    )
    emptied = update_principal(RICH, 2, {**third, "unknown": {}})
    assert emptied == RICH.replace('{ a = 1, "b c" = [ 1, 2 ] }', "{}")


def test_a_deleted_principal_takes_the_comments_that_touch_it_and_no_others() -> None:
    """Comments behind a blank line stay, and blank lines do not pile up."""
    start = RICH.index("# The agent")
    end = RICH.index("# --- a section")
    assert delete_principal(RICH, 0) == RICH[:start] + RICH[end:]
    start, end = RICH.index("[[ principal ]]"), RICH.index("[provisioning]")
    assert delete_principal(RICH, 1) == RICH[:start] + RICH[end:]
    start, end = RICH.index("# above the third"), RICH.index("\n# end of file")
    assert delete_principal(RICH, 2) == RICH[:start] + RICH[end:]


def test_a_new_principal_follows_one_blank_line_even_without_a_final_newline() -> None:
    """Everything that was there is a prefix of what there is."""
    after = add_principal(RICH, {"uid": 7, "name": "new", "idtype": ["module"]})
    assert after == (f'{RICH}\n\n[[principal]]\nuid = 7\nname = "new"\nidtype = ["module"]\n')
    assert tables(after)[3] == {"uid": 7, "name": "new", "idtype": ["module"]}


@pytest.mark.parametrize(
    ("text", "between"),
    [("", ""), ("\ufeff", ""), ("a = 1", "\n\n"), ("a = 1\n", "\n"), ("a = 1\n\n", "")],
)
def test_exactly_one_blank_line_stands_before_a_new_principal(text: str, between: str) -> None:
    """None at the top of a file."""
    assert add_principal(text, {"uid": 1, "name": "x"}) == (
        f'{text}{between}[[principal]]\nuid = 1\nname = "x"\n'
    )


def test_crlf_and_byte_order_mark_are_kept() -> None:
    """New lines end as the file's do."""
    text = '\ufeff[[principal]]\r\nuid = 1\r\nname = "a"\r\n\r\n[[principal]]\r\nuid=2\r\nname="b"'
    after = update_principal(text, 0, {"uid": 1, "name": "a", "idtype": []})
    assert after == text.replace('"a"\r\n', '"a"\r\nidtype = []\r\n')
    after = update_principal(text, 1, {"uid": 2, "name": "b", "idtype": ["device"]})
    assert after == text + '\r\nidtype=["device"]'
    after = add_principal(text, {"uid": 3, "name": "c"})
    assert after == text + '\r\n\r\n[[principal]]\r\nuid = 3\r\nname = "c"\r\n'
    assert delete_principal(text, 0) == '\ufeff[[principal]]\r\nuid=2\r\nname="b"'


def test_mixed_line_ends_follow_the_line_beside_them() -> None:
    """A new key ends as the line it follows does."""
    text = '[[principal]]\r\nuid = 1\nname = "a"\r\n[other]\nx = 1\n'
    after = update_principal(text, 0, {"uid": 1, "name": "a", "idtype": []})
    assert after == text.replace('"a"\r\n', '"a"\r\nidtype = []\r\n')


INLINE = """\
hostname = "h"
principal = [ # all of them
  # the first
  { uid = 1, name = "a" }, # trailing a

  # the second
  { uid = 2, name = "b", idtype = ["module"] } # trailing b
] # done

[provisioning]
source = "none"
"""


def test_principals_in_an_inline_array_are_edited_in_place() -> None:
    """The array form is edited as exactly as the headers are."""
    after = update_principal(INLINE, 0, {"uid": 1, "name": "a", "idtype": ["local"]})
    assert after == INLINE.replace('name = "a" }', 'name = "a", idtype = ["local"] }')
    after = update_principal(INLINE, 1, {"uid": 3, "name": "b"})
    assert after == INLINE.replace('2, name = "b", idtype = ["module"] }', '3, name = "b" }')


def test_principals_are_added_to_an_inline_array() -> None:
    """The new item is laid out as the last one is."""
    after = add_principal(INLINE, {"uid": 3, "name": "c"})
    assert after == INLINE.replace(
        '["module"] } # trailing b\n',
        '["module"] }, # trailing b\n  { uid = 3, name = "c" }\n',
    )
    assert add_principal("principal = []", {"uid": 3}) == "principal = [{ uid = 3 }]"
    assert add_principal("principal=[{uid=1},]#x", {"uid": 3}) == (
        "principal=[{uid=1}, { uid = 3 },]#x"
    )


def test_principals_are_deleted_from_an_inline_array() -> None:
    """Lines that hold one item go whole, with the comments that touch them."""
    assert delete_principal(INLINE, 0) == INLINE.replace(
        '  # the first\n  { uid = 1, name = "a" }, # trailing a\n', ""
    )
    one_line = "principal = [ {uid=1}, {uid=2} , {uid=3} ]"
    assert delete_principal(one_line, 0) == "principal = [ {uid=2} , {uid=3} ]"
    assert delete_principal(one_line, 1) == "principal = [ {uid=1}, {uid=3} ]"
    assert delete_principal(one_line, 2) == "principal = [ {uid=1}, {uid=2}  ]"
    assert delete_principal("principal = [{uid=1}]", 0) == "principal = []"


def test_a_sub_table_elsewhere_still_belongs_to_its_principal() -> None:
    """TOML lets other tables stand between; all pieces are found, the others stay."""
    text = (
        '[[principal]]\nuid = 1\nname = "a"\n\n[other]\nx = 1\n\n'
        '# its identity\n[principal.localid]\ntype = "x509"\n\n[last]\n'
    )
    assert tables(text) == [{"uid": 1, "name": "a", "localid": {"type": "x509"}}]
    assert delete_principal(text, 0) == "[other]\nx = 1\n\n[last]\n"
    after = update_principal(
        text, 0, {"uid": 1, "name": "a", "localid": {"type": "x509", "attributes": "client"}}
    )
    assert after == text.replace('"x509"\n', '"x509"\nattributes = "client"\n')


def test_a_value_of_another_shape_replaces_all_lines_of_the_old_one() -> None:
    """Sub-tables and arrays of tables give way to one key."""
    text = (
        "[[principal]]\nuid = 1\n[[principal.keys]]\na = 1\n# stays\n[[principal.keys]]\na = 2\n"
        "[principal.deep.er]\nb = 1\n"
    )
    after = update_principal(text, 0, {"uid": 1, "keys": [{"a": 3}], "deep": {"er": {"b": 2}}})
    assert after == (
        "[[principal]]\nuid = 1\nkeys = [{ a = 3 }]\n# stays\n\n[principal.deep.er]\nb = 2\n"
    )


def test_a_comment_left_last_does_not_slip_to_the_next_table() -> None:
    """A blank line keeps it with the principal whose key it explained."""
    text = '[[principal]]\nuid = 1\n# why\nname = "a"\n# of other\n[other]\n'
    after = update_principal(text, 0, {"uid": 1})
    assert after == "[[principal]]\nuid = 1\n# why\n\n# of other\n[other]\n"


def test_a_header_alone_takes_its_first_key() -> None:
    """Even as the last line without an end."""
    assert update_principal("[[principal]]", 0, {"uid": 1}) == "[[principal]]\nuid = 1"
    assert update_principal("  [[principal]] # x\n", 0, {"uid": 1}) == (
        "  [[principal]] # x\n  uid = 1\n"
    )


def test_a_floating_comment_never_comes_to_touch_what_stood_before_a_deleted_table() -> None:
    """Else it would be deleted with its new neighbour next."""
    text = (
        "[[principal]]\nuid = 1\n[[principal]]\nuid = 2\n\n# floating\n\n[[principal]]\nuid = 3\n"
    )
    after = delete_principal(text, 1)
    assert after == "[[principal]]\nuid = 1\n\n# floating\n\n[[principal]]\nuid = 3\n"
    assert "# floating" in delete_principal(after, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = \n", "line 1, column 5"),
        ("a = 1\n\n[[principal]]\nuid = 01\n", "line 4"),
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("a." * 5_000 + "b = 1", "nested too deeply"),
        ("[" + "a." * 200 + "b]", "nested too deeply"),
        ("a = " + "9" * 5000, "is not TOML"),
        ("a = 1\rb = 2", "is not TOML"),
    ],
)
def test_text_that_is_no_toml_is_refused_with_its_place(text: str, said: str) -> None:
    """Never a crash, however hostile."""
    with pytest.raises(Invalid, match=said):
        parse(text)


def test_a_principal_in_single_brackets_is_refused_by_name() -> None:
    """The daemon refuses it too, since it replaces the whole array."""
    with pytest.raises(Invalid, match=r"\[principal\] where \[\[principal\]\]"):
        add_principal("[principal]\nuid = 1\n", {"uid": 2})
    with pytest.raises(Invalid, match="no array of tables"):
        add_principal("principal = 5\n", {"uid": 2})


def test_what_toml_cannot_hold_is_refused_by_its_field() -> None:
    """None, huge numbers and lone surrogates."""
    for value in (None, 2**64, "\ud800", b"x"):
        with pytest.raises(Invalid, match="odd"):
            add_principal("", {"uid": 1, "odd": value})


def test_strings_that_end_in_quotes_are_read_to_their_end() -> None:
    """Up to two quotes may stand before the three that close a string."""
    text = 'a = """x"""""\nb = \'\'\'y\'\'\'\'\'\nc = ""\nd = """"""\n[[principal]]\nuid = 1\n'
    assert tomllib.loads(text)["a"] == 'x""'
    assert cut(text).text_of(cut(text).blocks[0]) == "[[principal]]\nuid = 1\n"


def test_a_number_of_thousands_of_digits_is_refused_with_its_place() -> None:
    """Python itself would advise its programmer."""
    text = f'name = "a"\n[[principal]]\nuid = {"9" * 5000}\n'
    with pytest.raises(Invalid, match=r"thousands of digits.*\(at line 3, column 7\)") as refused:
        parse(text)
    assert "set_int_max" not in str(refused.value)
