"""What is served is what the description says, and the description is what is served."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from registry_backend.api.hono import HonoOptions
from registry_backend.api.hono.openapi import describe
from registry_backend.api.hono.routes import ROUTES
from registry_backend.api.hono.routes import served as rows_of
from registry_backend.wire.hono_profiles import HONO_2X, HONO_11, HonoProfile
from tests.end_to_end.hono.client import Api
from tests.end_to_end.hono.conftest import MAX_PAYLOAD, Served

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
_EXAMPLES = 8
"""For each operation: with a fixed seed, so that a run takes the same time each time."""
_bounded = settings(
    max_examples=_EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def options(profile: HonoProfile) -> HonoOptions:
    """What the shared server was given."""
    return HonoOptions(profile, max_payload=MAX_PAYLOAD, cors_origin="*")


def test_the_description_is_served_by_each_listener(served: Served) -> None:
    """At a path of its own, each with its own vintage."""
    for api, profile in ((served.modern, HONO_2X), (served.old, HONO_11)):
        reply = api("GET", "/openapi.json")
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
        assert reply.json == describe(options(profile), None)
        assert reply.json["info"]["version"] == profile.name
        assert api("POST", "/openapi.json").status == 405


@pytest.mark.parametrize("profile", [HONO_2X, HONO_11], ids=lambda profile: profile.name)
def test_every_route_is_described_and_nothing_else(profile: HonoProfile) -> None:
    """The paths come from the table of routes; each operation has a name of its own."""
    paths = describe(options(profile), None)["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described == {(route.method, route.path) for route in rows_of(profile)}
    names = [each["operationId"] for methods in paths.values() for each in methods.values()]
    assert len(names) == len(set(names))
    assert len(rows_of(HONO_2X)) == len(ROUTES) == 15


def test_members_described_are_those_that_are_taken() -> None:
    """2.x takes no other member; secrets of types that nobody knows are free."""
    schemas = describe(options(HONO_2X), None)["components"]["schemas"]
    assert schemas["Device"]["additionalProperties"] is False
    assert "iothub" not in schemas["Device"]["properties"]
    assert "alias" in schemas["Tenant"]["properties"]
    old = describe(options(HONO_11), None)["components"]["schemas"]
    assert "alias" not in old["Tenant"]["properties"]
    assert old["Tenant"]["additionalProperties"] is True


def _fuzzed(api: Api, profile: HonoProfile, device: str, method: str, path: str) -> None:
    schema = schemathesis.openapi.from_dict(describe(options(profile), None))
    operation = schema[path][method]
    tenant, _, name = device.partition("/")
    known = {"tenantId": tenant, "deviceId": name}

    @_bounded
    @given(case=operation.as_strategy(), aimed=st.booleans())
    def ask(case: Any, *, aimed: bool) -> None:
        if aimed and case.path_parameters:
            case.path_parameters = {each: known[each] for each in case.path_parameters}
        case.call_and_validate(base_url=api.address, checks=CHECKS, timeout=10)

    ask()


@pytest.mark.parametrize(
    ("method", "path"), [(route.method, route.path) for route in rows_of(HONO_2X)]
)
def test_2_x_answers_as_it_is_described(
    served: Served, device: str, method: str, path: str
) -> None:
    """No failure of the server, no status, type, header or body that is not described."""
    _fuzzed(served.modern, HONO_2X, device, method, path)


@pytest.mark.parametrize(
    ("method", "path"), [(route.method, route.path) for route in rows_of(HONO_11)]
)
def test_1_1_answers_as_it_is_described(
    served: Served, device: str, method: str, path: str
) -> None:
    """The same for the old vintage."""
    _fuzzed(served.old, HONO_11, device, method, path)


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "auth-id", "secrets", "id", "key", "ext", "adapters", "trusted-ca", "cert"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", ["tenants", "devices", "credentials"])
@pytest.mark.parametrize("vintage", ["modern", "old"])
def test_no_json_whatever_makes_the_server_fail(
    served: Served, device: str, kind: str, vintage: str
) -> None:
    """Any body is taken or refused; what was taken can be read."""
    api: Api = getattr(served, vintage)
    path = f"/v1/{kind}/{device.partition('/')[0] if kind == 'tenants' else device}"
    wrap: Callable[[Any], Any] = (lambda junk: [junk]) if kind == "credentials" else lambda x: x

    @settings(_bounded, max_examples=3 * _EXAMPLES)
    @given(junk=_JUNK | st.dictionaries(st.just("ext"), st.dictionaries(st.text(), _JUNK)))
    def ask(junk: Any) -> None:
        for members in (junk, wrap(junk)):
            assert api("PUT", path, members).status in (204, 400, 409)
        assert api("GET", path).status == 200

    ask()
