"""The header says which registry one is on, in that registry's own colour if it has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.widgets.context_bar import ContextBar, badge_style
from tests.console.conftest import RunConsole, make_adapter


@pytest.mark.parametrize("color", ["#7a1f2b", "teal", "rgb(20,30,200)"])
def test_a_colour_becomes_a_ground_with_text_that_can_be_read(color: str) -> None:
    """Dark grounds get light text and light ones dark."""
    assert badge_style(color).startswith("bold #F")
    assert badge_style("#ffe08a").startswith("bold #0")


@pytest.mark.parametrize("color", [None, "", "no such colour", "#12"])
def test_what_is_no_colour_changes_nothing(color: str | None) -> None:
    """A mistake in a saved connection must not keep anybody out."""
    assert badge_style(color) == ""


async def test_the_name_stands_on_the_colour_of_its_connection(
    run_console: RunConsole, tmp_path: Path
) -> None:
    """So that two consoles side by side are told apart at a glance."""
    adapter = make_adapter(tmp_path)
    adapter.color = "#224488"
    async with run_console(adapter) as pilot:
        shown = pilot.app.query_one(ContextBar).render()
        styles = [str(span.style) for span in shown.spans]
        assert any("on #224488" in style for style in styles)
        assert " Local registry " in shown.plain
