"""Ids and names that a registry may well hold and a terminal must never see."""

from __future__ import annotations

HOSTILE = (
    "x[/y]",
    "[@click=app.quit]press[/]",
    "\x1b]0;taken over\x1b\\",
    "\x1b[2J\x1b[31mred",
    "\x9b31m",
    "a\u202egnp.exe",
    "zero\u200bwidth\u2060\ufeff",
    "日本語の機器" * 5,
    "e\u0301" * 30,
    "👩\u200d👩\u200d👧 ❤\ufe0f 🇩🇪",
    "x" * 10_000,
    "日" * 10_000,
    "\u0301" * 10_000,
    "",
    "nul\x00nul",
    "line\nbreak\r\ttab",
    "lone \ud800 surrogate",
    "\u2028\u2029",
)
