"""Every action of the tenants pane, by keys, on a registry in a file that is read back."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from textual.pilot import Pilot
from textual.widgets._footer import FooterKey

from console.adapters.base import RegistryAdapter
from console.adapters.local import LocalAdapter
from console.adapters.local_ports import LocalTenants
from console.app import ConsoleApp
from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.conflict import ConflictScreen
from console.dialogs.document import DocumentScreen
from console.dialogs.form import FormScreen
from console.dialogs.show import ShowScreen
from console.panes.tenant_list import TenantList
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.errors import NotFound
from registry_backend.domain.journal import Actor
from registry_backend.domain.query import TenantQuery
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.sample import build_sample, load_sample
from tests.console.conftest import NOW, console_on, make_adapter, settled
from tests.console.hands import (
    Gate,
    at_rest,
    detail_text,
    dialog,
    entered,
    fill,
    filter_problem,
    in_registry,
    pane_of,
    paste,
    refused,
    table_lines,
    toggle,
    type_document,
    until_count,
    until_told,
)
from tests.console.waiting import wait_for
from tests.registry_backend.registry.makers import (
    certificate,
    credential,
    der,
    ec_key,
    pem,
    private_key,
)

ACTOR = Actor(via="test", name="before")


@asynccontextmanager
async def tenants_pane(
    folder: Path, *, read_only: bool = False, **tenants: dict[str, Any]
) -> AsyncIterator[Pilot[None]]:
    """The console with the tenants pane in front; tenant ids are given with _ for -."""
    registry = await in_registry(folder)
    for name, members in tenants.items():
        attributes = TenantAttributes.parse(members)
        await registry.tenants.create(name.replace("_", "-"), attributes, actor=ACTOR)
    await registry.close()
    async with console_on(make_adapter(folder, read_only=read_only), pane="tenants") as pilot:
        yield pilot


async def stored(folder: Path, tenant_id: str) -> Tenant:
    """The tenant in the file."""
    registry = await in_registry(folder)
    try:
        return await registry.tenants.get(tenant_id)
    finally:
        await registry.close()


async def add_devices(folder: Path, tenant_id: str, count: int) -> None:
    """Put devices into the file."""
    registry = await in_registry(folder)
    for number in range(count):
        await registry.devices.create(
            tenant_id, f"device-{number}", DeviceAttributes(), actor=ACTOR
        )
    await registry.close()


async def change_behind(folder: Path, tenant_id: str, **members: object) -> None:
    """What somebody else does meanwhile."""
    registry = await in_registry(folder)
    tenant = await registry.tenants.get(tenant_id)
    attributes = TenantAttributes.parse({**tenant.attributes.to_json(), **members})
    await registry.tenants.update(tenant_id, attributes, expected=None, actor=ACTOR)
    await registry.close()


# creating


async def test_n_creates_a_tenant_with_all_that_the_form_asks(tmp_path: Path) -> None:
    """The notation of adapters and limits ends up as the document's members."""
    async with tenants_pane(tmp_path) as pilot:
        assert "Press n to create the first" in " ".join(table_lines(pilot))
        await pilot.press("n")
        await fill(pilot, "tenant-id", "pier")
        await fill(pilot, "alias", "front")
        await fill(pilot, "adapters", "hono-mqtt enabled auth\nhono-coap disabled no-auth")
        await fill(pilot, "registration-limits", "max-devices 7")
        await fill(pilot, "resource-limits", "max-connections 20\nmax-ttl = 60")
        await fill(pilot, "minimum-message-size", "4096")
        await fill(pilot, "sampling-mode-per-auth-id", "sensor all")
        await fill(pilot, "ext", '{"site": "north"}')
        await toggle(pilot, "enabled")
        await pilot.press("ctrl+s")
        await at_rest(pilot)
        await wait_for(pilot, lambda: "pier" in detail_text(pilot))
    saved = await stored(tmp_path, "pier")
    assert saved.attributes.to_json() == {
        "enabled": False,
        "alias": "front",
        "adapters": [
            {"type": "hono-mqtt", "enabled": True, "device-authentication-required": True},
            {"type": "hono-coap", "enabled": False, "device-authentication-required": False},
        ],
        "registration-limits": {"max-devices": 7},
        "resource-limits": {"max-connections": 20, "max-ttl": 60},
        "minimum-message-size": 4096,
        "tracing": {"sampling-mode-per-auth-id": {"sensor": "all"}},
        "ext": {"site": "north"},
    }


