"""Peers that are unlike our own server: JDBC's ways, old ones, and what is no Hono at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from console.adapters.hono import HonoAdapter
from console.adapters.hono_bodies import device_body, device_of, tenant_of
from console.adapters.rest_endpoint import Endpoint
from registry_backend.domain.credentials import Credential
from registry_backend.domain.errors import (
    Fault,
    Invalid,
    NotFound,
    Unsupported,
    VersionMismatch,
)
from registry_backend.domain.filter_language import parse_device_query
from registry_backend.domain.query import (
    AttributeFilter,
    DeviceQuery,
    DeviceSort,
    Order,
    PageRequest,
    TenantQuery,
)
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.domain.timestamps import NOT_TOLD
from tests.console.jdbc_hono import JdbcHono, served
from tests.contract.adapter_help import device, need

Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@pytest.fixture
def peer() -> JdbcHono:
    """A tenant with 500 devices, every tenth of them disabled."""
    names = [f"d{number:03d}" for number in range(500)]
    return JdbcHono(
        tenants={"yard": {"ext": {"a": 1}, "trusted-ca": [{"id": "i", "subject-dn": "CN=a"}]}},
        devices={
            name: ({"enabled": False} if int(name[1:]) % 10 == 0 else {"ext": {"site": "oslo"}})
            for name in names
        },
    )


@pytest.fixture
async def adapter(peer: JdbcHono) -> AsyncIterator[HonoAdapter]:
    """Connected to it; what it is told is in `notices`."""
    async with served(peer) as endpoint:
        adapter = HonoAdapter(endpoint)
        async with adapter:
            yield adapter


async def ids(adapter: HonoAdapter, query: DeviceQuery, request: PageRequest) -> list[str]:
    """A stretch of the devices, by id."""
    page = await need(adapter.devices).page("yard", query, Order(), request)
    return [row.device_id for row in page.rows]


# lists


async def test_offsets_in_records_are_found_out(adapter: HonoAdapter, peer: JdbcHono) -> None:
    """Twice asked for the same rows, once (hono 3.7)."""
    every = PageRequest(limit=500)
    assert await ids(adapter, DeviceQuery(), every) == sorted(peer.devices)
    assert await ids(adapter, DeviceQuery(), PageRequest(skip=333, limit=5)) == [
        f"d{number}" for number in range(333, 338)
    ]
    probes = [asked for asked in peer.asked if "pageSize=2&" in asked]
    assert len(probes) == 1
    assert await ids(adapter, DeviceQuery(), PageRequest(skip=600, limit=5)) == []


async def test_an_ignored_filter_is_told_and_done_here(
    adapter: HonoAdapter, peer: JdbcHono
) -> None:
    """No row that does not fit is ever shown; the count is that of what fits."""
    notices: list[str] = []
    adapter.on_notice = notices.append
    disabled = DeviceQuery(enabled=False)
    off = [name for name in sorted(peer.devices) if int(name[1:]) % 10 == 0]
    assert await ids(adapter, disabled, PageRequest(limit=20)) == off[:20]
    assert await ids(adapter, disabled, PageRequest(skip=20, limit=200)) == off[20:]
    assert (await need(adapter.devices).count("yard", disabled)).value == 50
    assert len(notices) == 1
    assert "ignored a filter" in notices[0]
    both = DeviceQuery(id_prefix="d01", attributes=(AttributeFilter(("ext", "site"), "os*"),))
    assert await ids(adapter, both, PageRequest()) == [f"d01{n}" for n in range(1, 10)]
    descending = Order(descending=True)
    page = await need(adapter.devices).page("yard", disabled, descending, PageRequest(limit=2))
    assert [row.device_id for row in page.rows] == ["d490", "d480"]


async def test_what_may_be_number_or_text_is_not_asked_but_tried_here(
    adapter: HonoAdapter, peer: JdbcHono
) -> None:
    """A filterJson has one value of one type (hono 3.7); without quotes either is meant."""
    peer.devices["d123"]["ext"]["serial"] = 11770149
    peer.devices["d321"]["ext"]["serial"] = "11770149"
    either = parse_device_query("ext.serial:11770149")
    assert await ids(adapter, either, PageRequest()) == ["d123", "d321"]
    assert not any("filterJson" in asked for asked in peer.asked)
    assert (await need(adapter.devices).count("yard", either)).value == 2
    quoted = parse_device_query('ext.serial:"11770149"')
    assert await ids(adapter, quoted, PageRequest()) == ["d321"]
    assert any("filterJson" in asked for asked in peer.asked)


async def test_an_empty_answer_for_an_id_is_not_believed_of_who_cannot_look_at_ids(
    peer: JdbcHono,
) -> None:
    """Some peers find nothing by `/id`, whatever is there (hono 3.7)."""
    plain = peer.handle

    async def blind(request: web.BaseRequest) -> web.StreamResponse:
        if "filterJson" in request.query:
            return web.json_response({"error": "none"}, status=404)
        return await plain(request)

    async with _serving(blind) as endpoint, HonoAdapter(endpoint) as adapter:
        assert await ids(adapter, DeviceQuery(id_contains=("d12",)), PageRequest()) == [
            f"d12{n}" for n in range(10)
        ]
        assert (await need(adapter.devices).count("yard", DeviceQuery(id_contains=("d12",)))).exact


@pytest.mark.parametrize("blind", [True, False])
async def test_two_words_of_an_id_are_both_tried_here(
    peer: JdbcHono,
    blind: bool,
) -> None:
    """Of two filters on one member some peers honour one, and some find nothing (hono 3.7)."""
    plain = peer.handle

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if blind and "filterJson" in request.query:
            return web.json_response({"error": "none"}, status=404)
        return await plain(request)

    two = DeviceQuery(id_contains=("12", "7"))
    async with _serving(handle) as endpoint, HonoAdapter(endpoint) as adapter:
        assert await ids(adapter, two, PageRequest()) == ["d127"]
    async with _serving(handle) as endpoint, HonoAdapter(endpoint) as adapter:
        assert (await need(adapter.devices).count("yard", two)).value == 1


async def test_who_ignores_the_question_for_gateways_is_not_believed(
    adapter: HonoAdapter,
) -> None:
    """Before 2.5 the parameter is unknown, and every device would be a gateway."""
    with pytest.raises(Unsupported, match=r"2\.5"):
        await ids(adapter, DeviceQuery(is_gateway=True), PageRequest())


async def test_conditions_on_credentials_are_refused_with_the_reason(
    adapter: HonoAdapter,
) -> None:
    """A Hono's search does not look at them."""
    with pytest.raises(Unsupported, match="has:TYPE"):
        await ids(adapter, DeviceQuery(credential_type="psk"), PageRequest())
    with pytest.raises(Unsupported, match="expires<DATE"):
        await ids(adapter, DeviceQuery(expires_before=NOT_TOLD), PageRequest())


