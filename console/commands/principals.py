"""`idconsole principals list`: who may ask a gateway for an identity. Needs no registry."""

from __future__ import annotations

import argparse
import asyncio

from console.commands.boundary import FAILED, GOOD
from console.commands.output import JsonArray, Table, say
from console.commands.session import identityd_paths
from console.commands.shapes import principal_json
from registry_backend.domain.principals import ConfigFile, FilePrincipal, PrincipalConfig
from registry_backend.identityd.principals import PrincipalFiles


def run(options: argparse.Namespace) -> int:
    """List every principal with its file and line; 1 when something cannot be understood."""
    main_file, config_dir = identityd_paths(options)
    config = asyncio.run(PrincipalFiles(main_file, config_dir, read_only=True).load())
    if options.json:
        array = JsonArray()
        array.write([principal_json(found) for found in config.principals])
        array.end()
    elif config.principals:
        Table("NAME", "UID", "IDTYPE", "LOCALID", "WHERE").write(
            [_cells(found) for found in config.principals]
        )
    return _report(config)


def _cells(found: FilePrincipal) -> tuple[str, ...]:
    where = f"{found.file}:{found.line}"
    principal = found.principal
    if principal is None:
        return "?", "?", "?", "?", where
    idtype = "-" if principal.idtype is None else ",".join(kind.value for kind in principal.idtype)
    localid = (principal.localid_attributes or "yes") if principal.has_localid else ""
    return principal.name, str(principal.uid), idtype or "none", localid, where


def _placed(file: ConfigFile) -> str:
    """The problem of a file, with its path once."""
    path = str(file.path)
    return file.problem if path in file.problem else f"{path}: {file.problem}"


def _report(config: PrincipalConfig) -> int:
    """Tell what could not be read, and what the daemon passes over."""
    problems = [_placed(file) for file in config.files if file.problem]
    problems += [f"{p.file}:{p.line}: {p.problem}" for p in config.principals if p.problem]
    for problem in problems:
        say(problem)
    for path, why in config.skipped:
        say(f"{path} is passed over: {why}")
    if not config.principals and not problems:
        say(f"No principals in {config.main_file} and {config.config_dir}.")
    return FAILED if problems else GOOD
