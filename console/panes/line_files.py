"""Failed lines written into a file of the person's choice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TextIO

from console.dialogs.line_list import Place
from console.forms.fields import Field, Values, text_of
from console.panes.asking import AskingPane
from console.render.detail import plural
from console.render.job_errors import as_csv, parse_line_filter
from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import JobError

AT_ONCE = 10_000
"""Lines read from the log at once."""
Read = Callable[[int, int], Awaitable[Sequence[JobError]]]
"""Failed lines after so many, at most so many."""


class SavesLines:
    """Asks for a path and writes failed lines there as CSV; never over a file that exists.

    Args:
        pane: Shows the form.
    """

    def __init__(self, pane: AskingPane) -> None:
        self._pane = pane

    async def ask(
        self,
        name: str,
        *,
        lines: Sequence[JobError] = (),
        read: Read | None = None,
        matching: Place,
    ) -> None:
        """Write the lines that match the filter: those given, or all that `read` reads."""

        async def known(skip: int, limit: int) -> Sequence[JobError]:
            return lines[skip : skip + limit]

        async def save(values: Values) -> int:
            path = text_of(values, "path")
            if not path:
                raise Invalid.at("path", "give the path of a file")
            return await _write(Path(path), read or known, matching.filter_text)

        which = f"Those that match “{matching.filter_text}”. " if matching.filter_text else ""
        field = Field("path", "File", f"{which}Line, device, code and reason, as CSV.", value=name)
        written = await self._pane.fill_form("Save failed lines", [field], save)
        if written is not None:
            self._pane.tell(f"Saved {plural(written, 'line')}.")


async def _write(path: Path, read: Read, filter_text: str) -> int:
    """Write the lines that match into a new file, which is whole or not there; how many."""
    passes = parse_line_filter(filter_text)
    begun, written = 0, 0
    try:
        async with _new_file(path) as file:
            while True:
                errors = await read(begun, AT_ONCE)
                matching = [error for error in errors if passes(error)]
                await asyncio.to_thread(file.write, as_csv(matching, headed=not begun))
                written += len(matching)
                begun += len(errors)
                if len(errors) < AT_ONCE:
                    return written
    except OSError as error:
        raise Invalid.at("path", f"cannot be written: {error.strerror or error}") from None


@asynccontextmanager
async def _new_file(path: Path) -> AsyncIterator[TextIO]:
    """A file that was not there before; it goes again unless all could be written into it.

    Raises:
        Invalid: when the path is none.
        OSError: when it cannot be made or written.
    """
    try:
        path = path.expanduser()
        file = await asyncio.to_thread(path.open, "x", encoding="utf-8", errors="backslashreplace")
    except (RuntimeError, ValueError):  # a home that is none, a NUL in the path
        raise Invalid.at("path", "is no path of a file") from None
    try:
        with file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
