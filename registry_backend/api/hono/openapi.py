"""The description of what a listener serves: from the routes, the shapes and the models."""

from __future__ import annotations

import json
from typing import Any

from registry_backend.api.authentication import Authentication
from registry_backend.api.hono.routes import Route, served
from registry_backend.api.hono.service import HonoOptions
from registry_backend.domain.credentials import Credential, Secret
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import Document, JsonObject
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.wire.hono_profiles import HonoProfile
from registry_backend.wire.hono_search import (
    DEFAULT_PAGE_SIZE,
    MAX_CONDITIONS,
    MAX_PAGE_OFFSET,
    MAX_PAGE_SIZE,
)
from registry_backend.wire.hono_shape import Shape, Unknown

DESCRIPTION_PATH = "/openapi.json"

_MEANINGS = {
    200: "What was asked for.",
    201: "Created.",
    204: "Done.",
    400: "The request breaks a rule; the reason says which, and where.",
    401: "The caller is not known.",
    403: "A configured limit would be passed, the registry is served for reading only, or a page "
    "of another origin asked.",
    404: "The tenant or device is not there, or nothing fits the search.",
    408: "The body did not arrive in time.",
    409: "Another thing holds that id or key.",
    412: "The resource has another version than If-Match names.",
    413: "The body is longer than this listener takes.",
    500: "The registry failed.",
    503: "The registry is out of reach for now.",
}
_ALWAYS = (400, 500, 503)
_WITH_BODY = (408, 413)


def description_text(
    options: HonoOptions, authentication: Authentication | None, *, read_only: bool = False
) -> str:
    """The description as JSON text."""
    described = describe(options, authentication, read_only=read_only)
    return json.dumps(described, ensure_ascii=False)


def describe(
    options: HonoOptions, authentication: Authentication | None, *, read_only: bool = False
) -> JsonObject:
    """The OpenAPI 3.0 description of a listener with these options."""
    profile = options.profile
    guarded = read_only or options.origin(known_callers=authentication is not None) != "*"
    paths: dict[str, JsonObject] = {}
    for route in served(profile):
        more = [401] if authentication is not None else []
        more += [403] if guarded and route.method != "GET" else []
        operation = _operation(route, profile, more)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    described: JsonObject = {
        "openapi": "3.0.3",
        "info": {
            "title": "Device registry management",
            "version": profile.name,
            "description": "The management API of Eclipse Hono's device registry.",
        },
        "paths": paths,
        "components": {"schemas": _schemas(profile)},
    }
    if authentication is not None:
        schemes = {"basic": authentication.users, "bearer": authentication.tokens}
        used = [name for name, known in schemes.items() if known]
        described["components"]["securitySchemes"] = {
            name: {"type": "http", "scheme": name} for name in used
        }
        described["security"] = [{name: []} for name in used]
    return described


def _operation(route: Route, profile: HonoProfile, more: list[int]) -> JsonObject:
    failures = [*_ALWAYS, *route.failures, *more, *(_WITH_BODY if route.body else ())]
    answers = {str(route.success): _success(route)}
    for status in sorted(set(failures)):
        answers[str(status)] = _failure(status, profile)
    operation: JsonObject = {
        "operationId": route.name,
        "summary": (route.handle.__doc__ or "").splitlines()[0],
        "parameters": [*_path_parameters(route, profile), *_parameters(route)],
        "responses": answers,
    }
    if route.body:
        content = {"application/json": {"schema": _reference(route.body)}}
        operation["requestBody"] = {"required": route.method == "PUT", "content": content}
    return operation


def _success(route: Route) -> JsonObject:
    answer: JsonObject = {"description": _MEANINGS[route.success]}
    headers = ["ETag"] if route.versioned and route.method != "DELETE" else []
    if route.success == 201:
        headers.append("Location")
    if headers:
        answer["headers"] = {name: {"schema": {"type": "string"}} for name in headers}
    shown = "Created" if route.success == 201 else route.answer
    if shown:
        answer["content"] = {"application/json": {"schema": _reference(shown)}}
    return answer


def _failure(status: int, profile: HonoProfile) -> JsonObject:
    answer: JsonObject = {"description": _MEANINGS[status]}
    if profile.json_errors:
        answer["content"] = {"application/json": {"schema": _reference("Error")}}
    elif status not in (403, 404, 409, 412):
        answer["content"] = {"text/plain": {"schema": {"type": "string"}}}
    return answer


def _path_parameters(route: Route, profile: HonoProfile) -> list[JsonObject]:
    patterns = {"tenantId": profile.tenant_id, "deviceId": profile.device_id}
    names = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": 256,
                "pattern": f"^{patterns[name].pattern}$",
            },
        }
        for name in names
    ]


def _parameters(route: Route) -> list[JsonObject]:
    if route.listing and route.method == "GET":
        parameters = [
            _query("pageSize", _integer(1, MAX_PAGE_SIZE, default=DEFAULT_PAGE_SIZE)),
            _query("pageOffset", _integer(0, MAX_PAGE_OFFSET, default=0)),
            _conditions("filterJson", _reference("Filter")),
            _conditions("sortJson", _reference("Sort")),
        ]
        if route.name == "searchDevices":
            parameters.append(_query("isGateway", {"type": "boolean"}))
        return parameters
    if route.versioned and route.method in ("PUT", "DELETE"):
        return [{"name": "If-Match", "in": "header", "schema": {"type": "string"}}]
    return []


