"""Whatever is done to a file's principals, it means what was meant and disturbs nothing else."""

from __future__ import annotations

import copy
import string
from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from registry_backend.domain.errors import Invalid
from registry_backend.identityd.blocks import Layout, cut
from registry_backend.identityd.edit import (
    add_principal,
    delete_principal,
    parse,
    principal_tables,
    update_principal,
)
from registry_backend.identityd.values import key_text, same, value_text

Table = dict[str, Any]

LOCALIDS = st.fixed_dictionaries(
    {"type": st.just("x509")}, optional={"attributes": st.sampled_from(["client", "server"])}
)
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=6)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.floats(),
    WORDS,
    st.sampled_from(
        ['"""', "'''", "[[principal]]", "# no comment", "a\n[[principal]]\nb", "=", "}"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS, below, max_size=3),
    max_leaves=5,
)
TABLES: st.SearchStrategy[Table] = st.fixed_dictionaries(
    {"uid": st.integers(0, 2**32 - 1), "name": WORDS},
    optional={
        "idtype": st.lists(st.sampled_from(["device", "module", "local"]), max_size=3),
        "localid": LOCALIDS,
        "extra": VALUES,
        "a.b c": VALUES,
    },
)
ENDINGS = st.sampled_from(["\n", "\n", "\r\n"])
COMMENTS = st.sampled_from(["# why", "#[[principal]]", '  # it\'s "so"', '# """', "# '''", "\t#"])
PREAMBLES = st.sampled_from(
    [
        "",
        "# licence",
        'hostname = "h" # x',
        "s = '''\n[[principal]]\nuid = 1\n'''",
        's = """\n[[principal]]\\\n""""" # end',
        "a = [ # [[principal]]\n  '[[principal]]', # x\n\n]",
        'a.principal = 1\n"b"."c" = { d = "}]" }',
    ]
)
OTHERS = st.sampled_from(
    [
        "[provisioning]\nsource = 'manual'",
        "[other] # [[principal]]\nprincipal = [1]",
        "[[list]]\nx = '''\n[[principal]]'''",
        "[ 'a'.principal ]",
    ]
)


@st.composite
def entries(draw: st.DrawFn, table: Table) -> str:
    """The lines of a table in one of the many ways to write it."""
    lines, tails = [], []
    indent = draw(st.sampled_from(["", "  ", "\t"]))
    equals = draw(st.sampled_from([" = ", "=", "  =\t"]))
    for key, value in table.items():
        comment = draw(st.sampled_from(["", " # c", "\t#'"]))
        form = draw(st.integers(0, 3))
        if draw(st.integers(0, 4)) == 0:
            lines.append(indent + draw(COMMENTS))
        if form == 1 and isinstance(value, dict) and value:
            lines += [
                f"{indent}{key_text(key)} . {key_text(below)}{equals}{value_text(found)}{comment}"
                for below, found in value.items()
            ]
        elif form == 2 and isinstance(value, dict):
            tails.append(f"{indent}[ principal.{key_text(key)} ]{comment}")
            tails += [f"{key_text(below)}={value_text(value[below])}{comment}" for below in value]
        elif form == 3 and isinstance(value, list) and value:
            items = "".join(f"\n  {value_text(item)}, # i\n" for item in value)
            lines.append(f"{indent}{key_text(key)}{equals}[{items}]{comment}")
        else:
            lines.append(f"{indent}{key_text(key)}{equals}{value_text(value)}{comment}")
    return "\n".join([*lines, *tails])


@st.composite
def header_files(draw: st.DrawFn) -> str:
    """A file with `[[principal]]` headers between comments, blank lines and other tables."""
    parts = [draw(PREAMBLES)]
    for number, table in enumerate(draw(st.lists(TABLES, max_size=4))):
        parts.append(draw(st.sampled_from(["", "\n", "\n# floating\n\n", "\n\n", "# touching\n"])))
        header = draw(
            st.sampled_from(["[[principal]]", '[["principal"]]', "\t[[ principal ]] # h"])
        )
        parts.append(f"{header}\n{draw(entries(table))}")
        if draw(st.integers(0, 3)) == 0:
            other = draw(OTHERS)
            parts.append(f"\n{other}" if number else other)
    text = "\n".join(parts) + draw(st.sampled_from(["", "\n", "\n\n", "\n# end", "\n \n"]))
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return draw(st.sampled_from(["", "\ufeff"])) + text


@st.composite
def array_files(draw: st.DrawFn) -> str:
    """A file with its principals in one array."""
    gap = draw(st.sampled_from(["", " ", "\n  ", "\n  # above\n  "]))
    behind = (
        draw(st.sampled_from(["", " "]))
        if "\n" not in gap
        else draw(st.sampled_from(["\n", " # behind\n"]))
    )
    items = [value_text(table) for table in draw(st.lists(TABLES, max_size=3))]
    inside = ",".join(f"{gap}{item}" for item in items)
    if behind.strip():
        inside = inside.replace(f",{gap}", f", # behind{gap}")
    comma = draw(st.sampled_from(["", ","])) if items else ""
    return f"a = 1\nprincipal = [{inside}{comma}{behind}] # p\n\n[other]\nb = 2\n"