async def test_an_empty_id_has_one_made_and_the_first_tenant_is_chosen(tmp_path: Path) -> None:
    """The other panes look at the tenant that was created."""
    async with tenants_pane(tmp_path) as pilot:
        await pilot.press("n")
        await dialog(pilot, FormScreen)
        await pilot.press("ctrl+s")
        await at_rest(pilot)
        await wait_for(pilot, lambda: pane_of(pilot).scope.tenant_id)
        tenant_id = pane_of(pilot).scope.tenant_id
    assert tenant_id is not None
    assert len(tenant_id) == 36
    assert (await stored(tmp_path, tenant_id)).attributes.to_json() == {}


async def test_what_was_typed_survives_every_refusal(tmp_path: Path) -> None:
    """Each fault stands at its field; the form keeps the rest and saves at last."""
    async with tenants_pane(tmp_path, taken={}) as pilot:
        await pilot.press("n")
        await fill(pilot, "tenant-id", "pier 1")
        await fill(pilot, "alias", "front")
        assert "use letters" in (await refused(pilot))["tenant-id"]
        await fill(pilot, "tenant-id", "taken")
        assert "exists already" in (await refused(pilot))[""]
        await fill(pilot, "tenant-id", "pier")
        await fill(pilot, "adapters", "hono-mqtt enabld")
        await fill(pilot, "registration-limits", "max-devices many")
        await fill(pilot, "defaults", '{"ttl": }')
        problems = await refused(pilot)
        assert "line 1: 'enabld'" in problems["adapters"]
        assert "line 1, column 9" in problems["defaults"]
        await fill(pilot, "adapters", "hono-mqtt")
        await fill(pilot, "defaults", "")
        assert "whole number" in (await refused(pilot))["registration-limits"]
        assert entered(pilot)["alias"] == "front"
        await fill(pilot, "registration-limits", "max-devices 3")
        await pilot.press("ctrl+s")
        await at_rest(pilot)
    limits = (await stored(tmp_path, "pier")).attributes.registration_limits
    assert limits is not None
    assert limits.max_devices == 3


# changing


async def test_e_changes_one_member_and_leaves_the_unknown_ones(tmp_path: Path) -> None:
    """Members that the form does not show go back as they came."""
    before = {
        "alias": "front",
        "adapters": [{"type": "hono-mqtt", "enabled": True, "ext": {"keep": 1}, "odd": [1]}],
        "unheard-of": {"x": [1, 2]},
        "tracing": {"sampling-mode": "all", "odd": 1},
    }
    async with tenants_pane(tmp_path, pier=before) as pilot:
        await pilot.press("e")
        await fill(pilot, "adapters", "hono-mqtt disabled\nhono-http")
        await fill(pilot, "alias", "")
        await pilot.press("ctrl+s")
        await at_rest(pilot)
        await until_told(pilot, "Saved pier")
        assert "hono-http" in detail_text(pilot)
    assert (await stored(tmp_path, "pier")).attributes.to_json() == {
        "adapters": [
            {"type": "hono-mqtt", "enabled": False, "ext": {"keep": 1}, "odd": [1]},
            {"type": "hono-http", "enabled": True},
        ],
        "unheard-of": {"x": [1, 2]},
        "tracing": {"sampling-mode": "all", "odd": 1},
    }


async def test_json_that_does_not_parse_stays_in_the_editor(tmp_path: Path) -> None:
    """Line and column are told; a wrong type is told by its path; then it can be saved."""
    async with tenants_pane(tmp_path, pier={}) as pilot:
        await pilot.press("E")
        screen = await type_document(pilot, '{"enabled": tru}')
        await pilot.press("ctrl+s")
        problem = screen.query_one("#problem")
        await wait_for(pilot, lambda: "line 1, column 13" in str(problem.render()))
        assert pilot.app.screen is screen
        await type_document(pilot, '{"adapters": [{"type": 7, "enabled": "perhaps"}]}')
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: pilot.app.screen is not screen)
        again = await dialog(pilot, DocumentScreen)
        assert "adapters[0].enabled" in str(again.query_one("#problem").render())
        await type_document(pilot, '{"enabled": false, "ext": {"a": 1}}')
        await pilot.press("ctrl+s")
        await at_rest(pilot)
    saved = await stored(tmp_path, "pier")
    assert saved.attributes.to_json() == {"enabled": False, "ext": {"a": 1}}


