"""Checks of principals against each other and the rest (identityd 3 and 4.4), and of their names.

The daemon makes the first four, and stops at the first fault; the others it never makes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from registry_backend.domain.findings import Severity
from registry_backend.domain.identifiers import HUB_DEVICE_ID
from registry_backend.domain.principals import MAX_UID, FilePrincipal, IdType, Principal
from registry_backend.identityd.common_names import LONGEST_CN, cut_name, full_name
from registry_backend.identityd.plain import plain
from registry_backend.identityd.report import Report, place_text
from registry_backend.identityd.users import DAEMON_USER

_EDGE_MODULES = frozenset({"$edgeAgent", "$edgeHub"})
_HUB_TYPES = frozenset({IdType.MODULE, IdType.DEVICE})
_UIDS_LISTED = 5
_WRITE_USER = "Create the user first, or write the number that `id -u USER` prints."
_WHOSE_UIDS = "The uids are those of the gateway: compare them with `id -u USER` there."


def understood(report: Report) -> Iterator[tuple[int, FilePrincipal, Principal]]:
    """The principals that make sense, with their places in the merged order."""
    for index, entry in enumerate(report.whole.ordered):
        if entry.principal is not None:
            yield index, entry, entry.principal


def check_names_unique(report: Report) -> None:
    """Names are unique over all principals, typed or not."""
    first: dict[str, FilePrincipal] = {}
    for index, entry, principal in understood(report):
        name = principal.name
        if name in first:
            report.at(
                ("principal", index, "name"),
                "duplicate-name",
                Severity.ERROR,
                f"“{name}” is already the name of a principal in {place_text(first[name])}; "
                "the daemon refuses to start.",
                "Give one of them another name, or take one out.",
                subject=name,
            )
        first.setdefault(name, entry)


def check_local_domain(report: Report) -> None:
    """A principal with type local needs `[localid]`."""
    if "localid" in report.whole.merged.table or report.whole.lacks_files:
        return  # it may well stand in the file that could not be read
    for index, _, principal in understood(report):
        if IdType.LOCAL in (principal.idtype or ()):
            report.at(
                ("principal", index, "idtype"),
                "local-without-domain",
                Severity.ERROR,
                f"“{principal.name}” has the type local, and there is no [localid] table; "
                "the daemon refuses to start.",
                "Add a [localid] table with a domain, such as example.net.",
            )


def check_local_options(report: Report) -> None:
    """A typed principal without local must not carry `localid`; on an untyped one it is idle."""
    for index, _, principal in understood(report):
        if not principal.has_localid or IdType.LOCAL in (principal.idtype or ()):
            continue
        path = ("principal", index, "localid")
        if principal.idtype is None:
            report.at(
                path,
                "localid-untyped",
                Severity.WARNING,
                f"localid is for principals with the type local; “{principal.name}” has no types, "
                "and the daemon ignores it.",
                "Take localid out.",
            )
        else:
            report.at(
                path,
                "localid-without-local",
                Severity.ERROR,
                f"localid is only for principals with idtype local, which “{principal.name}” "
                "has not; the daemon refuses to start.",
                "Take localid out, or add local to idtype.",
            )


def check_hub_types(report: Report) -> None:
    """Without a hub there are no modules and no device."""
    provisioning = report.whole.merged.table.get("provisioning")
    if not isinstance(provisioning, dict) or provisioning.get("source") != "none":
        return
    for index, _, principal in understood(report):
        if _HUB_TYPES & set(principal.idtype or ()):
            report.at(
                ("principal", index, "idtype"),
                "hub-type-without-hub",
                Severity.ERROR,
                f"“{principal.name}” has the type module or device, which need an IoT Hub, and "
                'provisioning has source = "none"; the daemon refuses to start.',
                "Leave it the type local only, or provision the device.",
            )


def check_uids(report: Report) -> None:
    """Of equal uids the last one counts; uid 0 is root; -1 is nobody."""
    for index, _, principal in understood(report):
        if principal.uid == MAX_UID:
            report.at(
                ("principal", index, "uid"),
                "impossible-uid",
                Severity.WARNING,
                f"uid {principal.uid} is -1 to the kernel, and no process can have it.",
                "Write the user's number as `id -u USER` prints it.",
            )
    for index, entry, principal in understood(report):
        winner = report.whole.callers.get(principal.uid)
        if winner is None or winner is entry or winner.principal is None:
            continue
        if principal.idtype is None and entry is not report.whole.first_untyped:
            continue  # told as the second untyped one
        report.at(
            ("principal", index, "uid"),
            "duplicate-uid",
            Severity.WARNING,
            f"uid {principal.uid} is also that of “{winner.principal.name}” in "
            f"{place_text(winner)}; the daemon obeys the last one only, so that "
            f"“{principal.name}” has no rights.",
            "Give each principal a user of its own, or make them one principal.",
            subject=str(principal.uid),
        )


def check_root(report: Report) -> None:
    """A principal for uid 0 takes root's full access away."""
    for index, entry, principal in understood(report):
        if principal.uid == 0 and report.whole.callers.get(0) is entry:
            report.at(
                ("principal", index, "uid"),
                "root-claimed",
                Severity.NOTE if principal.idtype is None else Severity.WARNING,
                f"uid 0 takes root's full access away: root may then do only what "
                f"“{principal.name}” may.",
                "Leave root out: without a principal it may call everything.",
            )


