"""What is explained of a configuration is what the service answers, for any call of any uid."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_backend.api.answers import Answer
from registry_backend.api.identity.endpoint import IdentityEndpoint
from registry_backend.domain import explanations
from registry_backend.domain.explanations import CallRequest
from registry_backend.domain.permissions import Operation
from registry_backend.identityd.behaviour import IdentityService
from registry_backend.identityd.behaviour_config import ConfigPaths, load
from registry_backend.identityd.calls import request_for
from registry_backend.identityd.explain import explain
from registry_backend.identityd.values import value_text
from registry_backend.identityd.whole import read_whole
from registry_backend.open import open_registry

NAMES = ("agent", "edge", "mod-1", "$edgeHub", "a.b", " ")
UIDS = (0, 1000, 1001, 1002)
HUBLESS = 'source = "none"\n'
MANUAL = """source = "manual"
iothub_hostname = "hub.azure-devices.net"
device_id = "device01"
authentication = { method = "sas", device_id_pk = "device-id" }
"""
DPS = """source = "dps"
global_endpoint = "https://dps.example"
scope_id = "scope"
"""
SYMMETRIC = '{ method = "symmetric_key", registration_id = "device01", symmetric_key = "key" }'
BY_CERTIFICATE = '{ method = "x509", identity_cert = "c", identity_pk = "k" }'
SOURCES = (
    HUBLESS,
    MANUAL,
    f"{MANUAL}local_gateway_hostname = 'edge'\n",
    f"{DPS}attestation = {SYMMETRIC}\n",
    f"{DPS}attestation = {SYMMETRIC}\nlocal_gateway_hostname = 'edge'\n",
    f"{DPS}attestation = {SYMMETRIC}\npayload = {{ uri = 'HTTPS://h/x' }}\n",
    f"{DPS}attestation = {SYMMETRIC}\npayload = {{ uri = 'file:///nowhere/x.json' }}\n",
    f"{DPS}attestation = {BY_CERTIFICATE}\n",
)

TYPES = st.none() | st.lists(st.sampled_from(["device", "module", "local"]), max_size=3)
ROWS = st.lists(
    st.tuples(st.sampled_from(UIDS), st.sampled_from(NAMES), TYPES),
    max_size=5,
    unique_by=lambda row: row[1],
)
IDS = st.sampled_from((*NAMES, "absent", " ", "é", "a" * 63 + "é", "é" * 40, "a" * 90))
KINDS = st.sampled_from(["aziot", "local", "nonsense", None])
VERSIONS = st.sampled_from(["2022-08-01", "2020-09-01", "2021-12-01", 'a"b', None])
CONTENT_TYPES = st.sampled_from(["application/json", "application/json; charset=x", "text/x", None])
PATHS = st.one_of(
    st.sampled_from(
        [
            "/identities/identity",
            "/identities/provisioning",
            "/identities/device",
            "/identities/device/reprovision",
            "/identities/modules",
            "/trust-bundle",
            "/nowhere",
            "/identities/modules/%ff",
            "/identities/modules/",
            "/identities/modules/a/b",
        ]
    ),
    IDS.map(lambda name: f"/identities/modules/{quote(name, safe='')}"),
)
MEMBERS = st.fixed_dictionaries({}, optional={"type": KINDS, "moduleId": IDS, "more": st.just(1)})
BODIES = st.one_of(
    st.sampled_from(
        [
            b"",
            b"{",
            b"[]",
            b'["aziot"]',
            b"1",
            b'{"type":"local","type":"local","moduleId":"free"}',
            b'{"type":"aziot","moduleId":"\\ud800"}',
            b'\xef\xbb\xbf{"type":"aziot"}',
            b'{"type":NaN}',
            b"[" * 5000,
        ]
    ),
    MEMBERS.map(lambda members: json.dumps(members).encode()),
)


PLAIN = st.builds(
    request_for,
    st.sampled_from(Operation),
    module_id=IDS,
    kind=st.sampled_from(["aziot", "local", "nonsense"]),
)
"""Calls that are well-formed."""


@st.composite
def odd_requests(draw: st.DrawFn) -> CallRequest:
    """Any request, right or wrong."""
    query = [("api-version", version) for version in [draw(VERSIONS)] if version]
    query += [("type", kind) for kind in [draw(KINDS)] if kind]
    return CallRequest(
        method=draw(st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD"])),
        path=draw(PATHS),
        query=tuple(query),
        body=draw(BODIES),
        content_type=draw(CONTENT_TYPES),
    )


@dataclass(frozen=True)
class Setup:
    """A configuration, and the calls that are made one after another."""

    source: str
    has_domain: bool
    rows: Sequence[tuple[int, str, Sequence[str] | None]]
    calls: Sequence[tuple[int, CallRequest]]

    def text(self, home: Path) -> str:
        """The main file."""
        rows: list[dict[str, object]] = []
        hubless = self.source == HUBLESS
        for uid, name, types in self.rows:
            kinds = ["local" if hubless else each for each in types or ()]
            kinds = [each for each in kinds if self.has_domain or each != "local"]
            kinds = [each for each in kinds if name.strip() or each != "module"]
            idtype = {} if types is None else {"idtype": list(dict.fromkeys(kinds))}
            rows.append({"uid": uid, "name": name, **idtype})
        domain = 'localid = { domain = "example.com" }' if self.has_domain else ""
        return (
            f'hostname = "dev1"\nhomedir = "{home}"\n{domain}\n'
            f"principal = {value_text(rows)}\n"
            f"[provisioning]\n{self.source}"
        )


CALLS = st.lists(
    st.tuples(st.sampled_from((*UIDS, 65534)), PLAIN | odd_requests()), min_size=1, max_size=8
)
SETUPS = st.builds(Setup, st.sampled_from(SOURCES), st.booleans(), ROWS, CALLS)


async def answers(setup: Setup, paths: ConfigPaths, folder: Path) -> list[Answer]:
    """What the service answers to each call; only the reading of the peer's uid is left out."""
    registry = await open_registry(folder / "registry.sqlite")
    try:
        service = await IdentityService.start(load(paths), registry, default_tenant="acme")
        endpoint = IdentityEndpoint(service, lambda _request: -1)
        return [await ask(endpoint, uid, request) for uid, request in setup.calls]
    finally:
        await registry.close()