async def test_s_switches_one_tenant_or_all_marked_ones(tmp_path: Path) -> None:
    """Marked ones are asked for first and set alike."""
    async with tenants_pane(tmp_path, a={}, b={"enabled": False}, c={}) as pilot:
        await pilot.press("s")
        await until_told(pilot, "Disabled a")
        await pilot.press("end", "space", "up", "space", "s")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await at_rest(pilot)
        await until_told(pilot, "2 tenants")
    states = [(await stored(tmp_path, name)).enabled for name in "abc"]
    assert states == [False, states[1], states[1]]


async def test_the_journal_is_spoken_of_only_where_there_is_one(tmp_path: Path) -> None:
    """Other registries keep no history of what is set."""
    adapter: RegistryAdapter = make_adapter(tmp_path)
    registry = await in_registry(tmp_path)
    await registry.tenants.create("pier", TenantAttributes(), actor=ACTOR)
    await registry.close()
    async with console_on(adapter, pane="tenants") as pilot:
        for journal, told in ((adapter.journal, True), (None, False)):
            adapter.journal = journal
            await pilot.press("asterisk", "s")
            await dialog(pilot, ConfirmScreen)
            assert ("journal." in screenshot(pilot)) is told
            await pilot.press("escape")
            await at_rest(pilot)


async def test_a_tenant_made_during_the_question_is_not_switched_with_the_marked(
    tmp_path: Path,
) -> None:
    """What is written is what was asked about, however the list goes on."""
    async with tenants_pane(tmp_path, north={}, south={}) as pilot:
        await pilot.press("asterisk", "s")
        await dialog(pilot, ConfirmScreen)
        registry = await in_registry(tmp_path)
        await registry.tenants.create("later", TenantAttributes(), actor=ACTOR)
        await registry.close()
        await pilot.press("y")
        await until_told(pilot, "Disabled 2 tenants.")
    enabled = {each: (await stored(tmp_path, each)).enabled for each in ("north", "south", "later")}
    assert enabled == {"north": False, "south": False, "later": True}


# conflicts


@pytest.mark.parametrize(
    ("key", "ext", "alias"),
    [("m", {"mine": 1}, None), ("t", {"theirs": 1}, "theirs"), ("b", {"mine": 1}, "theirs")],
)
async def test_a_conflict_shows_both_sides_and_lets_one_stand(
    tmp_path: Path, key: str, ext: dict[str, int], alias: str | None
) -> None:
    """Mine, theirs, or both; `ext` was changed by both, the alias only by the other."""
    async with tenants_pane(tmp_path, pier={"ext": {}}) as pilot:
        await pilot.press("e")
        await fill(pilot, "ext", '{"mine": 1}')
        await change_behind(tmp_path, "pier", ext={"theirs": 1}, alias="theirs")
        await pilot.press("ctrl+s")
        await dialog(pilot, ConflictScreen)
        await pilot.press(key)
        await at_rest(pilot)
    saved = (await stored(tmp_path, "pier")).attributes
    both = {"mine": 1, "theirs": 1}
    assert saved.ext == (both if key == "b" else ext)
    assert saved.alias == alias


async def test_going_back_from_a_conflict_writes_nothing_and_keeps_the_form(tmp_path: Path) -> None:
    """Escape returns to what was typed."""
    async with tenants_pane(tmp_path, pier={}) as pilot:
        await pilot.press("e")
        await fill(pilot, "alias", "mine")
        await change_behind(tmp_path, "pier", alias="theirs")
        await pilot.press("ctrl+s")
        await dialog(pilot, ConflictScreen)
        await pilot.press("escape")
        await dialog(pilot, FormScreen)
        assert entered(pilot)["alias"] == "mine"
        await pilot.press("escape", "escape")
        await at_rest(pilot)
    assert (await stored(tmp_path, "pier")).attributes.alias == "theirs"


# deleting


async def test_x_deletes_an_empty_tenant_after_a_question(tmp_path: Path) -> None:
    """The key that confirms differs from the key that asked."""
    async with tenants_pane(tmp_path, pier={}) as pilot:
        await pilot.press("x")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("x", "escape")
        await at_rest(pilot)
        assert (await stored(tmp_path, "pier")).tenant_id == "pier"
        await pilot.press("x")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await until_told(pilot, "Deleted pier")
        await wait_for(pilot, lambda: pane_of(pilot).current is None)
    with pytest.raises(NotFound):
        await stored(tmp_path, "pier")


