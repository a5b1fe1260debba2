"""Requests as the ten calls, in the order in which the daemon looks at them (identityd 1.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from registry_backend.domain.explanations import API_VERSIONS, CallRequest
from registry_backend.domain.permissions import Operation

_FIRST = API_VERSIONS[0]
_ROUTES: tuple[tuple[str, str, dict[str, Operation]], ...] = (
    ("/identities/identity", _FIRST, {"GET": Operation.GET_IDENTITY}),
    ("/identities/provisioning", API_VERSIONS[1], {"GET": Operation.GET_PROVISIONING}),
    ("/identities/device", _FIRST, {"POST": Operation.GET_DEVICE}),
    ("/identities/device/reprovision", _FIRST, {"POST": Operation.REPROVISION}),
    (
        "/identities/modules",
        _FIRST,
        {"GET": Operation.LIST_MODULES, "POST": Operation.CREATE_MODULE},
    ),
    (
        "/identities/modules/{id}",
        _FIRST,
        {
            "GET": Operation.GET_MODULE,
            "PUT": Operation.UPDATE_MODULE,
            "DELETE": Operation.DELETE_MODULE,
        },
    ),
    ("/trust-bundle", _FIRST, {"GET": Operation.GET_TRUST_BUNDLE}),
)
_ONE_MODULE = "/identities/modules/"
_JSON = "application/json"
_BODY_MEMBERS = {Operation.GET_DEVICE: ("type",), Operation.CREATE_MODULE: ("type", "moduleId")}


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that comes before anybody asks who calls."""

    status: int
    message: str
    why: str


@dataclass(frozen=True, slots=True)
class Call:
    """A request that is one of the ten calls."""

    operation: Operation
    module_id: str | None = None
    """Of the path, or of the body of CREATE_MODULE."""
    kind: str | None = None
    """The `type` asked for; None when none was."""


def understand_call(request: CallRequest) -> Call | Refused:
    """Which call a request is, or how it is refused before authorization."""
    versions = [value for key, value in request.query if key == "api-version"]
    if not versions:
        return Refused(400, "api-version not specified", "Every call needs an api-version.")
    version = versions[-1]
    if version not in API_VERSIONS:
        text = f"Only {', '.join(API_VERSIONS)} exist."
        return Refused(400, f'invalid api-version "{version}"', text)
    path, module_id = _module_of(request.path)
    methods = next((found for at, since, found in _ROUTES if at == path and since <= version), None)
    if methods is None:
        return Refused(404, "not found", f"There is no {request.path} at {version}.")
    if request.method not in methods:
        offered = " and ".join(methods)
        return Refused(400, "method not allowed", f"{path} takes {offered} only.")
    return _with_body(request, methods[request.method], module_id)


def request_for(
    operation: Operation, *, module_id: str = "module", kind: str = "aziot"
) -> CallRequest:
    """The plainest request that makes a call, all it needs filled in."""
    route, method = next(
        (route, method)
        for route, _, methods in _ROUTES
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


def _module_of(path: str) -> tuple[str, str | None]:
    """A path as a route, and the id in it; a path that is no route stays what it is."""
    if not path.startswith(_ONE_MODULE):
        return path, None
    encoded = path.removeprefix(_ONE_MODULE)
    try:
        module_id = unquote_to_bytes(encoded).decode("utf-8")
    except UnicodeDecodeError:
        return path, None
    if not encoded or "/" in encoded:
        return path, None
    return "/identities/modules/{id}", module_id


def _with_body(request: CallRequest, operation: Operation, module_id: str | None) -> Call | Refused:
    body: object = None
    if request.method == "PUT" and not _is_json(request.content_type, absent=False):
        text = "PUT takes JSON only."
        return Refused(415, "request body must be application/json", text)
    parsed = request.method == "PUT" or (
        request.method in ("POST", "DELETE")
        and request.body
        and _is_json(request.content_type, absent=True)
    )
    if parsed:
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            text = "The body is read before anybody asks who calls, and it is no JSON."
            return Refused(422, "", text)
    members = _BODY_MEMBERS.get(operation)
    if members is not None:
        if not parsed:
            return Refused(400, "missing request body", "This call needs a JSON body.")
        if operation is Operation.GET_DEVICE and isinstance(body, list):
            body = {"type": body[0]} if len(body) == 1 else {}
        wrong = not isinstance(body, dict) or any(
            not isinstance(body.get(member), str) for member in members
        )
        if wrong:
            text = f"The body needs {' and '.join(members)}, as strings."
            return Refused(422, "", text)
    if operation is Operation.CREATE_MODULE and isinstance(body, dict):
        return Call(operation, body["moduleId"], body["type"])
    kinds = [value for key, value in request.query if key == "type"]
    return Call(operation, module_id, kinds[0] if kinds else None)


def _is_json(content_type: str | None, *, absent: bool) -> bool:
    """Whether a body is taken for JSON; parameters do not matter, and the case does."""
    if content_type is None:
        return absent
    return content_type.partition(";")[0].strip() == _JSON
