"""The line of keys shows those that matter in the room there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets._footer import FooterKey

from console.widgets.footer import KeyLine, KeySpace, shown_keys

KEYS = st.lists(
    st.builds(KeySpace, st.sampled_from(["new", "edit", "palette"]), st.integers(3, 14)), max_size=9
)


@given(KEYS, st.integers(12, 200))
def test_help_stays_and_what_is_shown_fits(keys: list[KeySpace], width: int) -> None:
    """Whatever else there is; and nothing goes while there is room for all."""
    keys = [*keys, KeySpace("help", 9)]
    shown = shown_keys(keys, width)
    assert shown[-1]
    assert sum(key.width for key, seen in zip(keys, shown, strict=True) if seen) <= width
    assert all(shown) == (sum(key.width for key in keys) <= width)


def test_dimmed_keys_go_before_those_that_can_be_pressed() -> None:
    """Then the palette, then the last of the pane's own."""
    keys = [
        *(KeySpace("new", 10), KeySpace("link", 10, dimmed=True), KeySpace("delete", 10)),
        *(KeySpace("help", 10), KeySpace("palette", 10)),
    ]
    assert shown_keys(keys, 40) == [True, False, True, True, True]
    assert shown_keys(keys, 30) == [True, False, True, True, False]
    assert shown_keys(keys, 20) == [True, False, False, True, False]


def test_keys_that_are_not_for_every_day_go_before_the_rest() -> None:
    """They are shown where there is room, and cost no daily key its place."""
    keys = [KeySpace(name, 10) for name in ("keys", "connect", "delete", "palette", "help")]
    assert shown_keys(keys, 40) == [True, True, True, False, True]
    assert shown_keys(keys, 30) == [True, False, True, False, True]
    assert shown_keys(keys, 20) == [False, False, True, False, True]


class Keys(App[None]):
    """Something with more keys than fit."""

    BINDINGS = [
        Binding("n", "new", "New"),
        Binding("l", "link", "Link to another"),
        Binding("d", "delete", "Delete"),
        Binding("question_mark", "help", "Help", key_display="?"),
    ]

    def compose(self) -> ComposeResult:
        """Only the keys."""
        yield KeyLine(show_command_palette=False)

    def action_new(self) -> None:
        """Can be done."""

    def action_delete(self) -> None:
        """Can be done."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """One of them is dimmed."""
        del parameters
        return None if action == "link" else True


def labels(app: App[None]) -> list[str]:
    """The labels that can be seen."""
    return [key.description for key in app.query(FooterKey) if key.display]


async def test_a_wider_screen_shows_more_of_them() -> None:
    """At once, as the terminal grows; and fewer as it shrinks."""
    app = Keys()
    async with app.run_test(size=(30, 5)) as pilot:
        await pilot.pause()
        assert labels(app) == ["New", "Delete", "Help"]
        await pilot.resize_terminal(60, 5)
        await pilot.pause()
        assert labels(app) == ["New", "Link to another", "Delete", "Help"]
        await pilot.resize_terminal(15, 5)
        await pilot.pause()
        assert labels(app) == ["New", "Help"]
