"""Devices, principals and journal entries as text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from console.panes.bulk import describe_marks
from console.render.journal import changes, history_text
from console.render.principal_detail import detail
from console.render.principals import PrincipalRow, idtype_cell, role_cell
from console.render.text import absolute_time, day_text, is_registrys_own
from console.widgets.marks import Marks
from registry_backend.domain.journal import JournalEntry
from registry_backend.domain.query import Count

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def entry(before: dict[str, object] | None, after: dict[str, object] | None) -> JournalEntry:
    """A change of the device `pump`."""
    return JournalEntry(
        sequence=1,
        at=NOW,
        actor="console:mara",
        action="updated",
        resource="device",
        tenant_id="yard",
        resource_id="pump",
        before=before,
        after=after,
    )


def test_early_years_have_four_digits() -> None:
    """So that a time can be typed back as it is shown."""
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert absolute_time(first) == "0001-01-01 00:00:00 UTC"
    assert day_text(first) == "0001-01-01"
    assert absolute_time(NOW.replace(microsecond=5)) == "2026-11-21 12:00:00 UTC"


def test_a_journal_entry_names_each_member_that_changed() -> None:
    """Added, removed and changed have a sign each; the rest is left out."""
    lines = changes(
        entry(
            {"enabled": True, "via": ["a"], "same": 1},
            {"enabled": False, "ext": {"x": 1}, "same": 1},
        )
    )
    assert lines == ("  ~ enabled: true → false", '  - via = ["a"]', "  + ext.x = 1")


def test_a_creation_lists_what_was_there_and_an_empty_history_says_so() -> None:
    """Nothing to compare with is no fault."""
    assert changes(entry(None, {"enabled": True})) == ("  + enabled = true",)
    assert history_text([], NOW) == "Nothing is in the journal."
    assert "console:mara" in history_text([entry(None, {})], NOW)


def test_a_broken_file_is_a_row_with_its_problem() -> None:
    """Named by its file."""
    row = PrincipalRow(Path("/etc/x/broken.toml"), problem="line 1: no table")
    assert row.name == "broken.toml"
    assert role_cell(row) == ("✗ cannot be used", "bad")
    assert idtype_cell(row) == ("", "")
    assert any(line.value == "line 1: no table" for line in detail(row)[0].lines)


def test_a_question_about_marked_rows_names_some_of_them() -> None:
    """A list of all would not fit."""
    marks = Marks(keys=frozenset("abcdefg"))
    assert describe_marks(marks, Count(7), "device", "") == "Marked: a, b, c, d and 3 more."


def test_a_question_about_all_rows_names_the_filter_and_the_exceptions() -> None:
    """So that nobody deletes more than what was looked at."""
    marks = Marks(all_matching=True, keys=frozenset({"a"}))
    text = describe_marks(marks, Count(9), "device", "via:mast")
    assert text == "All devices that match the filter “via:mast”, except 1 device."
    unsure = describe_marks(Marks(all_matching=True), Count(9, exact=False), "device", "")
    assert unsure.endswith("More may be counted while it runs.")


def test_a_version_that_an_adapter_made_up_is_not_the_registrys() -> None:
    """What a list showed has a mark in front; a version the registry gave has none."""
    assert is_registrys_own("5641")
    assert not is_registrys_own("~5641")
    assert not is_registrys_own("")
