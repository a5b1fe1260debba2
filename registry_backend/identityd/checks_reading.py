"""Checks of what can be read at all: files, keys, and the values the daemon insists on."""

from __future__ import annotations

from registry_backend.domain.findings import Severity
from registry_backend.domain.principals import ConfigFile
from registry_backend.domain.secrets import fingerprint
from registry_backend.identityd.files import shown
from registry_backend.identityd.known_keys import GONE, ROOT, SOURCES, nearest, unknown_keys
from registry_backend.identityd.places import KeyPath
from registry_backend.identityd.report import Report, key_text
from registry_backend.identityd.whole import Place, Whole

_REMEDIES = {
    "hostname": 'Write hostname = "…", the name of this machine.',
    "homedir": 'Write homedir = "/var/lib/aziot/identityd".',
    "provisioning": "Add a [provisioning] table with a source.",
    "provisioning.source": 'Write "manual", "dps" or "none".',
    "provisioning.global_endpoint": (
        'Add global_endpoint = "https://global.azure-devices-provisioning.net".'
    ),
    "principal": "Write each principal under a header in double brackets, [[principal]].",
    "principal.uid": "Write the user's number as `id -u USER` prints it, without quotes.",
    "principal.name": 'Write name = "…".',
    "principal.idtype": 'Write an array of lower-case words, such as idtype = ["module"].',
    "principal.localid": 'Write localid = { type = "x509", attributes = "client" }.',
    "principal.localid.type": 'Write type = "x509".',
    "principal.localid.attributes": 'Write "client" or "server", or leave the key out.',
    "localid.domain": 'Write domain = "example.net", or take [localid] out.',
    "prefer_module_identity_cache": "Write true or false, or leave the key out.",
    "max_requests": "Write a whole number such as 10, or leave the key out.",
    "cloud_retries": "Write a whole number such as 1, or leave the key out.",
    "cloud_timeout_sec": "Write 70 or more, or leave the key out.",
}


def check_files(report: Report) -> None:
    """Files that cannot be read or understood."""
    for file in report.whole.config.files:
        if not file.problem:
            continue
        place = Place(file.path, file.line, file.column)
        problem = _with_short_name(file)
        if file.unread_here:
            report.in_file(
                place,
                "not-readable-here",
                Severity.WARNING,
                f"{problem} What it says is missing from everything below.",
                "Check again as a user who may read it, such as root."
                if not file.too_large
                else "Split it into several files, or take it out of the folder.",
            )
        elif report.whole.is_fatal(file.path):
            report.in_file(
                place,
                "unusable-file",
                Severity.ERROR,
                f"{problem} The daemon reads all files or none, and refuses to start.",
                "Mend the file, or take it out of the folder.",
            )
        elif file.replaced:  # otherwise the values say what is wrong
            report.in_file(
                place,
                "principal-no-array",
                Severity.WARNING,
                problem,
                _REMEDIES["principal"],
            )


def _with_short_name(file: ConfigFile) -> str:
    """Its problem, told of its name alone; the path of the folder one is in has none."""
    name = file.path.name
    return file.problem.replace(shown(file.path), name, 1) if name else file.problem


def check_values(report: Report) -> None:
    """Values that are missing or of the wrong kind: the daemon tells the first, we tell all."""
    whole = report.whole
    for refusal in report.whole.read.refusals:
        missing = refusal.problem == "is missing" and refusal.path[0] != "principal"
        if missing and whole.lacks_files:
            # It may well stand in the file that could not be read.
            continue
        key = key_text(refusal.path)
        report.at(
            refusal.path,
            "missing-key" if refusal.problem == "is missing" else "wrong-value",
            Severity.ERROR,
            f"{key} {refusal.problem}; the daemon refuses the whole configuration.",
            _REMEDIES.get(key, f"Mend {key}."),
            subject=_subject(whole, refusal.path),
        )


def _subject(whole: Whole, path: KeyPath) -> str:
    """A key with its value, and whose it is: another wrong value is a new fault."""
    found: object = whole.merged.table
    label = ""
    for part in path:
        if isinstance(found, dict) and part in found:
            found = found[part]
        elif isinstance(found, list) and isinstance(part, int):
            found = found[part]
            label = str(found.get("name")) if isinstance(found, dict) else ""
        else:
            return f"{key_text(path)} of {label}, missing"
    return f"{key_text(path)} of {label} {fingerprint(repr(found))}"


def check_unknown_keys(report: Report) -> None:
    """Keys that the daemon passes over without a word."""
    for path in unknown_keys(report.whole.merged.table):
        key = path[-1]
        assert isinstance(key, str)  # noqa: S101 - the paths of keys end in keys
        table = tuple(part for part in path[:-1] if isinstance(part, str))
        if table == ("principal",) and key in ROOT:
            report.at(
                path,
                "key-behind-principal",
                Severity.WARNING,
                f"{key} stands behind a [[principal]] header and so belongs to that principal; "
                "the daemon ignores it.",
                "Move it above the first header of the file.",
            )
        elif key in GONE:
            report.at(
                path,
                "no-such-key",
                Severity.WARNING,
                f"{key_text(path)} is ignored. {GONE[key]}.",
                "Write identity_cert instead." if key == "device_id_cert" else "Take it out.",
            )
        else:
            near = nearest(key, table)
            report.at(
                path,
                "unknown-key",
                Severity.WARNING if near else Severity.NOTE,
                f"{key_text(path)} is no key of the daemon's, which ignores it.",
                f"Write {near}, if that is meant." if near else "Take it out, or check its name.",
            )


def check_other_sources(report: Report) -> None:
    """Keys of one way of provisioning that stand beside another."""
    provisioning = report.whole.merged.table.get("provisioning")
    if not isinstance(provisioning, dict):
        return
    source = provisioning.get("source")
    wanted = SOURCES.get(source) if isinstance(source, str) else None
    for key in provisioning if wanted is not None else ():
        owners = [name for name, keys in SOURCES.items() if key in keys]
        if owners and source not in owners:
            report.at(
                ("provisioning", key),
                "key-of-other-source",
                Severity.WARNING,
                f'provisioning.{key} belongs to source = "{owners[0]}"; '
                f'with source = "{source}" the daemon ignores it.',
                "Take it out, or change the source.",
            )
