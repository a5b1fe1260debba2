"""The table of what is served: methods, paths and who answers (hono 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry_backend.api.hono import credentials, devices, tenants
from registry_backend.api.hono.service import Handler
from registry_backend.domain.errors import Invalid
from registry_backend.wire.hono_profiles import HonoProfile


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    Args:
        method: The HTTP method.
        path: Segments joined by `/`; those in braces are variables.
        handle: Who answers.
        name: The operation's name in the description.
        success: The status when all went well.
        failures: The statuses that rules of this operation may give.
        body: What the request holds: a component of the description, or nothing.
        answer: What a 200 holds: a component of the description, or nothing.
        versioned: Whether `If-Match` is looked at, or an ETag given.
        listing: Served only where the profile can list.
        lasting: Goes on to its end although the client went away.
    """

    method: str
    path: str
    handle: Handler
    name: str
    success: int
    failures: Sequence[int]
    body: str = ""
    answer: str = ""
    versioned: bool = True
    listing: bool = False
    lasting: bool = False


_TENANTS, _TENANT = "/v1/tenants", "/v1/tenants/{tenantId}"
_DEVICES, _DEVICE = "/v1/devices/{tenantId}", "/v1/devices/{tenantId}/{deviceId}"
_CREDENTIALS = "/v1/credentials/{tenantId}/{deviceId}"

# fmt: off
ROUTES: Sequence[Route] = (
    Route("POST", _TENANTS, tenants.create, "createTenant", 201, (409,), "Tenant"),
    Route("GET", _TENANTS, tenants.search, "searchTenants", 200, (404,),
          answer="TenantPage", versioned=False, listing=True),
    Route("POST", _TENANT, tenants.create, "createTenantWithId", 201, (409,), "Tenant"),
    Route("GET", _TENANT, tenants.get, "getTenant", 200, (404,), answer="TenantShown"),
    Route("PUT", _TENANT, tenants.update, "updateTenant", 204, (404, 409, 412), "Tenant"),
    Route("DELETE", _TENANT, tenants.delete, "deleteTenant", 204, (404, 412)),
    Route("POST", _DEVICES, devices.create, "createDevice", 201, (403, 404, 409), "Device"),
    Route("GET", _DEVICES, devices.search, "searchDevices", 200, (404,),
          answer="DevicePage", versioned=False, listing=True),
    Route("DELETE", _DEVICES, devices.delete_all, "deleteDevices", 204, (),
          versioned=False, listing=True, lasting=True),
    Route("POST", _DEVICE, devices.create, "createDeviceWithId", 201, (403, 404, 409), "Device"),
    Route("GET", _DEVICE, devices.get, "getDevice", 200, (404,), answer="DeviceShown"),
    Route("PUT", _DEVICE, devices.update, "updateDevice", 204, (404, 412), "Device"),
    Route("DELETE", _DEVICE, devices.delete, "deleteDevice", 204, (404, 412)),
    Route("GET", _CREDENTIALS, credentials.get, "getCredentials", 200, (404,),
          answer="CredentialsShown"),
    Route("PUT", _CREDENTIALS, credentials.replace, "updateCredentials", 204,
          (403, 404, 409, 412), "Credentials"),
)
# fmt: on


_FIXED = 2
"""Segments of every path that are no variables."""
Places = Mapping[tuple[tuple[str, ...], int], Mapping[str, Route]]
"""Operations by method, by the fixed segments of their path and how many there are in all."""


@dataclass(frozen=True, slots=True)
class Match:
    """The operations at a path, by method, and the values of its variables."""

    routes: Mapping[str, Route]
    ids: tuple[str, ...]


def served(profile: HonoProfile) -> list[Route]:
    """The rows of the table that the profile has."""
    return [route for route in ROUTES if profile.lists or not route.listing]


def by_place(routes: Sequence[Route]) -> Places:
    """The rows by where they are."""
    places: dict[tuple[tuple[str, ...], int], dict[str, Route]] = {}
    for route in routes:
        template = tuple(route.path[1:].split("/"))
        places.setdefault((template[:_FIXED], len(template)), {})[route.method] = route
    return places


def match(segments: tuple[str, ...], places: Places) -> Match | None:
    """What is at a path; None where nothing is."""
    found = places.get((segments[:_FIXED], len(segments)))
    ids = segments[_FIXED:]
    return Match(found, ids) if found and all(ids) else None


def check_ids(route: Route, ids: Sequence[str], profile: HonoProfile) -> None:
    """Refuse ids that the profile's patterns do not know, in Hono's words (hono 2.1).

    Raises:
        Invalid: naming the parameter, its value and the pattern.
    """
    if route.listing:  # these paths are not checked (hono 2.1)
        return
    rules = (("tenant_id", profile.tenant_id), ("device_id", profile.device_id))
    for value, (name, pattern) in zip(ids, rules, strict=False):
        if not pattern.fullmatch(value):
            raise Invalid(
                f"request parameter [name: {name}, value: {value}] failed validation: "
                f"value does not match pattern [^{pattern.pattern}$]"
            )
