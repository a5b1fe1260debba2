"""Failed lines written into a file of the person's choice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

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
    passes = parse_line_filter(filter_text)
    begun, written = 0, 0
    while True:
        errors = await read(begun, AT_ONCE)
        matching = [error for error in errors if passes(error)]
        try:
            await asyncio.to_thread(_append, path, as_csv(matching, headed=not begun), not begun)
        except OSError as error:
            raise Invalid.at("path", f"cannot be written: {error.strerror or error}") from None
        except (RuntimeError, ValueError):  # a home that is none, a NUL in the path
            raise Invalid.at("path", "is no path of a file") from None
        written += len(matching)
        begun += len(errors)
        if len(errors) < AT_ONCE:
            return written


def _append(path: Path, text: str, new: bool) -> None:  # noqa: FBT001 - one caller
    with path.expanduser().open("x" if new else "a", encoding="utf-8") as file:
        file.write(text)
