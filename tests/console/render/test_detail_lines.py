"""A detail wrapped into lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from console.render.detail import Line, Section
from console.render.detail_lines import detail_lines, hanging, wrapped
from console.render.text import is_hostile, time_and_age


def texts(lines: list[list[tuple[str, str]]]) -> list[str]:
    """The lines without their tones."""
    return ["".join(text for text, _ in runs) for runs in lines]


def test_labels_of_all_sections_stand_in_one_column() -> None:
    """A long value goes on below itself, not below its label."""
    sections = (
        Section("lamp-1", (Line("state", "● enabled", "good"),)),
        Section("Extension", (Line("firmware", "the last good one before spring"),)),
    )
    assert texts(detail_lines(sections, 30)) == [
        "lamp-1",
        "state     ● enabled",
        "",
        "Extension",
        "firmware  the last good one",
        "          before spring",
    ]


def test_a_narrow_view_puts_values_below_their_labels() -> None:
    """There is always room for some of the value."""
    sections = (Section("x", (Line("generation", "638534055210000000"),)),)
    assert texts(detail_lines(sections, 14)) == ["x", "generation", "63853405521000", "0000"]


def test_the_beginning_of_a_line_of_text_is_kept() -> None:
    """Indents mean something in files."""
    section = Section("As it stands", text='[[principal]]\r\n  uid = 7\r\nname = "x"')
    assert texts(detail_lines((section,), 40)) == [
        "As it stands",
        "[[principal]]",
        "  uid = 7",
        'name = "x"',
    ]


def test_long_words_are_broken_where_their_parts_meet() -> None:
    """Whoever reads them sees words, not letters; a number without joints is cut anywhere."""
    assert wrapped("hashed-password", 14) == ["hashed-", "password"]
    assert wrapped('"harbour-lights.azure-devices.net"', 28) == [
        '"harbour-lights.azure-',
        'devices.net"',
    ]
    assert wrapped("a-23456789", 8) == ["a-234567", "89"]


def test_what_goes_on_in_the_next_line_begins_at_its_edge() -> None:
    """However many blanks stood between."""
    assert wrapped('"/var/lib/aziot"   config.toml:3', 18) == ['"/var/lib/aziot"', "config.toml:3"]


def test_an_age_is_never_torn_apart() -> None:
    """It goes to the next line as a whole, with blanks like any other."""
    moment = datetime(2026, 4, 30, 23, 30, tzinfo=UTC)
    assert wrapped(time_and_age(moment, moment + timedelta(days=3)), 30) == [
        "2026-04-30 23:30:00 UTC",
        "(3 d ago)",
    ]


def test_further_lines_hang_below_the_first() -> None:
    """A sentence beside a key never runs below the key."""
    assert hanging("They are back when it is", indent=6, width=20) == (
        "They are back\n      when it is"
    )


@given(st.text(max_size=200), st.integers(2, 40))
def test_no_piece_is_wider_than_asked_and_only_blanks_are_lost(text: str, width: int) -> None:
    """Wrapping shows every character that is not a blank, in order."""
    line = "".join(character for character in text if character.isprintable())
    pieces = wrapped(line, width)
    assert all(cell_len(piece) <= width for piece in pieces)
    assert "".join(pieces).replace(" ", "") == line.replace(" ", "")


@given(st.integers(1, 60), st.text(max_size=40), st.text(max_size=80))
def test_hostile_values_never_leave_their_line(width: int, label: str, value: str) -> None:
    """Whatever a registry says, lines stay within the view and hold no control character."""
    for line in texts(detail_lines((Section(value, (Line(label, value),)),), width)):
        assert cell_len(line) <= max(width, 2)
        assert not is_hostile(line)