def check_untyped(report: Report) -> None:
    """Only the first untyped principal counts."""
    first = report.whole.first_untyped
    for index, entry, principal in understood(report):
        if principal.idtype is None and first is not None and entry is not first:
            name = first.principal.name if first.principal else ""
            report.at(
                ("principal", index),
                "second-untyped",
                Severity.WARNING,
                f"“{principal.name}” has no rights: only one principal may be without idtype, "
                f"and “{name}” in {place_text(first)} comes first.",
                'Give it its types, such as idtype = ["module"].',
            )


def check_types(report: Report) -> None:
    """Types that are empty, or said twice."""
    for index, _, principal in understood(report):
        kinds = principal.idtype
        if kinds is None:
            continue
        path = ("principal", index, "idtype")
        if not kinds:
            report.at(
                path,
                "no-types",
                Severity.WARNING,
                f"“{principal.name}” has an empty idtype: it may call nothing but what everybody "
                "may.",
                "Name its types, or take the whole principal out.",
            )
        for kind, count in Counter(kinds).items():
            if count > 1:
                report.at(
                    path,
                    "repeated-type",
                    Severity.NOTE,
                    f"“{principal.name}” has the type {kind.value} {count} times; once is enough.",
                    "Take the others out.",
                )
        if IdType.DEVICE in kinds and IdType.MODULE in kinds:
            report.at(
                path,
                "device-hides-module",
                Severity.NOTE,
                f"“{principal.name}” is both device and module: GET /identities/identity answers "
                "with the device, never with its module.",
                "Take device out, unless it shall use the device's identity.",
            )


def check_module_names(report: Report) -> None:
    """What the hub takes as a module's name; the daemon gives up at its start when it refuses."""
    for index, _, principal in understood(report):
        name, kinds = principal.name, principal.idtype or ()
        path = ("principal", index, "name")
        if IdType.MODULE in kinds and not HUB_DEVICE_ID.fullmatch(name):
            report.at(
                path,
                "bad-module-name",
                Severity.ERROR,
                f"{_quoted(name)} cannot be a module's name: the hub refuses it, and then the "
                "daemon ends at its start.",
                "Use 1 to 128 characters: letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '.",
                subject=name,
            )
        elif IdType.MODULE in kinds and name in _EDGE_MODULES:
            report.at(
                path,
                "reserved-name",
                Severity.WARNING,
                f"“{name}” is a module of IoT Edge's own: the daemon would remove it from the hub "
                "and make it anew, with its twin lost.",
                "Give the principal a name of its own.",
                subject=name,
            )
        elif IdType.MODULE not in kinds and (name != name.strip() or not name.isprintable()):
            report.at(
                path,
                "odd-name",
                Severity.WARNING,
                f"{_quoted(name)} begins or ends with blank space, or holds characters that "
                "cannot be seen.",
                "Give it a plain name.",
            )
        elif not name:
            report.at(
                path,
                "empty-name",
                Severity.WARNING,
                f"The principal of uid {principal.uid} has an empty name.",
                "Give it a name.",
            )