async def test_an_empty_tenant_is_empty_and_a_missing_one_is_missing(
    adapter: HonoAdapter, peer: JdbcHono
) -> None:
    """Both answer 404 to a search (hono 3.7)."""
    peer.devices.clear()
    assert await ids(adapter, DeviceQuery(), PageRequest()) == []
    with pytest.raises(NotFound, match="nowhere"):
        await need(adapter.devices).page("nowhere", DeviceQuery(), Order(), PageRequest())


async def test_statistics_believe_no_filter_that_is_ignored(
    adapter: HonoAdapter, peer: JdbcHono
) -> None:
    """Then everybody counts as enabled; where all are disabled indeed, that is shown."""
    statistics = need(adapter.statistics)
    found = await statistics.get("yard")
    assert (found.total, found.enabled, found.exact) == (500, 500, False)
    for held in peer.devices.values():
        held["enabled"] = False
    assert (await statistics.get("yard")).enabled == 0


# writing


async def test_a_write_to_credentials_does_not_make_the_device_look_changed(
    adapter: HonoAdapter, peer: JdbcHono
) -> None:
    """On JDBC both share one version (hono 3.1); what others change is still found out."""
    devices, credentials = need(adapter.devices), need(adapter.credentials)
    before = await devices.get("yard", "d001")
    psk = Credential.parse({"type": "psk", "auth-id": "p", "secrets": [{"key": "c2VjcmV0"}]})
    kept = await credentials.get("yard", "d001")
    await credentials.replace("yard", "d001", [psk], expected=kept.version)
    saved = await devices.update("yard", "d001", device(ext={"n": 1}), expected=before.version)
    assert saved.attributes.ext == {"n": 1}
    again = await credentials.get("yard", "d001")
    await credentials.replace("yard", "d001", [], expected=again.version)
    peer.versions["d001"] = "somebody else's"
    with pytest.raises(VersionMismatch):
        await devices.update("yard", "d001", device(), expected=saved.version)


async def test_a_write_that_would_lose_a_key_is_refused_with_the_choice(
    adapter: HonoAdapter, peer: JdbcHono
) -> None:
    """The peer shows no key and keeps none by its id (hono 3.6): type it again, or drop it."""
    credentials = need(adapter.credentials)
    psk = Credential.parse({"type": "psk", "auth-id": "p", "secrets": [{"key": "c2VjcmV0"}]})
    word = Credential.parse(
        {"type": "hashed-password", "auth-id": "w", "secrets": [{"pwd-plain": "sesame"}]}
    )
    stored = await credentials.replace("yard", "d001", [psk, word], expected=None)
    assert stored.credentials[0].secrets[0].key is None
    held = list(peer.credentials["d001"])
    with pytest.raises(Invalid) as caught:
        await credentials.replace("yard", "d001", stored.credentials, expected=stored.version)
    assert [each.field for each in caught.value.problems] == ["[0].secrets[0].key"]
    assert "type the key again, or take that credential out" in caught.value.hint
    assert peer.credentials["d001"] == held
    dropped = await credentials.replace(
        "yard", "d001", stored.credentials[1:], expected=stored.version
    )
    assert [each.type for each in dropped.credentials] == ["hashed-password"]