@pytest.mark.parametrize(("key", "left"), [("k", 3), ("d", 0)])
async def test_deleting_says_what_hangs_on_the_tenant_and_asks_for_its_name(
    tmp_path: Path, key: str, left: int
) -> None:
    """Devices kept are back when the tenant is created again; others are gone."""
    async with tenants_pane(tmp_path, pier={}) as pilot:
        await add_devices(tmp_path, "pier", 3)
        await pilot.press("x")
        menu = await dialog(pilot, ChooseScreen)
        assert "3 devices and 0 credentials" in str(menu.query_one("#intro").render())
        await pilot.press(key)
        question = await dialog(pilot, ConfirmScreen)
        await paste(pilot, "peer")
        await pilot.press("enter")
        await pilot.pause()
        assert pilot.app.screen is question
        await pilot.press("ctrl+u")
        await paste(pilot, "pier")
        await pilot.press("enter")
        await until_told(pilot, "Deleted pier")
    registry = await in_registry(tmp_path)
    await registry.tenants.create("pier", TenantAttributes(), actor=ACTOR)
    assert (await registry.tenants.usage("pier")).devices == left
    await registry.close()


# trust anchors


async def add_anchor(pilot: Pilot[None], path: Path) -> None:
    """Choose to add one and name the file."""
    await pilot.press("a")
    await dialog(pilot, ChooseScreen)
    await pilot.press("a")
    await fill(pilot, "cert", str(path))


@pytest.mark.parametrize("form", ["pem", "der"])
async def test_a_trust_anchor_is_added_from_a_file_in_either_form(
    tmp_path: Path, form: str
) -> None:
    """The registry derives subject, key and validity; the options are kept."""
    made, path = certificate("Harbour CA"), tmp_path / f"ca.{form}"
    path.write_bytes(pem(made).encode() if form == "pem" else base64.b64decode(der(made)))
    async with tenants_pane(tmp_path, pier={}) as pilot:
        await add_anchor(pilot, path)
        await toggle(pilot, "auto-provisioning-enabled")
        await fill(pilot, "auto-provisioning-device-id-template", "s-{{subject-cn}}")
        await pilot.press("ctrl+s")
        await at_rest(pilot)
        await wait_for(pilot, lambda: "Harbour CA" in detail_text(pilot))
        assert "until 2036-01-01" in detail_text(pilot)
    (anchor,) = (await stored(tmp_path, "pier")).attributes.trusted_ca
    assert "CN=Harbour CA" in (anchor.subject_dn or "")
    assert anchor.auto_provisioning_enabled
    assert anchor.auto_provisioning_device_id_template == "s-{{subject-cn}}"


async def test_a_file_that_is_no_certificate_is_told_at_its_field(tmp_path: Path) -> None:
    """No file, other bytes, a private key, a wrong template: the path stays typed."""
    other, key, good = (tmp_path / name for name in ("other.txt", "key.pem", "good.pem"))
    other.write_text("hello")
    key.write_bytes(private_key(ec_key(), Encoding.PEM))
    good.write_text(pem(certificate("CA")))
    async with tenants_pane(tmp_path, pier={}) as pilot:
        await add_anchor(pilot, tmp_path / "missing.pem")
        assert "No such file" in (await refused(pilot))["cert"]
        await fill(pilot, "cert", str(tmp_path))
        assert "it is no file" in (await refused(pilot))["cert"]
        await fill(pilot, "cert", str(other))
        assert "no certificate" in (await refused(pilot))["cert"]
        await fill(pilot, "cert", str(key))
        assert "private key" in (await refused(pilot))["cert"]
        await fill(pilot, "cert", str(good))
        await fill(pilot, "auth-id-template", "{{subject-name}}")
        problems = await refused(pilot)
        assert "not a placeholder" in " ".join(problems.values())
        assert entered(pilot)["cert"] == str(good)
        await pilot.press("escape", "escape")
        await at_rest(pilot)
    assert (await stored(tmp_path, "pier")).attributes.trusted_ca == ()


