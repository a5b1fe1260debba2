"""A theme named on the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.commands.boundary import UsageFault
from console.launch import check_theme


def test_a_theme_that_there_is_not_is_refused_with_those_there_are(tmp_path: Path) -> None:
    """The user's own are among them."""
    own = tmp_path / "dusk.toml"
    palette = Path(__file__).parents[2] / "themes" / "harbour.toml"
    own.write_bytes(palette.read_bytes())
    for name in ("harbour", "dusk", "textual-light"):
        check_theme(name, tmp_path)
    with pytest.raises(UsageFault, match=r"'nowhere'.*dusk.*harbour"):
        check_theme("nowhere", tmp_path)


def test_the_console_does_not_open_with_a_theme_that_there_is_not(tmp_path: Path) -> None:
    """It ends with 2, as for any word that it does not know."""
    ours, theirs = os.openpty()
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "console", "--demo", "--theme", "nowhere"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "HOME": str(tmp_path), "TERM": "xterm-256color"},
            cwd=Path(__file__).parents[2],
            timeout=60,
            check=False,
        )
        told = os.read(ours, 10_000).decode()
    finally:
        os.close(theirs)
        os.close(ours)
    assert ended.returncode == 2
    assert "no theme named 'nowhere'" in told
    assert "harbour" in told
