"""What a dry run says."""

from __future__ import annotations

from console.render.dry_run import warning_lines
from registry_backend.domain.dry_run import DryRun

THREE = DryRun(lines=9, warnings=("one\x1b", "two", "three"))


def test_all_warnings_are_shown_where_there_is_room() -> None:
    """Each made safe, on a line of its own."""
    assert warning_lines(THREE, 3) == ("! one␛", "! two", "! three")


def test_warnings_without_room_are_counted() -> None:
    """Nothing is left out silently."""
    assert warning_lines(THREE, 2) == (
        "! one␛",
        "… and 2 more reasons, told line by line below",
    )