async def test_a_trust_anchor_can_be_changed_and_removed(tmp_path: Path) -> None:
    """Options keep the rest of the anchor; removal asks first."""
    anchors = [{"cert": der(certificate("First"))}, {"cert": der(certificate("Second"))}]
    async with tenants_pane(tmp_path, pier={"trusted-ca": anchors}) as pilot:
        await pilot.press("a")
        await dialog(pilot, ChooseScreen)
        await pilot.press("2", "o")
        await fill(pilot, "auth-id-template", "{{subject-cn}}")
        await pilot.press("ctrl+s")
        await at_rest(pilot)
        await until_told(pilot, "Saved pier")
        await pilot.press("a")
        await dialog(pilot, ChooseScreen)
        await pilot.press("1", "r")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await at_rest(pilot)
        await wait_for(pilot, lambda: "First" not in detail_text(pilot))
    (anchor,) = (await stored(tmp_path, "pier")).attributes.trusted_ca
    assert "CN=Second" in (anchor.subject_dn or "")
    assert anchor.auth_id_template == "{{subject-cn}}"


# looking


async def test_the_filter_finds_by_part_of_the_id_and_by_state(tmp_path: Path) -> None:
    """A word that only devices have is refused with a reason."""
    async with tenants_pane(tmp_path, north={}, south={"enabled": False}, port={}) as pilot:
        await pilot.press("slash")
        for text, wanted in (("or", 2), ("or enabled", 2), ("disabled", 1), ("nowhere", 0)):
            await pilot.press("ctrl+u")
            await paste(pilot, text)
            await until_count(pilot, wanted)
        assert "No tenant matches" in " ".join(table_lines(pilot))
        await paste(pilot, " via:gw")
        await wait_for(pilot, lambda: "Tenants are found by" in filter_problem(pilot))
        assert "Mend the filter, or press esc" in " ".join(table_lines(pilot))


async def test_numbers_of_devices_come_and_follow_writes(tmp_path: Path) -> None:
    """They are read lazily, and again when somebody registers a device."""
    async with tenants_pane(tmp_path, pier={}) as pilot:
        await wait_for(pilot, lambda: table_lines(pilot)[1].split()[3:4] == ["0"])
        await add_devices(tmp_path, "pier", 2)
        await wait_for(pilot, lambda: table_lines(pilot)[1].split()[3:4] == ["2"])
        await wait_for(pilot, lambda: "devices  2" in detail_text(pilot))


@pytest.mark.parametrize("pane", ["tenants", "credentials"])
async def test_the_number_of_credentials_follows_writes(tmp_path: Path, pane: str) -> None:
    """Whether the detail is in front or another pane is."""
    async with tenants_pane(tmp_path, pier={}) as pilot:
        await add_devices(tmp_path, "pier", 1)
        await wait_for(pilot, lambda: "devices  1" in detail_text(pilot))
        await wait_for(pilot, lambda: "credentials  0" in detail_text(pilot))
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        tenants = pane_of(pilot)
        await app.show_pane(pane)
        added = [credential("psk", "a", {"key": "a2V5"})]
        registry = await in_registry(tmp_path)
        await registry.credentials.replace("pier", "device-0", added, expected=None, actor=ACTOR)
        await registry.close()
        heard = tenants._outdated if isinstance(tenants, TenantList) else set()
        await wait_for(pilot, lambda: pane == "tenants" or heard, "the change heard")
        await app.show_pane("tenants")
        await wait_for(pilot, lambda: "credentials  1" in detail_text(pilot))


async def test_enter_scopes_the_other_panes_and_h_tells_the_history(tmp_path: Path) -> None:
    """History is in the detail and, whole, in a window."""
    async with tenants_pane(tmp_path, east={}, west={}) as pilot:
        await pilot.press("s")
        await until_told(pilot, "Disabled east")
        await pilot.press("h")
        await dialog(pilot, ShowScreen)
        assert "updated by console:tester" in screenshot(pilot)
        await pilot.press("escape", "end", "enter")
        await wait_for(pilot, lambda: pane_of(pilot).group == "Devices")
        await settled(pilot)
        assert pane_of(pilot).scope.tenant_id == "west"


def screenshot(pilot: Pilot[None]) -> str:
    """What the screen shows, as text with plain blanks."""
    return pilot.app.export_screenshot(simplify=True).replace("&#160;", " ")