def _query(name: str, schema: JsonObject) -> JsonObject:
    return {"name": name, "in": "query", "schema": schema}


def _conditions(name: str, element: JsonObject) -> JsonObject:
    """A parameter that may be repeated, each time with a JSON object as its text."""
    return {
        "name": name,
        "in": "query",
        "description": f"A JSON object as {element['$ref'].rpartition('/')[2]}.",
        "explode": True,
        "schema": {"type": "array", "maxItems": MAX_CONDITIONS, "items": {"type": "string"}},
    }


def _integer(lowest: int, highest: int, *, default: int) -> JsonObject:
    return {"type": "integer", "minimum": lowest, "maximum": highest, "default": default}


def _schemas(profile: HonoProfile) -> JsonObject:
    tenant = _document(TenantAttributes, profile.tenant)
    device = _document(DeviceAttributes, profile.device)
    text: JsonObject = {"type": "string"}
    problem = _object({"field": text, "problem": text}, required=["field", "problem"])
    schemas = {
        "Tenant": tenant,
        "Device": device,
        "Credentials": {"type": "array", "items": _credential(profile)},
        "TenantShown": _shown(tenant),
        "DeviceShown": _shown(device, status={"type": "object"}),
        "CredentialsShown": {"type": "array", "items": {"type": "object"}},
        "Created": _object({"id": {"type": "string"}}, required=["id"]),
        "Error": _object(
            {"error": {"type": "string"}, "problems": {"type": "array", "items": problem}},
            required=["error"],
        ),
    }
    if profile.lists:
        schemas["TenantPage"] = schemas["DevicePage"] = _object(
            {
                "total": {"type": "integer", "minimum": 1},
                "result": {
                    "type": "array",
                    "items": {"type": "object", "required": ["id"]},
                },
            },
            required=["total", "result"],
        )
        value = {"oneOf": [{"type": each} for each in ("string", "number", "boolean")]}
        schemas["Filter"] = _object(
            {"field": {"type": "string"}, "op": {"type": "string", "enum": ["eq"]}, "value": value},
            required=["field", "value"],
        )
        schemas["Sort"] = _object(
            {"field": {"type": "string"}, "direction": {"type": "string", "enum": ["asc", "desc"]}},
            required=["field"],
        )
    return schemas


def _shown(sent: JsonObject, **more: JsonObject) -> JsonObject:
    """What is answered: the members that may be sent, and some of the registry's own."""
    return {"type": "object", "properties": {**sent["properties"], **more}}


def _object(properties: JsonObject, *, required: list[str]) -> JsonObject:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _credential(profile: HonoProfile) -> JsonObject:
    described = _document(Credential, profile.credential)
    members = {name: None for shape in profile.secrets.values() for name in shape.members}
    secret = _document(Secret, Shape(members, unknown=Unknown.KEEP))
    described["properties"]["secrets"] = {"type": "array", "items": secret}
    described["required"] = (
        ["type"] if "cert" in profile.credential.members else ["type", "auth-id"]
    )
    return described


def _document(model: type[Document], shape: Shape) -> JsonObject:
    """A model's schema cut down to what a client may send."""
    whole = model.model_json_schema(by_alias=True, mode="validation")
    definitions = whole.pop("$defs", {})
    return _cut(whole, shape, definitions)


def _cut(schema: JsonObject, shape: Shape, definitions: JsonObject) -> JsonObject:
    resolved = _resolve(schema, definitions)
    if resolved.get("type") == "array":
        return {"type": "array", "items": _cut(resolved.get("items", {}), shape, definitions)}
    properties: JsonObject = {}
    for name, inner in shape.members.items():
        known = resolved.get("properties", {}).get(name)
        if known is None:  # taken as it is, and not modelled
            properties[name] = {}
        elif inner is not None:
            properties[name] = _cut(known, inner, definitions)
        else:
            properties[name] = _plain(known, definitions)
    cut: JsonObject = {"type": "object", "properties": properties}
    required = [name for name in resolved.get("required", []) if name in properties]
    if required:
        cut["required"] = required
    cut["additionalProperties"] = shape.unknown is not Unknown.REFUSE
    return cut


def _resolve(schema: JsonObject, definitions: JsonObject) -> JsonObject:
    """The one schema meant by a reference or by "this or null"."""
    if "anyOf" in schema:
        wanted = [each for each in schema["anyOf"] if each.get("type") != "null"]
        return _resolve(wanted[0], definitions) if len(wanted) == 1 else schema
    if "$ref" in schema:
        named: JsonObject = definitions[schema["$ref"].rpartition("/")[2]]
        return named
    return schema


_KEPT = (
    *("type", "enum", "minimum", "maximum", "minLength", "maxLength", "format", "items"),
    *("uniqueItems", "additionalProperties"),
)


def _plain(schema: JsonObject, definitions: JsonObject) -> JsonObject:
    resolved = _resolve(schema, definitions)
    kept: dict[str, Any] = {name: resolved[name] for name in _KEPT if name in resolved}
    return kept


def _reference(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}
