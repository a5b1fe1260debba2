"""`idconsole principals`: who may ask a gateway for what, and what is amiss. Needs no registry."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Sequence

from console.commands.boundary import FAILED, GOOD, UsageFault
from console.commands.explaining import explain
from console.commands.output import JsonArray, Table, say, write
from console.commands.session import identityd_paths
from console.commands.shapes import effective_json
from console.commands.waiting import answer_of
from console.render.findings import compiler_line, finding_json, tally
from registry_backend.domain.effective import EffectivePrincipal, EffectiveView, Standing
from registry_backend.domain.findings import Severity
from registry_backend.domain.principals import ConfigFile
from registry_backend.identityd.principals import PrincipalFiles


def run(options: argparse.Namespace) -> int:
    """List, check or explain; 1 when something is wrong."""
    gc.set_threshold(50_000, 20, 20)  # much is read, and all of it is kept until the end
    main_file, config_dir = identityd_paths(options)
    files = PrincipalFiles(main_file, config_dir, read_only=True)
    action = getattr(options, "action", "list")  # `idconsole list principals` has no action
    if action == "explain":
        return explain(options, files)
    if asked := [
        name for name in ("uid", "call", "method", "path", "module") if _given(options, name)
    ]:
        raise UsageFault(f"--{asked[0]} is for explain only.")
    view = answer_of(files.view())
    return _check(view, json=options.json) if action == "check" else _list(view, json=options.json)


def _given(options: argparse.Namespace, name: str) -> bool:
    return getattr(options, name, None) is not None


def _check(view: EffectiveView, *, json: bool) -> int:
    """Print every finding; 1 when the daemon would not start, or when nobody can tell."""
    if json:
        array = JsonArray()
        array.write([finding_json(finding) for finding in view.findings])
        array.end()
    else:
        for finding in view.findings:
            write(compiler_line(finding) + "\n")
        count = len(view.principals)
        say(f"{count:,} {'principal' if count == 1 else 'principals'}: {tally(view.findings)}.")
    for path in view.unread:
        say(f"{path} was not read, so the check is not complete.")
    return GOOD if view.starts and not view.unread else FAILED


def _list(view: EffectiveView, *, json: bool) -> int:
    """Print every principal in the daemon's order; 1 when something cannot be understood."""
    if json:
        array = JsonArray()
        array.write([effective_json(found) for found in view.principals])
        array.end()
    elif view.principals:
        table = Table("NAME", "UID", "USER", "IDTYPE", "LOCALID", "ROLE", "WHERE")
        table.write([_cells(found) for found in view.principals])
    return _report(view)


def _cells(found: EffectivePrincipal) -> tuple[str, ...]:
    where = f"{found.entry.file}:{found.entry.line}"
    principal = found.entry.principal
    role = found.role.value if found.role else found.standing.value
    if principal is None:
        return found.entry.label or "?", "?", "?", "?", "?", role, where
    idtype = "-" if principal.idtype is None else ",".join(kind.value for kind in principal.idtype)
    localid = (principal.localid_attributes or "yes") if principal.has_localid else "-"
    user = found.user or "?"
    return principal.name, str(principal.uid), user, idtype or "none", localid, role, where


def _placed(file: ConfigFile) -> str:
    """The problem of a file, with its path once."""
    path = str(file.path)
    return file.problem if path in file.problem else f"{path}: {file.problem}"


def _report(view: EffectiveView) -> int:
    """Tell what could not be read, and what the daemon passes over."""
    config = view.config
    problems = [_placed(file) for file in config.files if file.problem and not file.replaced]
    problems += _unusable(view.principals)
    for problem in (*problems, *(_placed(file) for file in config.files if file.replaced)):
        say(problem)
    for path, why in config.skipped:
        say(f"{path} is passed over: {why}")
    if not view.principals and not problems:
        say(f"No principals in {config.main_file} and {config.config_dir}.")
    if any(finding.severity is not Severity.NOTE for finding in view.findings):
        say(f"There is more to tell: {tally(view.findings)}. See `idconsole principals check`.")
    return FAILED if problems else GOOD


def _unusable(principals: Sequence[EffectivePrincipal]) -> list[str]:
    return [
        f"{found.entry.file}:{found.entry.line}: {found.entry.problem}"
        for found in principals
        if found.standing is Standing.UNUSABLE
    ]
