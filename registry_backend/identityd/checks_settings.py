"""Checks of the settings beside principals: what the daemon takes, and few would have meant."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from registry_backend.domain.findings import Severity
from registry_backend.identityd.addresses import scheme_of
from registry_backend.identityd.known_keys import ENDPOINTS
from registry_backend.identityd.report import Report
from registry_backend.identityd.values import Table

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*")
_LONGEST_HOST = 64


def check_hostname(report: Report) -> None:
    """The machine's name goes into certificates."""
    name = report.whole.merged.table.get("hostname")
    if isinstance(name, str) and (len(name) > _LONGEST_HOST or not _HOST.fullmatch(name)):
        report.at(
            ("hostname",),
            "odd-hostname",
            Severity.WARNING,
            f"“{name[:80]}” is no host name of at most {_LONGEST_HOST} characters; certificates "
            "with it are refused by many.",
            "Write the name that `hostname` prints.",
        )


def check_homedir(report: Report) -> None:
    """State is kept under an absolute path."""
    home = report.whole.merged.table.get("homedir")
    if isinstance(home, str) and not PurePosixPath(home).is_absolute():
        report.at(
            ("homedir",),
            "relative-homedir",
            Severity.WARNING,
            f"homedir “{home}” is relative: the daemon keeps its state wherever it is started, and "
            "makes every module anew when that changes.",
            "Write an absolute path, such as /var/lib/aziot/identityd.",
        )


def check_max_requests(report: Report) -> None:
    """Connections at a time for each uid."""
    value = report.whole.merged.table.get("max_requests")
    if value == 0 and isinstance(value, int) and not isinstance(value, bool):
        report.at(
            ("max_requests",),
            "no-requests",
            Severity.WARNING,
            "max_requests = 0 lets nobody connect: every connection is dropped without a word.",
            "Write 1 or more, or leave the key out for 10.",
        )


def check_endpoints(report: Report) -> None:
    """A table that only debug builds read, and those want it whole."""
    endpoints = report.whole.merged.table.get("endpoints")
    if endpoints is None:
        return
    report.at(
        ("endpoints",),
        "endpoints-ignored",
        Severity.NOTE,
        "[endpoints] is read by debug builds only; released daemons ignore it.",
        "Take it out, unless it is for a debug build.",
    )
    if not isinstance(endpoints, dict):
        return
    if missing := sorted(ENDPOINTS - endpoints.keys()):
        report.at(
            ("endpoints",),
            "endpoints-incomplete",
            Severity.NOTE,
            f"[endpoints] lacks {', '.join(missing)}: a debug build refuses it.",
            "Name all four, or none.",
        )
    for key in sorted(ENDPOINTS & endpoints.keys()):
        if not _is_endpoint(endpoints[key]):
            report.at(
                ("endpoints", key),
                "endpoint-scheme",
                Severity.NOTE,
                f"endpoints.{key} is no address that a debug build takes.",
                "Begin it with unix:, http: or fd:.",
            )


def check_provisioning(report: Report) -> None:
    """What is only found wrong when the device is provisioned."""
    provisioning = report.whole.merged.table.get("provisioning")
    if isinstance(provisioning, dict) and provisioning.get("source") == "dps":
        _check_gateway(report, provisioning)
        _check_payload(report, provisioning)


def _check_gateway(report: Report, provisioning: Table) -> None:
    if "local_gateway_hostname" in provisioning:
        report.at(
            ("provisioning", "local_gateway_hostname"),
            "gateway-with-dps",
            Severity.WARNING,
            "A device behind a gateway cannot be provisioned by DPS: provisioning will fail with "
            "“DPS provisioning is not supported in nested mode”.",
            'Use source = "manual", or take local_gateway_hostname out.',
        )


def _check_payload(report: Report, provisioning: Table) -> None:
    payload = provisioning.get("payload")
    uri = payload.get("uri") if isinstance(payload, dict) else None
    if isinstance(uri, str) and scheme_of(uri) not in ("", "file"):
        shown = uri.partition("?")[0][:80]  # a query may hold a signature
        report.at(
            ("provisioning", "payload", "uri"),
            "payload-no-file",
            Severity.WARNING,
            f"The payload is at “{shown}”, and the daemon reads files only: provisioning will "
            "fail, and GET /identities/provisioning answers 400.",
            "Write a URI such as file:///etc/aziot/payload.json.",
        )


def _is_endpoint(value: object) -> bool:
    return isinstance(value, str) and scheme_of(value) in ("unix", "http", "fd")
