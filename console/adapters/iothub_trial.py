"""Trying an import without writing it (iothub 6.6)."""

from __future__ import annotations

from console.adapters.iothub_known import UNTOLD, KnownDevices
from console.adapters.iothub_lines import Entry, Progress, entries
from console.adapters.iothub_session import HubSession
from registry_backend.domain.dry_run import DryRun
from registry_backend.domain.imports import COMPARES, DryRunCounter
from registry_backend.domain.jobs import JobSpec
from registry_backend.wire.import_errors import LineFault

_NOT_ASKED = (
    "This hub could not be asked for everything: it lists a thousand devices, some more were asked "
    "for, any others count as not there, and their versions as other ones."
)
_TOGETHER = 100
_TELL_EVERY = 1_000


async def try_import(
    session: HubSession, spec: JobSpec, *, proxy: str | None, progress: Progress | None
) -> DryRun:
    """What the import would do. Raises RegistryError when file or hub cannot be read."""
    counter = DryRunCounter(spec.default_mode)
    known = KnownDevices(session)
    await known.begin()
    waiting: list[Entry] = []
    async for entry in entries(spec, proxy=proxy):
        waiting.append(entry)
        if len(waiting) >= _TOGETHER:
            await _judge(counter, known, waiting)
            waiting.clear()
        if progress is not None and entry.number % _TELL_EVERY == 0:
            progress(entry.number)
    await _judge(counter, known, waiting)
    found = counter.result(exact=known.exact, warnings=() if known.exact else (_NOT_ASKED,))
    if progress is not None:
        progress(found.lines)
    return found


async def _judge(counter: DryRunCounter, known: KnownDevices, waiting: list[Entry]) -> None:
    await known.look(
        each.content.device_id
        for each in waiting
        if each.content is not None and not isinstance(each.content, LineFault)
    )
    for number, _, content in waiting:
        if content is None:
            counter.skip()
        elif isinstance(content, LineFault):
            counter.refuse(content.at(number))
        else:
            current = known.etag(content.device_id)
            if current == UNTOLD and content.mode in COMPARES:
                known.exact = False
            counter.judge(
                *(number, content.device_id, content.named_mode, content.etag),
                current=current,
                lacks_keys=content.lacks_keys,
                takes_away=known.loses(content.device_id, content.element),
            )