async def ask(endpoint: IdentityEndpoint, uid: int, request: CallRequest) -> Answer:
    """One call."""

    async def body() -> bytes:
        return request.body

    target = f"{request.path}?{urlencode(request.query)}"
    return await endpoint.answer(uid, request.method, target, request.content_type, body)


def agrees(explained: explanations.Answer, answered: Answer) -> bool:
    """Whether the service did as was explained, as far as the hub let it."""
    said = answered.body.decode()
    match explained.decided_by:
        case "the hub" if answered.status == 404:
            return "Hub client error" in said
        case "the provisioning service" if answered.status in (400, 404):
            return any(text in said for text in ("device identity", "DPS client", "Hub client"))
        case "the payload's file" if answered.status == 400:
            return "provisioning.payload" in said
    if explained.status != answered.status:
        return False
    told = json.loads(answered.body).get("message", "") if answered.body else ""
    return explained.message in ("", told)


@given(SETUPS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_what_is_explained_is_what_is_answered(setup: Setup) -> None:
    """Status and message are the same, for random principals, uids and requests."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = ConfigPaths(folder / "config.toml", folder / "config.d")
        paths.main_file.write_text(setup.text(folder / "home"), encoding="utf-8")
        whole = read_whole(paths.main_file, paths.config_dir)
        found = asyncio.run(answers(setup, paths, folder))
    for (uid, request), answered in zip(setup.calls, found, strict=True):
        explained = explain(whole, uid, request)
        assert agrees(explained, answered), (uid, request, explained, answered)
