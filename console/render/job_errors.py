"""Failed lines of a job: table cells, a text to copy, and the rows of a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable

from console.render.detail import Tone
from registry_backend.domain.jobs import JobError

HEADINGS = ("line", "device", "code", "reason")
"""The first row of a saved file."""


def line_cell(error: JobError) -> tuple[str, Tone]:
    """Where in the file."""
    return (f"{error.line:,}" if error.line else "?", "muted")


def device_cell(error: JobError) -> str:
    """Which device; a dash where the line names none."""
    return error.device_id or "–"


def code_cell(error: JobError) -> tuple[str, Tone]:
    """The error's number."""
    return (str(error.code), "bad")


def reason_cell(error: JobError) -> str:
    """Why."""
    return error.message


def one_line(error: JobError) -> str:
    """All of it, to be copied.

    >>> one_line(JobError(line=3, device_id="pump", code=409001, message="It exists."))
    'line 3, pump: 409001 It exists.'
    """
    where = f"line {error.line:,}" if error.line else "a line"
    device = f", {error.device_id}" if error.device_id else ""
    return f"{where}{device}: {error.code} {error.message}"


def parse_line_filter(text: str) -> Callable[[JobError], bool]:
    """Which failed lines a filter lets through: every word is in the device, code or reason.

    >>> parse_line_filter("409001 pu")(JobError(line=3, device_id="pump", code=409001, message=""))
    True
    """
    words = text.lower().split()

    def passes(error: JobError) -> bool:
        whole = f"{error.device_id or ''} {error.code} {error.message}".lower()
        return all(word in whole or word == str(error.line) for word in words)

    return passes


def as_csv(errors: Iterable[JobError], *, headed: bool) -> str:
    """Rows of a file that a spreadsheet reads."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if headed:
        writer.writerow(HEADINGS)
    for error in errors:
        writer.writerow((error.line or "", error.device_id or "", error.code, error.message))
    return text.getvalue()
