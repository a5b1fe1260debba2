"""From a key to the last byte of the frame that answers it, at two sizes by turns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.benchmarks.console import Console
from tests.benchmarks.figures import Figure, Spread
from tests.benchmarks.terminal import Paint

PAGE_DOWN, PAGE_UP, DOWN, END, HOME = "\x1b[6~", "\x1b[5~", "\x1b[B", "\x1b[F", "\x1b[H"
ENTER, ESCAPE, BACKSPACE = "\r", "\x1b", "\x7f"
BUDGET = "<= 1.5"
MEMORY_BUDGET = "<= 1.2"
_MILLI = 1000
_MEGABYTE = 1 << 20

Presses = Callable[[Console, int], Iterator[Paint]]
"""Performs so many measured presses, one each time it is asked for the next."""


def measure_keys(small: Path, large: Path, home: Path, *, presses: int) -> Iterator[Figure]:
    """Press keys in two consoles by turns.

    Args:
        small: The registry whose figures are the reference.
        large: The registry that is measured.
        home: A folder for settings.
        presses: How often a plain movement is pressed; dearer actions a third as often.
    """
    consoles = [Console(path, home) for path in (small, large)]
    try:
        for console in consoles:
            console.started()
            console.terminal.settle(quiet=0.5)
        sizes = [console.count() for console in consoles]
        for what, press, share in ACTIONS:
            times = max(3, presses // share)
            small_paints, large_paints = _by_turns(consoles, press, times)
            yield from _figures(what, sizes, small_paints, large_paints)
        yield _memory(consoles, sizes)
    finally:
        for console in consoles:
            console.close()


def _by_turns(consoles: Sequence[Console], press: Presses, times: int) -> list[list[Paint]]:
    walks = [press(console, times) for console in consoles]
    pairs = list(zip(*walks, strict=True))
    for console in consoles:
        console.terminal.settle(quiet=0.3)
    return [[pair[place] for pair in pairs] for place in range(len(consoles))]


def _figures(
    what: str, sizes: Sequence[int], small: Sequence[Paint], large: Sequence[Paint]
) -> Iterator[Figure]:
    middle = sorted(large, key=lambda paint: paint.settled)[len(large) // 2]
    yield Figure(
        what=f"{what}, rows",
        size=sizes[1],
        unit="ms",
        ours=Spread(tuple(paint.rows * _MILLI for paint in large)),
        reference=f"the same at {sizes[0]:,}",
        theirs=Spread(tuple(paint.rows * _MILLI for paint in small)),
        budget=BUDGET,
        tail=True,
        note=f"{middle.frames} frames, {middle.size / 1000:.1f} kB",
    )
    yield Figure(
        what=f"{what}, all",
        size=sizes[1],
        unit="ms",
        ours=Spread(tuple(paint.settled * _MILLI for paint in large)),
        reference=f"the same at {sizes[0]:,}",
        theirs=Spread(tuple(paint.settled * _MILLI for paint in small)),
        tail=True,
    )


def _memory(consoles: Sequence[Console], sizes: Sequence[int]) -> Figure:
    small, large = (console.terminal.memory() / _MEGABYTE for console in consoles)
    return Figure(
        what="memory of the console after all keys",
        size=sizes[1],
        unit="MB",
        ours=Spread.of(large),
        reference=f"the same at {sizes[0]:,}",
        theirs=Spread.of(small),
        budget=MEMORY_BUDGET,
    )


def _pages_down(console: Console, times: int) -> Iterator[Paint]:
    console.move(HOME + DOWN)
    for pressed in range(1, times + 1):
        yield console.move(PAGE_DOWN)
        if pressed % 20 == 0:  # a thousand rows have some thirty pages
            console.move(HOME + DOWN)


def _downs(console: Console, times: int) -> Iterator[Paint]:
    console.move(HOME + DOWN)
    for _ in range(times):
        yield console.move(DOWN)


def _ends(console: Console, times: int) -> Iterator[Paint]:
    for _ in range(times):
        console.move(HOME + DOWN)
        yield console.move(END)


def _homes(console: Console, times: int) -> Iterator[Paint]:
    console.move(HOME + DOWN)
    for _ in range(times):
        console.move(END)
        yield console.move(HOME)


def _jumps(console: Console, times: int) -> Iterator[Paint]:
    """Positions spread over the whole list, in an order that leaves no two near each other."""
    count = console.count()
    for number in range(1, times + 1):
        position = number * 617_393 % count
        console.type("J", f"#{position + 1}")
        yield console.expect(ENTER, console.id_at(position))


def _sorts(console: Console, times: int) -> Iterator[Paint]:
    newest = console.first_where("1", order="changed_at DESC, device_id DESC")
    for _ in range(times):
        console.type("o")
        yield console.expect("c", newest)
        console.type("o")
        console.expect("i", console.first_id)
    console.move(HOME + DOWN)


def _filters(text: Callable[[Console], tuple[str, str]]) -> Presses:
    """Measures the last character of a filter, typed again and again.

    Args:
        text: The filter, and the condition that its rows meet.
    """

    def press(console: Console, times: int) -> Iterator[Paint]:
        typed, condition = text(console)
        first = console.first_where(condition)
        console.type("/", typed[:-1])
        for _ in range(times):
            yield console.expect(typed[-1], first)
            console.type(BACKSPACE)
        console.type(ESCAPE)

    return press


def _prefix(_: Console) -> tuple[str, str]:
    return "hl-quay-east-t*", "device_id GLOB 'hl-quay-east-t*'"


def _rare_part(console: Console) -> tuple[str, str]:
    """Characters in the middle of one id, so that few others have them."""
    part = console.id_at(console.count() // 2)[-9:]
    return part, f"device_id LIKE '%{part}%'"


def _common_part(_: Console) -> tuple[str, str]:
    return "east-lamp", "device_id LIKE '%east-lamp%'"


def _state(_: Console) -> tuple[str, str]:
    return "disabled", "NOT enabled"


ACTIONS: tuple[tuple[str, Presses, int], ...] = (
    ("page down", _pages_down, 1),
    ("cursor down", _downs, 1),
    ("end", _ends, 2),
    ("home", _homes, 2),
    ("jump to a position", _jumps, 4),
    ("sort by last change", _sorts, 4),
    ("filter key: prefix", _filters(_prefix), 4),
    ("filter key: rare part", _filters(_rare_part), 4),
    ("filter key: common part", _filters(_common_part), 4),
    ("filter key: disabled", _filters(_state), 4),
)
"""What is pressed, and which share of the wanted presses: one in so many."""