async def test_a_key_that_the_registry_shows_is_sent_along(adapter: HonoAdapter) -> None:
    """Raw public keys come in clear (hono 2.5), so a form that names one by its id loses none."""
    credentials = need(adapter.credentials)
    secret = {"key": "AQID", "algorithm": "EC"}
    given = Credential.parse({"type": "rpk", "auth-id": "r", "secrets": [secret]})
    stored = await credentials.replace("yard", "d001", [given], expected=None)
    named = {"id": stored.credentials[0].secrets[0].id, "comment": "pump house"}
    bare = Credential.parse({"type": "rpk", "auth-id": "r", "secrets": [named]})
    saved = await credentials.replace("yard", "d001", [bare], expected=stored.version)
    found = saved.credentials[0].secrets[0]
    assert (found.key, found.algorithm, found.comment) == ("AQID", "EC", "pump house")


async def test_a_renamed_auth_id_does_not_lose_its_password(adapter: HonoAdapter) -> None:
    """A Hono would store a secret without a hash (hono 3.6)."""
    credentials = need(adapter.credentials)
    given = {"type": "hashed-password", "auth-id": "w", "secrets": [{"pwd-plain": "sesame"}]}
    stored = await credentials.replace("yard", "d001", [Credential.parse(given)], expected=None)
    renamed = stored.credentials[0].model_copy(update={"auth_id": "v"})
    with pytest.raises(Invalid, match="same type and auth-id"):
        await credentials.replace("yard", "d001", [renamed], expected=stored.version)


async def test_trust_anchors_that_the_list_lacks_survive_an_edit_of_its_row(
    adapter: HonoAdapter, peer: JdbcHono
) -> None:
    """JDBC's lists of tenants leave them out (hono 2.3)."""
    tenants = need(adapter.tenants)
    row = (await tenants.page(TenantQuery(), PageRequest())).rows[0]
    assert row.attributes.trusted_ca == ()
    changed = TenantAttributes.parse({"ext": {"a": 2}})
    await tenants.update("yard", changed, expected=row.version)
    assert peer.tenants["yard"]["ext"] == {"a": 2}
    assert peer.tenants["yard"]["trusted-ca"] == [{"id": "i", "subject-dn": "CN=a"}]
    anchor = {"cert": "AAAA"}
    row = (await tenants.page(TenantQuery(), PageRequest())).rows[0]
    with pytest.raises(VersionMismatch):  # to be decided beside those that are there
        await tenants.update(
            "yard", TenantAttributes.parse({"trusted-ca": [anchor]}), expected=row.version
        )


async def test_members_nobody_models_survive_an_edit(adapter: HonoAdapter, peer: JdbcHono) -> None:
    """Get, change one thing, put: everything else goes back as it came."""
    peer.devices["d001"] = {"x-new": {"deep": [1]}, "ext": {"n": None}, "via": ["gw"]}
    devices = need(adapter.devices)
    found = await devices.get("yard", "d001")
    changed = device(**{**found.attributes.to_json(), "enabled": False})
    await devices.update("yard", "d001", changed, expected=found.version)
    assert peer.devices["d001"] == {
        "x-new": {"deep": [1]},
        "ext": {"n": None},
        "via": ["gw"],
        "enabled": False,
    }


async def test_an_empty_id_is_never_sent(adapter: HonoAdapter, peer: JdbcHono) -> None:
    """It would remove every device of the tenant (hono 1.1)."""
    before = len(peer.asked)
    for name in ("", ".", ".."):
        with pytest.raises(Invalid):
            await need(adapter.devices).delete("yard", name, expected=None)
    with pytest.raises(Invalid):
        await need(adapter.devices).delete_all("")
    assert len(peer.asked) == before


# bodies, pure


def test_what_is_read_only_or_empty_is_not_sent_back() -> None:
    """`id` and `status` are refused by some, empty lists by others (hono 2.4)."""
    shown = {"id": "d", "status": {"created": "2026-01-01T00:00:00Z"}, "via": [], "ext": {}}
    found = device_of("t", "d", shown, "")
    assert device_body(found.attributes) == {"ext": {}}
    assert found.created_at.year == 2026
    assert device_of("t", "d", {}, "").created_at == NOT_TOLD


