"""Requests as the ten calls, in the order in which the daemon looks at them (identityd 1.1).

The service finds its calls here, and so does whoever explains what it would answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from registry_backend.domain.document import compact_json
from registry_backend.domain.explanations import API_VERSIONS, CallRequest
from registry_backend.domain.permissions import Operation
from registry_backend.identityd.bodies import (
    BodyReader,
    BodyRefused,
    NewIdentity,
    read_create,
    read_device,
    read_nothing,
    read_optional,
    read_put,
)

Methods = Mapping[str, Operation]
"""What is offered at one path."""

_FIRST = API_VERSIONS[0]
_MODULES = "/identities/modules"
_MODULE = "/identities/modules/{id}"
_ROUTES: Mapping[str, tuple[str, Methods]] = {
    "/identities/identity": (_FIRST, {"GET": Operation.GET_IDENTITY}),
    "/identities/provisioning": (API_VERSIONS[1], {"GET": Operation.GET_PROVISIONING}),
    "/identities/device": (_FIRST, {"POST": Operation.GET_DEVICE}),
    "/identities/device/reprovision": (_FIRST, {"POST": Operation.REPROVISION}),
    _MODULES: (_FIRST, {"GET": Operation.LIST_MODULES, "POST": Operation.CREATE_MODULE}),
    _MODULE: (
        _FIRST,
        {
            "GET": Operation.GET_MODULE,
            "PUT": Operation.UPDATE_MODULE,
            "DELETE": Operation.DELETE_MODULE,
        },
    ),
    "/trust-bundle": (_FIRST, {"GET": Operation.GET_TRUST_BUNDLE}),
}
"""By path: since which version it is there, and its methods."""

READERS: Mapping[Operation, BodyReader] = {
    Operation.GET_IDENTITY: read_nothing,
    Operation.GET_PROVISIONING: read_nothing,
    Operation.GET_DEVICE: read_device,
    Operation.REPROVISION: read_optional,
    Operation.LIST_MODULES: read_nothing,
    Operation.CREATE_MODULE: read_create,
    Operation.GET_MODULE: read_nothing,
    Operation.UPDATE_MODULE: read_put,
    Operation.DELETE_MODULE: read_optional,
    Operation.GET_TRUST_BUNDLE: read_nothing,
}
"""How the body of each call is read, before anybody asks who calls."""
_WHY_REFUSED = {
    400: "This call needs a JSON body.",
    415: "PUT takes JSON only.",
    422: "The body is read before anybody asks who calls, and it cannot be used: {}.",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that comes before anybody asks who calls."""

    status: int
    message: str
    """Empty where the daemon words it otherwise than we do."""
    why: str


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is one of the ten calls."""

    operation: Operation
    module_id: str | None = None
    """Of the path, or of the body of CREATE_MODULE."""
    kind: str | None = None
    """The `type` asked for; None when none was."""


def find(path: str, version: str) -> tuple[Methods, str] | None:
    """The methods at a path in a version, and the module's id in it; None where nothing is.

    Args:
        path: As it came, percent-encoded and without the query.
        version: One that exists.
    """
    module_id = ""
    if path.startswith(f"{_MODULES}/"):
        module_id = _decoded(path.removeprefix(f"{_MODULES}/"))
        if not module_id:
            return None
        path = _MODULE
    since, methods = _ROUTES.get(path, (_FIRST, {}))
    return (methods, module_id) if methods and since <= version else None


def understand_call(request: CallRequest) -> Call | Refused:
    """Which call a request is, or how it is refused before authorization."""
    versions = [value for key, value in request.query if key == "api-version"]
    if not versions:
        return Refused(400, "api-version not specified", "Every call needs an api-version.")
    version = versions[-1]
    if version not in API_VERSIONS:
        text = f"Only {', '.join(API_VERSIONS)} exist."
        return Refused(400, f"invalid api-version {compact_json(version)}", text)
    found = find(request.path, version)
    if found is None:
        return Refused(404, "not found", f"There is no {request.path} at {version}.")
    methods, module_id = found
    if request.method not in methods:
        text = f"{request.path} takes {' and '.join(methods)} only."
        return Refused(400, "method not allowed", text)
    return _with_body(request, methods[request.method], module_id)


def request_for(
    operation: Operation, *, module_id: str = "module", kind: str = "aziot"
) -> CallRequest:
    """The plainest request that makes a call, all it needs filled in."""
    route, method = next(
        (route, method)
        for route, (_, methods) in _ROUTES.items()
        for method, found in methods.items()
        if found is operation
    )
    query = [*CallRequest(method=method, path=route).query]
    if operation in _TYPED:
        query.append(("type", kind))
    body: dict[str, str] = {}
    if operation in (Operation.GET_DEVICE, Operation.CREATE_MODULE, Operation.UPDATE_MODULE):
        body["type"] = kind
    if operation in (Operation.CREATE_MODULE, Operation.UPDATE_MODULE):
        body["moduleId"] = module_id
    return CallRequest(
        method=method,
        path=route.replace("{id}", quote(module_id, safe="")),
        query=tuple(query),
        body=json.dumps(body).encode() if body else b"",
    )


_TYPED = frozenset(
    {
        Operation.LIST_MODULES,
        Operation.GET_MODULE,
        Operation.UPDATE_MODULE,
        Operation.DELETE_MODULE,
    }
)
"""Calls that need a `type` in the query."""


def _decoded(segment: str) -> str:
    """The id in a path's last segment; empty where it is none."""
    if "/" in segment:
        return ""
    try:
        return unquote_to_bytes(segment.encode("utf-8", "surrogateescape")).decode("utf-8")
    except UnicodeDecodeError:
        return ""


def _with_body(request: CallRequest, operation: Operation, module_id: str) -> Call | Refused:
    try:
        body = READERS[operation](request.content_type, request.body)
    except BodyRefused as refused:
        why = _WHY_REFUSED[refused.status].format(refused.message.rstrip("."))
        return Refused(refused.status, "" if refused.status == 422 else refused.message, why)
    if isinstance(body, NewIdentity):
        return Call(operation, body.module_id, body.kind)
    kinds = [value for key, value in request.query if key == "type"]
    return Call(operation, module_id or None, kinds[0] if kinds else None)
