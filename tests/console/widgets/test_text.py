"""Text from the registry made fit for a terminal."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text
from textual.app import App, ComposeResult
from textual.color import Color
from textual.filter import LineFilter
from textual.widgets import Static

from console.render.text import (
    absolute_time,
    cut,
    cut_middle,
    cut_names,
    fit,
    is_hostile,
    relative_time,
    sanitise,
    short_number,
    time_and_age,
)
from console.widgets.hostile_text import HostileTextFilter
from registry_backend.domain.timestamps import NOT_TOLD
from tests.console.widgets.hostile import HOSTILE

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(HOSTILE)


def test_every_control_format_and_surrogate_character_is_replaced() -> None:
    """No character of the categories that act or hide is let through, in all of Unicode."""
    through = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and sanitise(chr(code)) == chr(code)
    ]
    assert through == []


def test_escape_and_newline_are_shown_as_pictures() -> None:
    """A person sees that there was an escape or a newline."""
    assert sanitise("a\x1b[31m\n\x7f") == "a␛[31m␊␡"


@pytest.mark.parametrize("text", ["plain", "Größe 12 µm", "日本語", "e\u0301", "€ → ✓ ●"])
def test_harmless_text_is_left_as_it_is(text: str) -> None:
    """Letters of any script are nobody's enemy."""
    assert sanitise(text) == text


@given(ANY_TEXT)
def test_sanitising_keeps_the_length_and_is_done_once(text: str) -> None:
    """One stand-in for one character, and nothing left to do."""
    safe = sanitise(text)
    assert len(safe) == len(text)
    assert not is_hostile(safe)
    assert sanitise(safe) == safe


@given(ANY_TEXT, st.integers(0, 40), st.booleans())
def test_fitted_text_has_exactly_the_width(text: str, width: int, right: bool) -> None:
    """Whatever the text, the cell is as wide as it should be."""
    assert cell_len(fit(sanitise(text), width, align_right=right)) == width


@given(ANY_TEXT, st.integers(1, 40))
def test_cut_text_is_whole_or_ends_in_an_ellipsis(text: str, width: int) -> None:
    """Nothing is lost silently."""
    safe = sanitise(text)
    shown = cut(safe, width)
    assert cell_len(shown) <= width
    assert shown == safe or (shown.endswith("…") and safe.startswith(shown[:-1]))


def test_text_that_just_fits_is_not_cut() -> None:
    """The ellipsis takes no room from text that needs none."""
    assert fit("sensor", 6) == "sensor"
    assert fit("sensors", 6) == "senso…"
    assert fit("日本", 4) == "日本"
    assert fit("日本語", 4) == "日… "
    assert fit("7", 3, align_right=True) == "  7"


@given(ANY_TEXT)
def test_the_line_filter_takes_hostile_text_and_keeps_the_width(text: str) -> None:
    """A line painted by any widget stays as wide as that widget thinks."""
    painted = HostileTextFilter().apply([Segment("ok "), Segment(text)], Color(0, 0, 0))
    shown = "".join(segment.text for segment in painted)
    assert not is_hostile(shown)
    assert cell_len(shown) == cell_len("ok ") + cell_len(text)


def test_the_line_filter_leaves_harmless_lines_alone() -> None:
    """The common case costs nothing."""
    segments = [Segment("ok "), Segment("日本")]
    assert HostileTextFilter().apply(segments, Color(0, 0, 0)) is segments


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=20), "now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=26), "1 d ago"),
        (timedelta(days=-12), "in 12 d"),
        (timedelta(days=59), "59 d ago"),
        (timedelta(days=60), "2 mo ago"),
        (timedelta(days=715), "23 mo ago"),
        (timedelta(days=729), "2 y ago"),
        (timedelta(days=800), "2 y ago"),
        (timedelta(days=1050), "3 y ago"),
    ],
)
def test_times_are_said_from_now(ago: timedelta, said: str) -> None:
    """Past and future in one unit."""
    now = datetime(2026, 5, 1, tzinfo=UTC)
    assert relative_time(now - ago, now) == said


def test_a_point_in_time_has_one_form_in_its_own_zone_or_another() -> None:
    """The registry's clock is UTC, wherever the person sits."""
    there = datetime(2026, 5, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert absolute_time(there) == "2026-04-30 23:30:00 UTC"
    assert (
        time_and_age(there, there + timedelta(days=3)) == "2026-04-30 23:30:00 UTC (3\xa0d\xa0ago)"
    )
    assert time_and_age(NOT_TOLD, there) == "not told by this registry"


def test_names_are_cut_where_they_are_least_telling() -> None:
    """Devices of one fleet begin alike and differ at the end."""
    assert cut_middle("hl-quay-east-gateway-0031", 16) == "hl-quay…way-0031"
    assert cut_middle("hl-quay", 7) == "hl-quay"
    assert cut_middle("hl-quay-east", 4) == "hl-…"
    assert cut_middle("潮位計潮位計潮位計", 9) == "潮位…位計"


def test_of_several_names_the_first_stays_and_the_rest_are_counted() -> None:
    """Nobody takes two gateways for one."""
    three = "hl-gateway-0017, hl-gateway-0005, hl-gateway-0011"
    assert cut_names(three, 15) == "hl-ga…y-0017 +2"
    assert cut_names(three, 60) == three
    assert cut_names("hl-gateway-0017", 10) == "hl-g…-0017"
    assert cut_names(three, 2) == "h…"


@given(ANY_TEXT, st.integers(0, 40))
def test_names_never_take_more_room_than_there_is(text: str, width: int) -> None:
    """However many there are."""
    assert cell_len(cut_names(sanitise(text), width)) <= width


@given(ANY_TEXT, st.integers(0, 40))
def test_a_name_cut_in_the_middle_keeps_both_its_ends(text: str, width: int) -> None:
    """It never takes more room than there is, and what stays is its beginning and its end."""
    safe = sanitise(text)
    shown = cut_middle(safe, width)
    assert cell_len(shown) <= width
    if shown != safe and width:
        assert any(
            safe.startswith(shown[:at]) and safe.endswith(shown[at + 1 :])
            for at, character in enumerate(shown)
            if character == "…"
        )


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (999, "999"), (12_345, "12.3k"), (1_000_000, "1M"), (250_000, "250k"), (0.5, "0.5")],
)
def test_figures_are_short(value: float, said: str) -> None:
    """Few characters, no false zeroes."""
    assert short_number(value) == said


class FilteredApp(App[None]):
    """An app with the filter, showing raw text in a widget of Textual's own."""

    def compose(self) -> ComposeResult:
        """Text that was never sanitised."""
        yield Static(Text("\n".join(text[:30] for text in HOSTILE[:9])))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The filter beside Textual's own."""
        return [*super().get_line_filters(), HostileTextFilter()]


async def test_the_filter_covers_widgets_that_show_raw_text() -> None:
    """What the screen is told to draw holds no control and no bidi character."""
    app = FilteredApp()
    async with app.run_test(size=(60, 12), notifications=True, tooltips=True) as pilot:
        await pilot.pause()
        drawn = [strip.text for strip in app.screen._compositor.render_strips()]
        assert "taken over" in "".join(drawn)
        assert not any(is_hostile(line) for line in drawn)