def test_what_hono_prints_oddly_is_read() -> None:
    """A null sampling mode, a stray member beside the dashed one (hono 2.2)."""
    shown = {
        "tracing": {"sampling-mode": None, "sampling-mode-per-auth-id": {"a": "all"}},
        "resource-limits": {"max-ttl-telemetry-qos0": 5, "maxTtlTelemetryQoS0": 5},
    }
    members = tenant_of("t", shown, "").attributes.to_json()
    assert members["tracing"] == {"sampling-mode-per-auth-id": {"a": "all"}}
    assert members["resource-limits"] == {"max-ttl-telemetry-qos0": 5}


@pytest.mark.parametrize("shown", [[], "text", None, {"enabled": "perhaps"}, {"via": 7}])
def test_what_is_no_device_is_a_fault_of_the_registry(shown: object) -> None:
    """Named, and not blamed on the person."""
    with pytest.raises(Fault, match="Device d"):
        device_of("t", "d", shown, "")


# what is no Hono


def _serving(handler: Answering) -> _Served:
    return _Served(handler)


class _Served:
    def __init__(self, handler: Answering) -> None:
        self._runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)

    async def __aenter__(self) -> Endpoint:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return Endpoint(f"http://127.0.0.1:{self._runner.addresses[0][1]}", pauses=())

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, "<html>Not Found</html>", "text/html"),
        (200, "<html>Welcome</html>", "text/html"),
        (200, '{"hello": 1}', "application/json"),
        (200, "[]", "application/json"),
        (302, "", "text/plain"),
    ],
)
async def test_another_server_is_told_from_a_hono(status: int, body: str, kind: str) -> None:
    """When connecting, not when the first list fails."""

    async def other(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=status, text=body, content_type=kind)

    async with _serving(other) as endpoint:
        with pytest.raises(Fault):
            await HonoAdapter(endpoint).open()


@pytest.mark.parametrize(
    ("tenants", "probe", "lists", "ids_of_secrets"),
    [
        ((405, "", "text/plain"), (404, "", "text/plain"), False, False),
        ((404, "<html>x</html>", "text/html"), (404, "", "text/plain"), False, False),
        (
            (405, "", "text/plain"),
            (404, '{"error":"no such tenant"}', "application/json"),
            False,
            True,
        ),
        ((501, '{"error":"no"}', "application/json"), (404, "", ""), False, True),
        ((404, '{"error":"none"}', "application/json"), (404, "", ""), True, True),
    ],
)
async def test_each_vintage_is_told_by_its_answers(
    tenants: tuple[int, str, str], probe: tuple[int, str, str], lists: bool, ids_of_secrets: bool
) -> None:
    """No search at all, a store without search, nothing found (hono 6)."""

    async def old(request: web.BaseRequest) -> web.StreamResponse:
        status, text, kind = tenants if request.path == "/v1/tenants" else probe
        return web.Response(status=status, text=text, content_type=kind or "text/plain")

    async with _serving(old) as endpoint, HonoAdapter(endpoint) as adapter:
        assert need(adapter.tenants).abilities.can_list is lists
        assert (adapter.statistics is not None) is lists
        assert adapter._session.peer.profile.secret_ids is ids_of_secrets


# order


async def test_who_ignores_the_order_by_change_is_not_offered_it(adapter: HonoAdapter) -> None:
    """Found out when devices are counted: both ends of that order show the same device."""
    devices = need(adapter.devices)
    await devices.count("yard", DeviceQuery())
    assert devices.abilities.sorts == (DeviceSort.ID,)
    with pytest.raises(Unsupported, match="by id only"):
        await devices.page("yard", DeviceQuery(), Order(by=DeviceSort.UPDATED), PageRequest())


async def test_who_can_is_offered_the_order_by_change(peer: JdbcHono) -> None:
    """The peer's own order is shown then."""
    plain = peer.handle
    ends = {"asc": "d007", "desc": "d400"}

    async def sorting(request: web.BaseRequest) -> web.StreamResponse:
        for direction, name in ends.items():
            if f'"{direction}"' in request.query.get("sortJson", ""):
                return web.json_response({"total": 500, "result": [{"id": name}]})
        return await plain(request)

    async with _serving(sorting) as endpoint, HonoAdapter(endpoint) as adapter:
        devices = need(adapter.devices)
        await devices.count("yard", DeviceQuery())
        assert devices.abilities.sorts == (DeviceSort.ID, DeviceSort.UPDATED)
        order, first = Order(by=DeviceSort.UPDATED), PageRequest(limit=1)
        page = await devices.page("yard", DeviceQuery(), order, first)
        assert [row.device_id for row in page.rows] == ["d007"]
