"""Figures and the table they are printed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True, slots=True)
class Spread:
    """Samples of one quantity, in the figure's unit."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, *values: float) -> Spread:
        """The samples in the order they were taken."""
        return cls(values)

    @property
    def median(self) -> float:
        """The middle sample."""
        return median(self.values)

    @property
    def p99(self) -> float:
        """The sample that 99 in 100 do not exceed; the largest of fewer than 100."""
        return sorted(self.values)[ceil(0.99 * len(self.values)) - 1]

    def shown(self, unit: str, *, tail: bool) -> str:
        """`median [min..max]`, or `median / p99` where tails matter."""
        middle = _number(self.median)
        if len(self.values) == 1:
            return f"{middle} {unit}"
        if tail:
            return f"{middle} / {_number(self.p99)} {unit}"
        return f"{middle} [{_number(min(self.values))}..{_number(max(self.values))}] {unit}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Args:
        what: What was done.
        size: Devices in the registry.
        unit: Of both spreads: `s`, `ms`, `/s`, `MB`.
        ours: What the product took.
        reference: What it is held against, in words.
        theirs: What the reference took; None where there is no reference.
        budget: The ratio to keep, such as `<= 1.5` or `>= 0.6`; empty where none is set.
        tail: Whether the 99th percentile counts instead of the median.
        note: What else a reader should know.
    """

    what: str
    size: int
    unit: str
    ours: Spread
    reference: str = ""
    theirs: Spread | None = None
    budget: str = ""
    tail: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours divided by theirs."""
        if self.theirs is None:
            return None
        if self.tail:
            return self.ours.p99 / self.theirs.p99
        return self.ours.median / self.theirs.median

    @property
    def verdict(self) -> str:
        """Whether the budget was kept; empty without one."""
        if not self.budget or self.ratio is None:
            return ""
        sign, _, limit = self.budget.partition(" ")
        kept = self.ratio <= float(limit) if sign == "<=" else self.ratio >= float(limit)
        return "kept" if kept else "MISSED"

    def to_json(self) -> dict[str, object]:
        """Every sample and what was made of them."""
        return {**asdict(self), "ratio": self.ratio, "verdict": self.verdict}


HEADINGS = ("what", "devices", "ours", "reference", "theirs", "ratio", "budget", "")


def table(figures: Sequence[Figure]) -> str:
    """All figures as aligned text, one a line."""
    rows = [HEADINGS, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    notes = [
        f"  {figure.what} ({figure.size:,}): {figure.note}" for figure in figures if figure.note
    ]
    return "\n".join([*lines, *(["", "notes", *notes] if notes else [])])


def _cells(figure: Figure) -> tuple[str, ...]:
    theirs = figure.theirs.shown(figure.unit, tail=figure.tail) if figure.theirs else ""
    return (
        figure.what,
        f"{figure.size:,}",
        figure.ours.shown(figure.unit, tail=figure.tail),
        figure.reference,
        theirs,
        "" if figure.ratio is None else f"{figure.ratio:.2f}",
        figure.budget,
        figure.verdict,
    )


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
