"""The table of what is served: paths, methods, since when, and who answers (identityd 1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from registry_backend.api.answers import Answer
from registry_backend.api.identity import calls
from registry_backend.api.identity.bodies import (
    BodyReader,
    read_create,
    read_device,
    read_nothing,
    read_optional,
    read_put,
)
from registry_backend.api.identity.calls import Call
from registry_backend.api.identity.targets import decoded_segment
from registry_backend.domain.explanations import API_VERSIONS
from registry_backend.domain.permissions import Operation

MODULES = "/identities/modules"
"""Below it stands one segment: a module's id."""


@dataclass(frozen=True, slots=True)
class Route:
    """One call."""

    operation: Operation
    handle: Callable[[Call], Awaitable[Answer]]
    read: BodyReader


@dataclass(frozen=True, slots=True)
class Place:
    """What is at one path, by method."""

    routes: Mapping[str, Route]
    since: str = API_VERSIONS[0]
    """The first version that has the path."""


# fmt: off
PLACES: Mapping[str, Place] = {
    "/identities/identity": Place({
        "GET": Route(Operation.GET_IDENTITY, calls.get_identity, read_nothing)}),
    "/identities/provisioning": Place({
        "GET": Route(Operation.GET_PROVISIONING, calls.get_provisioning, read_nothing)},
        since="2021-12-01"),
    "/identities/device": Place({
        "POST": Route(Operation.GET_DEVICE, calls.get_device, read_device)}),
    "/identities/device/reprovision": Place({
        "POST": Route(Operation.REPROVISION, calls.reprovision, read_optional)}),
    MODULES: Place({
        "GET": Route(Operation.LIST_MODULES, calls.list_modules, read_nothing),
        "POST": Route(Operation.CREATE_MODULE, calls.create_module, read_create)}),
    "/trust-bundle": Place({
        "GET": Route(Operation.GET_TRUST_BUNDLE, calls.get_trust_bundle, read_nothing)}),
}
MODULE = Place({
    "GET": Route(Operation.GET_MODULE, calls.get_module, read_nothing),
    "PUT": Route(Operation.UPDATE_MODULE, calls.update_module, read_put),
    "DELETE": Route(Operation.DELETE_MODULE, calls.delete_module, read_optional)})
# fmt: on


def find(path: str, version: str) -> tuple[Place, str] | None:
    """What is at a path in that version, and the module's id in it; None where nothing is."""
    place, module_id = PLACES.get(path), ""
    if place is None and path.startswith(f"{MODULES}/"):
        segment = path.removeprefix(f"{MODULES}/")
        name = decoded_segment(segment) if "/" not in segment else None
        place, module_id = (MODULE, name) if name else (None, "")
    return (place, module_id) if place is not None and place.since <= version else None
