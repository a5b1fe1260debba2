"""`idconsole import --dry-run`: what an import would do, and nothing done."""

from __future__ import annotations

from console.adapters.ports.jobs import JobsPort
from console.commands.boundary import FAILED, GOOD, UsageFault
from console.commands.output import say, write, write_json
from console.commands.watching import Progress
from registry_backend.domain.dry_run import DryRun, Effect
from registry_backend.domain.jobs import JobSpec

_WORDS: tuple[tuple[Effect, str], ...] = (
    ("create", "would be created"),
    ("update", "would be updated"),
    ("delete", "would be deleted"),
    ("refuse", "would be refused"),
    ("skip", "would be skipped, blank or as they are"),
)
_SHORT: dict[Effect, str] = {effect: words.removeprefix("would be ") for effect, words in _WORDS}

_REFUSED_SHOWN = 20


async def try_import(jobs: JobsPort, spec: JobSpec, *, as_json: bool) -> int:
    """Say what the import would do; 1 when lines would be refused."""
    if not jobs.abilities.can_dry_run:
        raise UsageFault("Imports into this registry cannot be tried first.")
    progress = Progress()
    try:
        found = await jobs.dry_run(spec, progress=progress.show_lines)
    finally:
        progress.clear()
    if as_json:
        write_json(found.model_dump(mode="json"))
    else:
        _tell(found)
    return FAILED if found.count("refuse") else GOOD


def _tell(found: DryRun) -> None:
    for error in found.refused[:_REFUSED_SHOWN]:
        where = "" if error.line is None else f"line {error.line}: "
        what = f"{error.device_id}: " if error.device_id else ""
        say(f"{where}{what}{error.message} ({error.code})")
    left = found.count("refuse") - _REFUSED_SHOWN
    if left > 0:
        say(f"… {left:,} more lines would be refused")
    for warning in found.warnings:
        say(warning)
    if not found.exact:
        say("The registry could not be asked for every device: the numbers are an estimate.")
    told = [f"{found.count(effect):,} {words}" for effect, words in _WORDS]
    if not found.count("skip"):
        told.pop()
    lines = f"{found.lines:,} {'line' if found.lines == 1 else 'lines'}"
    write(f"Nothing was written. {lines}: {', '.join(told)}.\n")
    if len(found.by_mode) > 1:
        for mode, effects in sorted(found.by_mode.items()):
            each = ", ".join(f"{count:,} {_SHORT[effect]}" for effect, count in effects.items())
            write(f"  {mode}: {each}\n")
