"""The table of what is served: methods, paths and who answers (iothub 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

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


Found = tuple[Route, tuple[str, ...]]
"""An operation, and the values of its variables."""


@dataclass(frozen=True, slots=True)
class Match:
    """The operations at a path: for each form that it fits those by method, and its variables."""

    forms: Sequence[tuple[Mapping[str, Route], tuple[str, ...]]]

    def find(self, method: str) -> Found | None:
        """The operation of a method, of the form with the fewest variables."""
        for routes, ids in self.forms:
            if method in routes:
                return routes[method], tuple([decoded(each) for each in ids])
        return None

    @property
    def methods(self) -> Sequence[str]:
        """All that the path has, in order."""
        return sorted({method for routes, _ in self.forms for method in routes})


class _Form:
    """Templates that have their variables at the same places."""

    def __init__(self, template: Sequence[str]) -> None:
        places = range(len(template))
        self.variables = tuple(at for at in places if template[at].startswith("{"))
        self._key = itemgetter(*(at for at in places if at not in self.variables))
        self._routes: dict[object, dict[str, Route]] = {}

    def add(self, route: Route, template: Sequence[str]) -> None:
        """One more operation."""
        key = self._key([segment.lower() for segment in template])
        self._routes.setdefault(key, {})[route.method] = route

    def find(
        self, segments: Sequence[str], lowered: Sequence[str]
    ) -> tuple[Mapping[str, Route], tuple[str, ...]] | None:
        """The operations at a path, and its variables; none of them is empty."""
        routes = self._routes.get(self._key(lowered))
        if routes is None:
            return None
        ids = tuple([segments[at] for at in self.variables])
        return (routes, ids) if all(ids) else None


def is_hubs(segments: Sequence[str]) -> bool:
    """Whether a path is a hub's business, so that a hub's errors are what its client expects."""
    first = segments[0].lower()
    if first == "devices":
        modules = len(segments) > 2 and segments[2].lower() == "modules"
        return len(segments) <= _OF_A_DEVICE or modules
    return first in _ROOTS or match(segments) is not None


def match(segments: Sequence[str]) -> Match | None:
    """What is at a path of raw segments; None where nothing is."""
    forms = _FORMS.get(len(segments), ())
    lowered = [segment.lower() for segment in segments]  # fixed segments have no case
    found = [each for form in forms if (each := form.find(segments, lowered)) is not None]
    return Match(found) if found else None


def _by_length(routes: Sequence[Route]) -> dict[int, list[_Form]]:
    """The forms of each length, those with the fewest variables first."""
    found: dict[tuple[int, tuple[int, ...]], _Form] = {}
    for route in routes:
        template = route.path.split("/")
        made = _Form(template)
        found.setdefault((len(template), made.variables), made).add(route, template)
    by_length: dict[int, list[_Form]] = {}
    for (length, _), form in sorted(found.items(), key=lambda item: len(item[1].variables)):
        by_length.setdefault(length, []).append(form)
    return by_length


_FORMS = _by_length(ROUTES)
