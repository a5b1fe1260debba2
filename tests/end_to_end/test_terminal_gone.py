"""A console whose terminal has gone ends soon and cleanly, instead of running on unseen."""

from __future__ import annotations

import os
import signal

import pytest

from tests.end_to_end.program import Program, Terminal

SECONDS = 20
"""Generous: a console that does not notice would run on for ever."""


@pytest.fixture
def console(filled: Program) -> Terminal:
    """The console with rows on its screen."""
    return Terminal(filled, TERM="xterm-256color")


def hang_up(console: Terminal) -> None:
    """Close the window."""
    os.close(console._master)
    console._master = os.open(os.devnull, os.O_RDWR)


def type_something(console: Terminal) -> None:
    """Open a form and put something into it."""
    console.type(b"n")
    console.read_until(b"New device")
    console.type(b"something")
    console.read_until(b"g\x1b")


@pytest.mark.parametrize("typing", [False, True], ids=["idle", "typing"])
def test_a_closed_window_ends_it(console: Terminal, *, typing: bool) -> None:
    """Also when a form is open with something in it: nobody is there to be asked."""
    with console:
        console.read_until(b"enabled")
        if typing:
            type_something(console)
        hang_up(console)
        assert console.process.wait(SECONDS) == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_ends_it_whatever_was_typed(console: Terminal, number: signal.Signals) -> None:
    """The terminal is given back as it was."""
    with console:
        console.read_until(b"enabled")
        type_something(console)
        console.process.send_signal(number)
        assert console.finish(seconds=SECONDS) == 0
        assert b"\x1b[?1049l" in console.shown
