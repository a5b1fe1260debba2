"""A box to tick says by its glyph whether it is ticked."""

from __future__ import annotations

from textual.app import App, ComposeResult

from console.widgets.tick_box import TickBox


class _Boxes(App[None]):
    def compose(self) -> ComposeResult:
        """One that is on."""
        yield TickBox("Enabled", value=True)


async def test_the_box_is_empty_when_it_is_off() -> None:
    """So that it can be read without colours, at once when the value changes."""
    async with _Boxes().run_test() as pilot:
        box = pilot.app.query_one(TickBox)
        assert "X" in box.render().plain
        await pilot.press("space")
        assert not box.value
        assert "X" not in box.render().plain
        assert "Enabled" in box.render().plain