def _is_toml(text: str) -> bool:
    """Whether the generator wrote no key twice."""
    try:
        parse(text)
    except Invalid:
        return False
    return True


FILES = (header_files() | array_files()).filter(_is_toml)
EDITS = st.lists(
    st.tuples(st.sampled_from(["add", "update", "delete"]), st.integers(0, 9), TABLES),
    min_size=1,
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(FILES, EDITS)
def test_any_sequence_of_edits_means_what_was_meant_and_leaves_the_rest_alone(
    text: str, edits: list[tuple[str, int, Table]]
) -> None:
    """The model is a list of tables; the blocks not edited keep their bytes."""
    meant = copy.deepcopy(principal_tables(parse(text)))
    rest = _without_principals(parse(text))
    for verb, number, table in edits:
        blocks = _texts(cut(text))
        before = text
        if verb == "add" or not meant:
            text = add_principal(text, table)
            meant.append(table)
            assert _stripped(_texts(cut(text))[:-1]) == _stripped(blocks)
            if cut(text).array is None:
                assert text.startswith(before)
        elif verb == "update":
            index = number % len(meant)
            text = update_principal(text, index, table)
            meant[index] = table
            assert _others(_texts(cut(text)), index) == _others(blocks, index)
            outside = zip(_outside(text, index), _outside(before, index), strict=True)
            # A blank line may come between a comment that is left last and the next header.
            assert all(now in (then, f"\n{then}", f"\r\n{then}") for now, then in outside)
        else:
            index = number % len(meant)
            text = delete_principal(text, index)
            del meant[index]
            assert _texts(cut(text)) == _others(blocks, index)
            if cut(before).array is None:
                assert "".join(text.split()) == _compact(before, index)
        assert same(principal_tables(parse(text)), meant)
        assert same(_without_principals(parse(text)), rest)


@settings(max_examples=200, deadline=None)
@given(FILES, st.integers(0, 9), st.sampled_from(["uid", "name"]), WORDS, st.integers(0, 2**32 - 1))
def test_one_field_of_one_principal_changes_and_no_other_byte(
    text: str, number: int, key: str, name: str, uid: int
) -> None:
    """Of one line, only what stands for the value; read again, it means what was meant."""
    document = parse(text)
    tables = principal_tables(document)
    assume(tables)
    index = number % len(tables)
    old = tables[index]
    assert isinstance(old, dict)
    new = {**old, key: uid if key == "uid" else name}
    after = update_principal(text, index, new)
    assert same(
        parse(after), {**document, "principal": [*tables[:index], new, *tables[index + 1 :]]}
    )
    if same(old, new):
        assert after == text
        return
    written = value_text(new[key])
    assert any(
        parse(f"v = {text[at : len(text) - tail]}")["v"] == old[key]
        for at in _found(after, written)
        if after[:at] == text[:at]
        and (tail := len(after) - at - len(written)) <= len(text) - at
        and after[at + len(written) :] == text[len(text) - tail :]
    )


def _found(text: str, part: str) -> Iterator[int]:
    """Every place of a part."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


@settings(max_examples=50, deadline=None)
@given(FILES, TABLES)
def test_a_principal_deleted_right_after_it_was_added_leaves_no_trace_but_blank_space(
    text: str, table: Table
) -> None:
    """What was there is there, to the byte."""
    added = add_principal(text, table)
    after = delete_principal(added, len(principal_tables(parse(added))) - 1)
    if cut(text).array is None:
        assert after.startswith(text)
        assert not after[len(text) :].strip()
    else:
        assert "".join(after.split()).replace(",", "") == "".join(text.split()).replace(",", "")


@given(st.dictionaries(st.text(string.printable, max_size=5) | WORDS, VALUES, max_size=3))
def test_every_value_written_is_read_back_as_it_was(table: Table) -> None:
    """Keys and values of any characters survive."""
    text = "".join(f"{key_text(key)} = {value_text(value)}\n" for key, value in table.items())
    assert same(parse(text), table)


def _without_principals(document: Table) -> Table:
    return {key: value for key, value in document.items() if key != "principal"}


def _texts(layout: Layout) -> list[str]:
    return [layout.text_of(block) for block in layout.blocks]


def _stripped(texts: list[str]) -> list[str]:
    """A last line gets its end when another follows."""
    return [text.rstrip("\r\n") for text in texts]


def _others(texts: list[str], index: int) -> list[str]:
    return texts[:index] + texts[index + 1 :]


def _outside(text: str, index: int) -> list[str]:
    """The stretches between the pieces of one principal."""
    spans = cut(text).blocks[index].spans
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    return [text[edges[at] : edges[at + 1]] for at in range(0, len(edges), 2)]


def _compact(text: str, index: int) -> str:
    """What is left of a text without one principal, blank space aside."""
    return "".join("".join(_outside(text, index)).split())