async def test_a_read_only_session_says_why_its_keys_do_nothing(tmp_path: Path) -> None:
    """No form opens, and the reason is told."""
    async with tenants_pane(tmp_path, read_only=True, pier={}) as pilot:
        await pilot.press("n")
        await until_told(pilot, "read-only")
        assert len(pilot.app.screen_stack) == 1


@pytest.mark.parametrize("pane", ["1", "2"])
async def test_a_tenant_that_another_program_makes_is_listed(tmp_path: Path, pane: str) -> None:
    """At once where tenants are shown, else when they are shown again."""
    async with tenants_pane(tmp_path, pier={}) as pilot:
        await pilot.press(pane)
        await settled(pilot)
        before = pane_of(pilot)
        registry = await in_registry(tmp_path)
        await registry.tenants.create("quay", TenantAttributes(), actor=ACTOR)
        await registry.close()
        if pane == "2":
            tenants = pilot.app.query_one("#tenants", TenantList)
            await wait_for(pilot, lambda: tenants._stale, "word of it")
        assert pane_of(pilot) is before
        await pilot.press("1")
        await until_count(pilot, 2)


# the sample fleet


async def test_capital_s_fills_an_empty_registry_once(tmp_path: Path) -> None:
    """A registry with tenants is left alone; the first of the new ones is the one looked at."""
    adapter = make_adapter(tmp_path)
    await give_sample(adapter, tmp_path)
    async with console_on(adapter, pane="tenants") as pilot:
        assert "S for a sample" in " ".join(table_lines(pilot))
        await pilot.press("S")
        await until_told(pilot, "The sample fleet is in: 40 devices")
        await wait_for(pilot, lambda: pane_of(pilot).scope.tenant_id == "harbour-lights")
        await pilot.press("S")
        await until_told(pilot, "There are tenants already")
    registry = await in_registry(tmp_path)
    assert (await registry.tenants.count(TenantQuery())).value == 5
    await registry.close()


async def test_an_empty_registry_offers_what_can_be_done_with_it(tmp_path: Path) -> None:
    """The sample fleet, until there are tenants; not what needs a row, whose keys say so once."""

    def offered(pilot: Pilot[None]) -> list[str]:
        return [each.description for each in pilot.app.query(FooterKey) if each.display]

    adapter = make_adapter(tmp_path)
    await give_sample(adapter, tmp_path)
    async with console_on(adapter, pane="tenants") as pilot:
        await wait_for(pilot, lambda: "Sample" in offered(pilot), "the key of the sample")
        assert "New" in offered(pilot)
        assert not {"Edit", "On/off", "Trust", "Delete"} & set(offered(pilot))
        await pilot.press("e", "x", "e")
        await until_told(pilot, "Press n to create the first, or S for a sample fleet.")
        assert len(pilot.app._notifications) == 1
        await pilot.press("S")
        await until_told(pilot, "The sample fleet is in: 40 devices")
        await wait_for(pilot, lambda: "Delete" in offered(pilot), "the keys of a tenant")
        assert "Sample" not in offered(pilot)


async def give_sample(adapter: LocalAdapter, folder: Path) -> None:
    """Let the adapter offer a small sample."""

    async def fill_in() -> int:
        registry = await in_registry(folder)
        await load_sample(registry.store, build_sample(NOW, devices=40))
        await registry.close()
        return 40

    adapter.sample = fill_in


# saves that nobody can interrupt


async def test_a_save_under_way_survives_another_pane_and_the_way_out(tmp_path: Path) -> None:
    """The form is gone, the pane is another, the program is leaving: it is written all the same."""
    registry = await in_registry(tmp_path)
    await registry.tenants.create("pier", TenantAttributes(), actor=ACTOR)
    await registry.close()
    adapter = make_adapter(tmp_path)
    gate = Gate(adapter.tenants, "update")
    adapter.tenants = cast("LocalTenants", gate)
    async with console_on(adapter, pane="tenants") as pilot:
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        await pilot.press("e")
        await fill(pilot, "alias", "front")
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: gate.waiting)
        await pilot.press("2")
        await wait_for(pilot, lambda: pane_of(pilot).group == "Devices")
        await pilot.press("q")
        assert app.saves.pending == 1
        gate.open.set()
        await wait_for(pilot, lambda: not app.saves.pending)
    assert (await stored(tmp_path, "pier")).attributes.alias == "front"
