"""Writing for people and for programs: tables, JSON, messages."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence

from console.render.plain_table import clean_row, column_widths, table_line
from console.render.text import sanitise


class OutputFault(Exception):
    """Standard output cannot be written; the text says why."""


def say(message: str) -> None:
    """A message to the person, never among the data; none of its characters acts."""
    shown = "\n".join(sanitise(line) for line in message.split("\n"))
    sys.stderr.write(shown.encode("utf-8", "replace").decode("utf-8") + "\n")


def write(text: str) -> None:
    """Data, to stdout. Raises BrokenPipeError, OutputFault."""
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputFault(f"The output cannot be written: {error.strerror}.") from None


def finish() -> None:
    """Hand over what is still buffered. Raises BrokenPipeError, OutputFault."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputFault(f"The output cannot be written: {error.strerror}.") from None


def abandon() -> None:
    """Give up on stdout, so that the flush at exit does not fail once more."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    os.dup2(descriptor, sys.stdout.fileno())
    os.close(descriptor)


def write_json(value: object, *, indent: int | None = None) -> None:
    """One JSON value and a newline."""
    write(_json(value, indent=indent) + "\n")


def _json(value: object, *, indent: int | None = None) -> str:
    """JSON that stdout can encode: real characters where they can be written."""
    separators = (",", ": " if indent else ":")
    text = json.dumps(value, indent=indent, separators=separators, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent, separators=separators)
    return text


class Table:
    """Rows under headings, written as they come.

    Widths follow the first rows. On a terminal each line fits its width and a cut cell ends in an
    ellipsis; in a pipe nothing is ever cut.
    """

    def __init__(self, *headings: str) -> None:
        self._headings = headings
        self._widths: list[int] = []
        self._terminal = sys.stdout.isatty()

    def write(self, rows: Sequence[Sequence[str]]) -> None:
        """Write some rows, the headings before the first of them."""
        clean = [clean_row(row) for row in rows]
        if not self._widths:
            room = shutil.get_terminal_size().columns if self._terminal else None
            self._widths = column_widths([self._headings, *clean], room)
            write(self._bold(table_line(self._headings, self._widths, cut=self._terminal)) + "\n")
        for row in clean:
            write(table_line(row, self._widths, cut=self._terminal) + "\n")

    def end(self) -> None:
        """Nothing closes a table; an empty one has no headings either."""

    def _bold(self, text: str) -> str:
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        return text if plain or not self._terminal else f"\x1b[1m{text}\x1b[0m"


class JsonArray:
    """One JSON array, one element a line, written as the elements come."""

    def __init__(self) -> None:
        self._opening = "["

    def write(self, elements: Sequence[object]) -> None:
        """Write some elements."""
        for element in elements:
            write(f"{self._opening}\n{_json(element)}")
            self._opening = ","

    def end(self) -> None:
        """Close the array; an empty one is written whole here."""
        write("[]\n" if self._opening == "[" else "\n]\n")
