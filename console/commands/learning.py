"""`idconsole context learn`: the ids in an import's files, for a registry that cannot list."""

from __future__ import annotations

import argparse
from pathlib import Path
from stat import S_ISDIR

from console.commands.boundary import FAILED, GOOD, UsageFault
from console.commands.moving import told_input
from console.commands.output import say
from console.contexts import contexts_path, known_ids_path, load_contexts
from console.contexts_models import HonoContext
from registry_backend.domain.errors import Invalid, NotFound, Unreachable
from registry_backend.domain.formats import HONO_FILES, usual_name
from registry_backend.jobs.ids import NamedIds, named_ids

_FAULTS_SHOWN = 5


def run(options: argparse.Namespace) -> int:
    """Remember the ids for the context; 1 when entries could not be read. Raises RegistryError."""
    from console.adapters.hono_known import KnownIds  # noqa: PLC0415 - other actions need none

    context = load_contexts(contexts_path()).named(options.name)
    if not isinstance(context, HonoContext):
        raise Invalid(
            f"{context.name} lists its devices itself, so there is nothing to remember.",
            hint="Name the context of a remote Hono.",
        )
    path = Path(options.path).expanduser().absolute()
    found = _read(path, options.tenant or context.tenant, given=options.tenant)
    known = KnownIds(known_ids_path(context.name))
    devices = 0
    for tenant_id in found.tenants:
        known.add_devices(tenant_id, found.devices.get(tenant_id, ()))
        devices += len(found.devices.get(tenant_id, ()))
    known.write()
    for fault in found.faults[:_FAULTS_SHOWN]:
        say(fault)
    if len(found.faults) > _FAULTS_SHOWN:
        say(f"… {len(found.faults) - _FAULTS_SHOWN:,} more entries could not be read")
    counted = f"{_number(len(found.tenants), 'tenant')}, {_number(devices, 'device')}"
    say(f"Remembered for {context.name}: {counted}.")
    kept = sum(len(known.devices(tenant_id)) for tenant_id in found.tenants)
    if kept < devices:
        say(f"Only the last {kept:,} of them are kept; any other opens when its id is typed.")
    return FAILED if found.faults else GOOD


def _read(path: Path, tenant_id: str | None, *, given: str | None) -> NamedIds:
    try:
        is_folder = S_ISDIR(path.stat().st_mode)
        name, chosen = told_input(path)
        if chosen == "hono-1.1" and given:
            raise UsageFault("Hono's files name their tenants: leave out --tenant.")
        if is_folder and chosen != "hono-1.1":
            path /= name or usual_name(chosen)
        return named_ids(path, chosen, tenant_id=tenant_id)
    except FileNotFoundError:
        raise NotFound(
            f"There is nothing at {path}.",
            hint=f"Name a devices.txt, an .ndjson file, or one of {', '.join(sorted(HONO_FILES))}.",
        ) from None
    except OSError as error:
        raise Unreachable(f"{path} cannot be read: {error.strerror}.", layer="file") from None


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
