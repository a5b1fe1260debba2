"""The table of what is served: methods, paths and who answers (iothub 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry_backend.api.iothub import arm, bulk, devices, jobs, keys, query, statistics
from registry_backend.api.iothub.service import Handler, Route
from registry_backend.api.iothub.targets import decoded
from registry_backend.api.throttling import Operation
from registry_backend.domain.policies import Right
from registry_backend.wire.iothub_device_errors import JOB_NOT_FOUND, JOB_QUOTA_EXCEEDED

READ, WRITE, SERVICE = Right.REGISTRY_READ, Right.REGISTRY_WRITE, Right.SERVICE_CONNECT
JOBS, QUERIES = Operation.JOB, Operation.QUERY
_DEVICE = "devices/{deviceId}"
_OF_A_DEVICE = 3
"""Segments after `devices` that no hub has, but for its modules."""
_PROVIDER = (
    "subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Devices/IotHubs/{hub}"
)


def _job(
    method: str, path: str, handle: Handler, right: Right, *, hub_at: int | None = None
) -> Route:
    return Route(
        *(method, path, handle, right),
        kind=JOBS,
        absent=JOB_NOT_FOUND,
        limit=JOB_QUOTA_EXCEEDED,
        hub_at=hub_at,
    )


# fmt: off
ROUTES: Sequence[Route] = (
    Route("GET", "devices", devices.search, READ),
    Route("POST", "devices", bulk.apply, WRITE, result=bulk.as_result, lasting=True),
    Route("POST", "devices/query", query.search, SERVICE, kind=QUERIES),
    Route("POST", "devices/keys/regenerate", keys.regenerate, WRITE, result=bulk.as_result,
          lasting=True),
    Route("PUT", _DEVICE, devices.put, WRITE),
    Route("GET", _DEVICE, devices.get, READ),
    Route("DELETE", _DEVICE, devices.delete, WRITE),
    Route("GET", "statistics/devices", statistics.devices, READ),
    Route("GET", "statistics/service", statistics.service, READ, SERVICE),
    _job("POST", "jobs/create", jobs.create, WRITE),
    _job("GET", "importdevices", jobs.create_import, WRITE),
    _job("POST", "importdevices", jobs.create_import, WRITE),
    _job("GET", "jobs", jobs.search, READ),
    _job("GET", "jobs/{jobId}", jobs.get, READ),
    _job("DELETE", "jobs/{jobId}", jobs.cancel, WRITE),
    _job("GET", "jobs/v2/query", jobs.all_scheduled, READ),
    _job("GET", "jobs/v2/{jobId}", jobs.scheduled, READ),
    _job("POST", f"{_PROVIDER}/exportDevices", arm.export_devices, WRITE, hub_at=2),
    _job("POST", f"{_PROVIDER}/importDevices", arm.import_devices, WRITE, hub_at=2),
    _job("GET", f"{_PROVIDER}/operationResults/{{jobId}}", arm.result, READ, hub_at=2),
    _job("GET", f"{_PROVIDER}/operations/{{jobId}}", arm.operation, READ, hub_at=2),
)
# fmt: on
_ROOTS = frozenset({"jobs", "statistics", "importdevices", "twins", "configurations"})
"""First segments of paths that are a hub's, served here or not (iothub 2.2)."""


@dataclass(frozen=True, slots=True)
class Match:
    """The operations at a path, by method; each with the values of its variables."""

    routes: Mapping[str, tuple[Route, tuple[str, ...]]]


def is_hubs(segments: Sequence[str]) -> bool:
    """Whether a path is a hub's business, so that a hub's errors are what its client expects."""
    first, *rest = (segment.lower() for segment in segments)
    if first == "devices":
        return len(rest) < _OF_A_DEVICE or "modules" in rest[1:2]
    return first in _ROOTS or match(segments) is not None


def match(segments: Sequence[str]) -> Match | None:
    """What is at a path of raw segments; None where nothing is. Fixed segments have no case."""
    found: dict[str, tuple[Route, tuple[str, ...]]] = {}
    for route, template in _TEMPLATES.get(len(segments), ()):
        ids = _variables(template, segments)
        if ids is not None:
            found.setdefault(route.method, (route, ids))
    return Match(found) if found else None


def _variables(template: Sequence[str], segments: Sequence[str]) -> tuple[str, ...] | None:
    ids = []
    for wanted, given in zip(template, segments, strict=True):
        if wanted.startswith("{"):
            if not given:
                return None
            ids.append(decoded(given))
        elif wanted.lower() != given.lower():
            return None
    return tuple(ids)


def _by_length(routes: Sequence[Route]) -> dict[int, list[tuple[Route, tuple[str, ...]]]]:
    found: dict[int, list[tuple[Route, tuple[str, ...]]]] = {}
    for route in routes:
        template = tuple(route.path.split("/"))
        found.setdefault(len(template), []).append((route, template))
    return found


_TEMPLATES = _by_length(ROUTES)