def check_certificate_names(report: Report) -> None:
    """The name in a local identity's certificate: the daemon cuts it at byte 64, or dies of it."""
    table = report.whole.merged.table
    localid = table.get("localid")
    hostname = table.get("hostname")
    domain = localid.get("domain") if isinstance(localid, dict) else None
    if not isinstance(hostname, str) or not isinstance(domain, str):
        return
    for index, _, principal in understood(report):
        if IdType.LOCAL not in (principal.idtype or ()):
            continue
        common_name = full_name(principal.name, hostname, domain)
        length = len(common_name.encode("utf-8", "surrogatepass"))
        if length <= LONGEST_CN:
            continue
        path = ("principal", index, "name")
        if cut_name(principal.name, hostname, domain) is None:
            report.at(
                path,
                "certificate-name-kills",
                Severity.ERROR,
                f"The certificate name {_quoted(common_name)} has a character across byte "
                f"{LONGEST_CN}: the daemon dies when it is asked for this identity.",
                "Shorten the name, the hostname or the domain, or keep to ASCII.",
                subject=principal.name,
            )
        else:
            report.at(
                path,
                "certificate-name-cut",
                Severity.WARNING,
                f"The certificate name {_quoted(common_name)} has {length} bytes; the daemon "
                f"cuts it off at {LONGEST_CN}, so that others may get the same.",
                "Shorten the name, the hostname or the domain.",
                subject=principal.name,
            )


def check_users(report: Report) -> None:
    """Uids that no user has: each is grave on the gateway itself.

    Elsewhere they are to be expected, so that one note a file is enough.
    """
    if report.users.by_name(DAEMON_USER) is not None:
        check_each_user(report)
        return
    files: dict[Path, list[tuple[int, Principal]]] = {}
    for index, entry, principal in _of_nobody(report):
        files.setdefault(entry.file, []).append((index, principal))
    for file, found in files.items():
        if len(found) == 1:
            _tell_of_user(report, *found[0])
            continue
        uids = sorted({principal.uid for _, principal in found})
        listed = ", ".join(str(uid) for uid in uids[:_UIDS_LISTED])
        more = ", …" if len(uids) > _UIDS_LISTED else ""
        report.at(
            ("principal", found[0][0], "uid"),
            "unknown-user",
            Severity.NOTE,
            f"No user of this machine has {len(uids):,} of the uids in {file.name}: "
            f"{listed}{more or '.'}",
            _WHOSE_UIDS,
            subject=str(file),
        )


def check_each_user(report: Report) -> None:
    """The same one by one, for whoever asks about a single change."""
    for index, _, principal in _of_nobody(report):
        _tell_of_user(report, index, principal)


def _of_nobody(report: Report) -> Iterator[tuple[int, FilePrincipal, Principal]]:
    for index, entry, principal in understood(report):
        if principal.uid not in (0, MAX_UID) and report.users.by_uid(principal.uid) is None:
            yield index, entry, principal


def _tell_of_user(report: Report, index: int, principal: Principal) -> None:
    on_gateway = report.users.by_name(DAEMON_USER) is not None
    report.at(
        ("principal", index, "uid"),
        "unknown-user",
        Severity.WARNING if on_gateway else Severity.NOTE,
        f"No user of this machine has uid {principal.uid}; “{principal.name}” is for nobody here.",
        _WRITE_USER if on_gateway else _WHOSE_UIDS,
        subject=str(principal.uid),
    )


def _quoted(text: str) -> str:
    return f"“{plain(text)}”"
