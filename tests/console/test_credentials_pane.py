"""Every action of the credentials pane, by keys, on a registry in a file that is read back."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from textual.pilot import Pilot
from textual.widgets import Select, TextArea

from console.adapters.local_ports import LocalCredentials
from console.app import ConsoleApp
from console.dialogs.choose import ChooseScreen
from console.dialogs.confirm import ConfirmScreen
from console.dialogs.conflict import ConflictScreen
from console.dialogs.document import DocumentScreen
from console.dialogs.expiring import ExpiringScreen
from console.dialogs.form import FormScreen
from console.dialogs.show import ShowScreen
from console.panes import secrets as clipboard
from console.panes.scope import Scope, ScopeAsked
from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.errors import Unreachable
from registry_backend.domain.journal import Actor, JournalEntry
from registry_backend.domain.secrets import verify_password
from registry_backend.domain.tenants import TenantAttributes
from tests.console.conftest import console_on, make_adapter, settled
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
    told,
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
    password,
    pem,
    psk,
    public_key,
)

ACTOR = Actor(via="test", name="before")
TENANT, DEVICE = "harbour", "lamp-1"
SECRET = "correct horse"
KEY = base64.b64encode(SECRET.encode()).decode()


async def prepare(folder: Path, *credentials: Credential) -> None:
    """A tenant, a device and its credentials in the file."""
    registry = await in_registry(folder)
    await registry.tenants.create(TENANT, TenantAttributes(), actor=ACTOR)
    for device_id in (DEVICE, "lamp-2"):
        await registry.devices.create(TENANT, device_id, DeviceAttributes(), actor=ACTOR)
    await registry.credentials.replace(TENANT, DEVICE, credentials, expected=None, actor=ACTOR)
    await registry.close()


@asynccontextmanager
async def credentials_pane(
    folder: Path, *credentials: Credential, device_id: str | None = DEVICE
) -> AsyncIterator[Pilot[None]]:
    """The console with the credentials of the device in front."""
    await prepare(folder, *credentials)
    async with console_on(make_adapter(folder), tenant_id=TENANT) as pilot:
        await go_to_credentials(pilot, device_id)
        yield pilot


async def go_to_credentials(pilot: Pilot[None], device_id: str | None = DEVICE) -> None:
    """Choose the device and its credentials."""
    pane_of(pilot).post_message(ScopeAsked(Scope(TENANT, device_id), pane="credentials"))
    await wait_for(pilot, lambda: pane_of(pilot).group == "Credentials")
    await settled(pilot)


async def stored(folder: Path, device_id: str = DEVICE) -> CredentialSet:
    """The device's set in the file."""
    registry = await in_registry(folder)
    try:
        return await registry.credentials.get(TENANT, device_id)
    finally:
        await registry.close()


async def replaced_behind(folder: Path, *credentials: Credential) -> None:
    """What somebody else does meanwhile."""
    registry = await in_registry(folder)
    await registry.credentials.replace(TENANT, DEVICE, credentials, expected=None, actor=ACTOR)
    await registry.close()


async def new_of(pilot: Pilot[None], key: str) -> None:
    """Press n and the key of a type."""
    await pilot.press("n")
    await dialog(pilot, ChooseScreen)
    await pilot.press(key)


async def save(pilot: Pilot[None]) -> None:
    """Submit, and wait until it is saved."""
    await pilot.press("ctrl+s")
    await at_rest(pilot)


def screenshot(pilot: Pilot[None]) -> str:
    """What the screen shows, as text with plain blanks."""
    return pilot.app.export_screenshot(simplify=True).replace("&#160;", " ")


# new


async def test_an_auth_id_that_is_taken_is_told_at_its_field(tmp_path: Path) -> None:
    """With the key that adds a second secret; the set stays, and so does what was typed."""
    async with credentials_pane(tmp_path, password(DEVICE, "before")) as pilot:
        before = await stored(tmp_path)
        await new_of(pilot, "p")
        await fill(pilot, "pwd-plain", SECRET)
        problems = await refused(pilot)
        assert "A adds a secret to it" in problems["auth-id"]
        assert entered(pilot)["pwd-plain"] == SECRET
    assert await stored(tmp_path) == before


async def test_a_password_is_hashed_and_nowhere_to_be_seen(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Only its hash is in the file; screen, notifications, log and journal never hold it."""
    caplog.set_level(logging.DEBUG)
    async with credentials_pane(tmp_path) as pilot:
        assert "Press n to add one" in " ".join(table_lines(pilot))
        await new_of(pilot, "p")
        await fill(pilot, "pwd-plain", SECRET)
        await fill(pilot, "not-after", "+90d")
        await fill(pilot, "comment", "for the change of shifts")
        seen = screenshot(pilot)
        await save(pilot)
        await wait_for(pilot, lambda: "bcrypt" in detail_text(pilot))
        seen += screenshot(pilot) + told(pilot) + detail_text(pilot)
        await pilot.press("y")
        await dialog(pilot, ShowScreen)
        seen += screenshot(pilot)
        await pilot.press("escape", "h")
        await dialog(pilot, ShowScreen)
        seen += screenshot(pilot)
    (saved,) = (await stored(tmp_path)).credentials
    (secret,) = saved.secrets
    assert (saved.type, saved.auth_id) == ("hashed-password", DEVICE)
    assert saved.comment == "for the change of shifts"
    assert secret.not_after is not None
    assert secret.not_after.isoformat() == "2027-02-19T12:00:00+00:00"
    assert secret.pwd_hash is not None
    assert verify_password(SECRET, function="bcrypt", pwd_hash=secret.pwd_hash, salt=None)
    for place in (seen, caplog.text, (tmp_path / "registry.sqlite").read_bytes().decode("latin-1")):
        assert SECRET not in place
    assert secret.pwd_hash not in seen


async def test_bad_input_keeps_what_was_typed(tmp_path: Path) -> None:
    """Too long, too old, no user name: each at its field, nothing typed is lost."""
    async with credentials_pane(tmp_path) as pilot:
        await new_of(pilot, "p")
        await fill(pilot, "pwd-plain", "ü" * 37)
        await fill(pilot, "not-before", "2027-01-01")
        assert "74 bytes" in (await refused(pilot))["pwd-plain"]
        assert entered(pilot)["pwd-plain"] == "ü" * 37
        await fill(pilot, "pwd-plain", SECRET)
        await fill(pilot, "not-after", "tomorrow")
        assert "+90d" in (await refused(pilot))["not-after"]
        await fill(pilot, "not-after", "2026-12-01T00:00Z")
        assert "before the beginning" in (await refused(pilot))["not-after"]
        await fill(pilot, "not-after", "")
        await fill(pilot, "auth-id", "lamp 1")
        assert "use letters" in (await refused(pilot))["auth-id"]
        assert entered(pilot)["pwd-plain"] == SECRET
        await fill(pilot, "auth-id", "lamp")
        await save(pilot)
    (saved,) = (await stored(tmp_path)).credentials
    assert saved.auth_id == "lamp"
    assert saved.secrets[0].not_before is not None


async def test_a_shared_key_is_made_or_typed_as_base64_or_text(tmp_path: Path) -> None:
    """An empty field has one made; text that is no base64 is refused as such."""
    async with credentials_pane(tmp_path) as pilot:
        await new_of(pilot, "k")
        await fill(pilot, "auth-id", "made")
        await save(pilot)
        await new_of(pilot, "k")
        await fill(pilot, "auth-id", "typed")
        await fill(pilot, "key", "not base64!")
        assert "not base64" in (await refused(pilot))["key"]
        await fill(pilot, "key", KEY)
        await save(pilot)
        await new_of(pilot, "k")
        await fill(pilot, "auth-id", "text")
        await fill(pilot, "key", SECRET)
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-key-form", Select).value = "text"
        await save(pilot)
        assert SECRET not in screenshot(pilot)
        assert KEY not in screenshot(pilot)
    keys = {each.auth_id: each.secrets[0].key for each in (await stored(tmp_path)).credentials}
    assert len(base64.b64decode(keys["made"] or "")) == 32
    assert keys["typed"] == keys["text"] == KEY


async def test_a_certificate_file_gives_auth_id_and_validity(tmp_path: Path) -> None:
    """A file that is none is told; the comment typed beside it stays."""
    path, other = tmp_path / "device.der", tmp_path / "other"
    path.write_bytes(base64.b64decode(der(certificate("lamp-1"))))
    other.write_bytes(b"\x30\x03no")
    async with credentials_pane(tmp_path) as pilot:
        await new_of(pilot, "c")
        await fill(pilot, "comment", "from the factory")
        await fill(pilot, "cert", str(other))
        assert "no certificate" in (await refused(pilot))["cert"]
        assert entered(pilot)["comment"] == "from the factory"
        await fill(pilot, "cert", str(path))
        await save(pilot)
        await wait_for(pilot, lambda: "until 2036-01-01" in detail_text(pilot))
    (saved,) = (await stored(tmp_path)).credentials
    assert saved.type == "x509-cert"
    assert "CN=lamp-1" in saved.auth_id
    assert saved.comment == "from the factory"


@pytest.mark.parametrize("form", ["certificate.pem", "key.pem", "key.der"])
async def test_a_raw_public_key_comes_from_a_certificate_or_a_key_file(
    tmp_path: Path, form: str
) -> None:
    """Key and algorithm are found out from the file."""
    path, public = tmp_path / form, ec_key().public_key()
    if form == "certificate.pem":
        path.write_text(pem(certificate()))
    else:
        encoding = Encoding.PEM if form == "key.pem" else Encoding.DER
        path.write_bytes(public.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))
    async with credentials_pane(tmp_path) as pilot:
        await new_of(pilot, "r")
        await fill(pilot, "cert", str(path))
        await save(pilot)
    (saved,) = (await stored(tmp_path)).credentials
    assert (saved.secrets[0].key, saved.secrets[0].algorithm) == (public_key(ec_key()), "EC")


async def test_a_thumbprint_and_a_type_of_ones_own(tmp_path: Path) -> None:
    """Thumbprints lose their colons; another type is given as JSON and asked again when wrong."""
    async with credentials_pane(tmp_path) as pilot:
        await new_of(pilot, "t")
        await fill(pilot, "thumbprint", "ab:" * 19)
        assert "38" in (await refused(pilot))["thumbprint"]
        await fill(pilot, "thumbprint", ":".join(["ab"] * 20))
        await save(pilot)
        await new_of(pilot, "o")
        await type_document(
            pilot, '{"type": "Radio", "auth-id": "r", "secrets": [{"pin": "4711"}]}'
        )
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: "use small letters" in _problem(pilot))
        screen = await dialog(pilot, DocumentScreen)
        assert '"pin": "4711"' in screen.query_one(TextArea).text
        await type_document(
            pilot, '{"type": "radio", "auth-id": "r", "secrets": [{"pin": "4711"}]}'
        )
        await save(pilot)
        await wait_for(pilot, lambda: "pin" in detail_text(pilot))
        assert "4711" not in detail_text(pilot) + told(pilot)
    found = {each.type: each.secrets[0].unknown() for each in (await stored(tmp_path)).credentials}
    assert found == {"x509-thumbprint": {"thumbprint": "AB" * 20}, "radio": {"pin": "4711"}}


async def test_two_thumbprints_are_entered_and_changed_together(tmp_path: Path) -> None:
    """Each is checked at its own field; emptying the second takes it away."""
    first, second, other = "AB" * 20, "CD" * 32, "EF" * 20
    async with credentials_pane(tmp_path) as pilot:
        await new_of(pilot, "t")
        await fill(pilot, "thumbprint", first.lower())
        await fill(pilot, "thumbprint-2", "not hex")
        assert "other than 0-9" in (await refused(pilot))["thumbprint-2"]
        await fill(pilot, "thumbprint-2", second)
        await save(pilot)
        await wait_for(pilot, lambda: "Secondary thumbprint" in detail_text(pilot))
        assert first in detail_text(pilot)
        (was,) = (await stored(tmp_path)).credentials
        assert [each.unknown()["thumbprint"] for each in was.secrets] == [first, second]
        await pilot.press("R")
        assert (await dialog(pilot, FormScreen)).values()["thumbprint-2"] == second
        await fill(pilot, "thumbprint", other)
        await fill(pilot, "thumbprint-2", "")
        await save(pilot)
    (now,) = (await stored(tmp_path)).credentials
    assert [each.unknown()["thumbprint"] for each in now.secrets] == [other]
    assert now.secrets[0].id == was.secrets[0].id


def _problem(pilot: Pilot[None]) -> str:
    screen = pilot.app.screen
    return str(screen.query_one("#problem").render()) if isinstance(screen, DocumentScreen) else ""


# changing


async def test_e_changes_validity_and_comments_and_keeps_the_material(tmp_path: Path) -> None:
    """Keys and hashes go on under their ids."""
    before = (psk("lamp-1", "one", "two"), password("lamp-1", SECRET))
    async with credentials_pane(tmp_path, *before) as pilot:
        was = await stored(tmp_path)
        await pilot.press("end", "e")
        await fill(pilot, "secret1-not-after", "yesterday")
        assert "secret1-not-after" in await refused(pilot)
        await fill(pilot, "secret1-not-after", "2026-12-01")
        await fill(pilot, "secret1-comment", "the next one")
        await toggle(pilot, "secret0-enabled")
        await save(pilot)
        await wait_for(pilot, lambda: "the next one" in detail_text(pilot))
        assert "▲ expires in 9 d" in table_lines(pilot)[2]
    now = await stored(tmp_path)
    assert now.find("hashed-password", "lamp-1") == was.find("hashed-password", "lamp-1")
    one, two = now.find("psk", "lamp-1").secrets  # type: ignore[union-attr]
    old_one, old_two = was.find("psk", "lamp-1").secrets  # type: ignore[union-attr]
    assert (one.id, one.key, one.enabled) == (old_one.id, old_one.key, False)
    assert (two.id, two.key, two.comment) == (old_two.id, old_two.key, "the next one")


async def test_capital_r_replaces_one_secret_and_capital_a_adds_one(tmp_path: Path) -> None:
    """The id of a replaced secret stays; its neighbours are left alone."""
    async with credentials_pane(tmp_path, psk("lamp-1", "one", "two")) as pilot:
        was = (await stored(tmp_path)).credentials[0].secrets
        await pilot.press("R")
        await dialog(pilot, ChooseScreen)
        await pilot.press("2")
        await fill(pilot, "key", KEY)
        await save(pilot)
        await pilot.press("A")
        await dialog(pilot, FormScreen)
        await save(pilot)
        await wait_for(pilot, lambda: "Secret 3 of 3" in detail_text(pilot))
    one, two, three = (await stored(tmp_path)).credentials[0].secrets
    assert one == was[0]
    assert (two.id, two.key) == (was[1].id, KEY)
    assert len(base64.b64decode(three.key or "")) == 32


async def test_a_password_a_certificate_and_a_generic_secret_are_replaced(tmp_path: Path) -> None:
    """Each in its own form; a certificate takes its subject along."""
    path = tmp_path / "new.pem"
    path.write_text(pem(certificate("lamp-9")))
    before = (
        password("a", "old"),
        credential("radio", "b", {"pin": "1", "note": "n"}),
        Credential.parse({"type": "x509-cert", "cert": der(certificate("lamp-1")), "comment": "c"}),
    )
    async with credentials_pane(tmp_path, *before) as pilot:
        await pilot.press("R")
        await fill(pilot, "pwd-plain", SECRET)
        await save(pilot)
        await pilot.press("down", "R")
        screen = await dialog(pilot, DocumentScreen)
        text = screen.query_one(TextArea).text
        assert '"1"' not in text
        await type_document(pilot, json.dumps({**json.loads(text), "pin": "2"}))
        await save(pilot)
        await pilot.press("end", "A")
        await until_told(pilot, "exactly one secret")
        await pilot.press("R")
        await fill(pilot, "cert", str(path))
        await save(pilot)
    now = await stored(tmp_path)
    one = now.find("hashed-password", "a")
    assert one is not None
    assert verify_password(
        SECRET, function="bcrypt", pwd_hash=one.secrets[0].pwd_hash or "", salt=None
    )
    two = now.find("radio", "b")
    assert two is not None
    assert two.secrets[0].unknown() == {"pin": "2", "note": "n"}
    (three,) = [each for each in now.credentials if each.type == "x509-cert"]
    assert "CN=lamp-9" in three.auth_id
    assert three.comment == "c"


async def test_the_set_as_json_shows_no_secret_and_keeps_them_all(tmp_path: Path) -> None:
    """Covers stay covers; what is typed over one is new; a damaged one is refused."""
    before = (psk("lamp-1", SECRET), password("lamp-1", SECRET))
    async with credentials_pane(tmp_path, *before) as pilot:
        was = await stored(tmp_path)
        await pilot.press("E")
        screen = await dialog(pilot, DocumentScreen)
        text = screen.query_one(TextArea).text
        assert KEY not in text
        assert "$2a$" not in text
        await type_document(pilot, text[:-4])
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: "line " in _problem(pilot))
        await type_document(pilot, text.replace("•••••••• 1", "•••••• 1").replace("• 2", "•• 2"))
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: "covers a secret" in _problem(pilot))
        document = json.loads(text)
        for each in document["credentials"]:
            each["comment"] = "seen"
            each["auth-id"] += "-renamed"
        await type_document(pilot, json.dumps(document))
        await save(pilot)
        await until_told(pilot, "Saved")
    now = await stored(tmp_path)
    assert {each.auth_id for each in now.credentials} == {"lamp-1-renamed"}
    for one, other in zip(now.credentials, was.credentials, strict=True):
        assert one.type == other.type
        assert one.secrets[0].model_copy(update={"id": ""}) == other.secrets[0].model_copy(
            update={"id": ""}
        )
    assert {each.comment for each in now.credentials} == {"seen"}


async def test_s_switches_the_credential_or_all_marked_ones_in_one_write(tmp_path: Path) -> None:
    """One write, one version."""
    async with credentials_pane(tmp_path, psk("a", "1"), psk("b", "2"), psk("c", "3")) as pilot:
        await pilot.press("s")
        await until_told(pilot, "Disabled 1 credential of lamp-1")
        await wait_for(pilot, lambda: "○ disabled" in table_lines(pilot)[1])
        await pilot.press("end", "space", "up", "space", "s")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await until_told(pilot, "2 credentials of lamp-1")
    now = await stored(tmp_path)
    assert [each.enabled for each in now.credentials] == [False, False, False]
    assert now.revision == 3


async def test_x_deletes_a_secret_then_the_credential(tmp_path: Path) -> None:
    """Of the last secret the whole credential goes."""
    async with credentials_pane(tmp_path, psk("lamp-1", "one", "two")) as pilot:
        (was,) = (await stored(tmp_path)).credentials
        await pilot.press("x")
        await dialog(pilot, ChooseScreen)
        await pilot.press("1")
        await dialog(pilot, ConfirmScreen)
        await pilot.press("y")
        await until_told(pilot, "Deleted from lamp-1")
        assert (await stored(tmp_path)).credentials[0].secrets == was.secrets[1:]
        await wait_for(pilot, lambda: "Primary key" not in detail_text(pilot))
        await pilot.press("x")
        question = await dialog(pilot, ConfirmScreen)
        assert "cannot log in" in str(question.query_one(".dialog--text").render())
        await pilot.press("y")
        await wait_for(pilot, lambda: "No credentials yet" in " ".join(table_lines(pilot)))
    assert (await stored(tmp_path)).credentials == ()


# conflicts


@pytest.mark.parametrize(
    ("key", "auth_ids", "comment"),
    [
        ("m", {"lamp-1"}, "mine"),
        ("t", {"lamp-1", "other"}, None),
        ("b", {"lamp-1", "other"}, "mine"),
    ],
)
async def test_a_conflict_is_settled_without_showing_or_losing_a_secret(
    tmp_path: Path, key: str, auth_ids: set[str], comment: str | None
) -> None:
    """Somebody else changed the key and added a credential while the form was open."""
    async with credentials_pane(tmp_path, psk("lamp-1", "one")) as pilot:
        await pilot.press("e")
        await fill(pilot, "comment", "mine")
        await replaced_behind(tmp_path, psk("lamp-1", "two"), psk("other", "three"))
        await pilot.press("ctrl+s")
        await dialog(pilot, ConflictScreen)
        assert base64.b64encode(b"two").decode() not in screenshot(pilot)
        await pilot.press(key)
        await at_rest(pilot)
    now = await stored(tmp_path)
    assert {each.auth_id for each in now.credentials} == auth_ids
    one = now.find("psk", "lamp-1")
    assert one is not None
    assert one.comment == comment
    assert base64.b64decode(one.secrets[0].key or "") == (b"one" if key == "m" else b"two")


async def test_editing_a_conflict_shows_the_new_password_covered(tmp_path: Path) -> None:
    """What was typed a moment ago is not shown in clear in the editor either, and is saved."""
    async with credentials_pane(tmp_path, psk("lamp-1", "one")) as pilot:
        await new_of(pilot, "p")
        await fill(pilot, "pwd-plain", SECRET)
        await replaced_behind(tmp_path, psk("other", "three"))
        await pilot.press("ctrl+s")
        await dialog(pilot, ConflictScreen)
        await pilot.press("e")
        screen = await dialog(pilot, DocumentScreen)
        text = screen.query_one(TextArea).text
        assert SECRET not in text
        assert "pwd-plain" in text
        await save(pilot)
    now = await stored(tmp_path)
    assert {each.auth_id for each in now.credentials} == {"other", "lamp-1"}
    found = now.find("hashed-password", "lamp-1")
    assert found is not None
    assert verify_password(
        SECRET, function="bcrypt", pwd_hash=found.secrets[0].pwd_hash or "", salt=None
    )


# looking


async def test_p_shows_a_key_for_a_while_and_a_password_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password never was there to be shown; a key hides by itself."""
    monkeypatch.setattr("console.panes.credential_list.SHOW_SECONDS", 600)
    before = (psk("lamp-1", SECRET), password("lamp-1", SECRET))
    async with credentials_pane(tmp_path, *before) as pilot:
        assert KEY not in screenshot(pilot)
        await pilot.press("p")
        await dialog(pilot, ShowScreen)
        assert "A password cannot be revealed" in screenshot(pilot)
        assert SECRET not in screenshot(pilot)
        await pilot.press("escape", "end", "p")
        await dialog(pilot, ShowScreen)
        assert KEY in screenshot(pilot)
        await pilot.press("escape")
        await at_rest(pilot)
        assert KEY not in screenshot(pilot)


async def test_a_key_that_is_shown_hides_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody needs to close the window."""
    shown: list[ShowScreen] = []

    class Noted(ShowScreen):
        def on_mount(self) -> None:
            shown.append(self)

    monkeypatch.setattr("console.panes.credential_list.SHOW_SECONDS", 1)
    monkeypatch.setattr("console.panes.credential_list.ShowScreen", Noted)
    async with credentials_pane(tmp_path, psk("lamp-1", SECRET)) as pilot:
        await pilot.press("p")
        await wait_for(pilot, lambda: shown, "the key")
        await at_rest(pilot)
        assert KEY not in screenshot(pilot)


async def test_capital_c_copies_a_secret_that_clears_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a while, unless something else was copied since; the toast does not show it."""
    monkeypatch.setattr(clipboard, "CLEAR_SECONDS", 0.05)
    async with credentials_pane(tmp_path, psk("lamp-1", SECRET)) as pilot:
        await pilot.press("C")
        await until_told(pilot, "Copied the key")
        await wait_for(pilot, lambda: pilot.app.clipboard == clipboard.NOTHING)
        assert KEY not in told(pilot)
        monkeypatch.setattr(clipboard, "CLEAR_SECONDS", 600)
        await pilot.press("C")
        await wait_for(pilot, lambda: pilot.app.clipboard == KEY)
        app = pilot.app
    assert app.clipboard == clipboard.NOTHING


async def test_something_else_on_the_clipboard_is_left_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the person copied since is not ours to clear."""
    monkeypatch.setattr(clipboard, "CLEAR_SECONDS", 600)
    async with credentials_pane(tmp_path, psk("lamp-1", SECRET)) as pilot:
        await pilot.press("C")
        await wait_for(pilot, lambda: pilot.app.clipboard == KEY)
        pilot.app.copy_to_clipboard("a poem")
        app = pilot.app
    assert app.clipboard == "a poem"


async def test_i_lists_what_ends_soon_in_the_tenant_and_goes_there(tmp_path: Path) -> None:
    """Thirty days first, ninety on request; enter goes to the device and its credential."""
    before = (
        credential("psk", "gone", {"key": KEY, "not-after": "2026-11-01T00:00:00Z"}),
        credential("psk", "soon", {"key": KEY, "not-after": "2026-12-01T00:00:00Z"}),
        credential("psk", "later", {"key": KEY, "not-after": "2027-01-15T00:00:00Z"}),
        credential("psk", "never", {"key": KEY}),
    )
    async with credentials_pane(tmp_path, *before, device_id=None) as pilot:
        assert "Press 2" in " ".join(table_lines(pilot))
        await pilot.press("n")
        await until_told(pilot, "Choose a device first")
        await pilot.press("i")
        screen = await dialog(pilot, ExpiringScreen)
        await wait_for(pilot, lambda: "✗ expired 20 d ago" in screenshot(pilot))
        assert "soon" in screenshot(pilot)
        assert "later" not in screenshot(pilot)
        await pilot.press("d")
        await wait_for(pilot, lambda: "later" in screenshot(pilot))
        assert "never" not in screenshot(pilot)
        assert pilot.app.screen is screen
        await pilot.press("down", "enter")
        await at_rest(pilot)
        await wait_for(pilot, lambda: getattr(pane_of(pilot).current, "key", "") == "psk soon")
        assert pane_of(pilot).scope.device_id == DEVICE
        assert "✗ expired 20 d ago" in " ".join(table_lines(pilot))


async def test_the_filter_knows_types_ids_and_states(tmp_path: Path) -> None:
    """Every word must hold."""
    before = (
        credential("psk", "gone", {"key": KEY, "not-after": "2026-11-01T00:00:00Z"}),
        credential("psk", "off", {"key": KEY}, enabled=False),
        password("gone", "x"),
    )
    async with credentials_pane(tmp_path, *before) as pilot:
        await pilot.press("slash")
        for text, wanted in (("gone", 2), ("psk gone", 1), ("disabled", 1), ("expired", 1)):
            await pilot.press("ctrl+u")
            await paste(pilot, text)
            await until_count(pilot, wanted)


async def test_a_condition_on_devices_is_refused_and_a_colon_is_not(tmp_path: Path) -> None:
    """Auth-ids may hold colons; what finds devices would find nothing here."""
    before = (credential("psk", "00:1b:via:7", {"key": KEY}), credential("psk", "b", {"key": KEY}))
    async with credentials_pane(tmp_path, *before) as pilot:
        await pilot.press("slash")
        for text in ("00:", "1b:via", "via psk", "psk"):
            await pilot.press("ctrl+u")
            await paste(pilot, text)
            await until_count(pilot, 2 if text == "psk" else 1)
        for text in ("via:gw", "psk has:psk", "ext.site:b", "enabled:yes", "expires<2027-01-01"):
            await pilot.press("ctrl+u")
            await paste(pilot, text)
            await wait_for(pilot, lambda: "finds devices" in filter_problem(pilot), text)
            assert pane_of(pilot).table.length == 2


async def test_the_history_of_one_device_is_never_shown_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it cannot be read, none is shown."""
    await prepare(tmp_path, credential("psk", "a", {"key": KEY}))
    registry = await in_registry(tmp_path)
    other = (credential("psk", "b", {"key": KEY}),)
    await registry.credentials.replace(TENANT, "lamp-2", other, expected=None, actor=ACTOR)
    await registry.close()
    adapter = make_adapter(tmp_path)
    async with console_on(adapter, tenant_id=TENANT) as pilot:
        await go_to_credentials(pilot)
        await wait_for(pilot, lambda: "before" in detail_text(pilot), "its history")

        async def unread(*_args: object, **_options: object) -> list[JournalEntry]:
            raise Unreachable("The disk is asleep.", layer="file")

        monkeypatch.setattr(adapter.journal, "page", unread)
        await go_to_credentials(pilot, "lamp-2")
        await until_told(pilot, "The disk is asleep.")
        await wait_for(pilot, lambda: getattr(pane_of(pilot).current, "key", "") == "psk b")
        assert "before" not in detail_text(pilot)


# saves that nobody can interrupt


async def test_a_save_under_way_survives_another_pane(tmp_path: Path) -> None:
    """The form is gone and another device is looked at; the key is written all the same."""
    await prepare(tmp_path)
    adapter = make_adapter(tmp_path)
    gate = Gate(adapter.credentials, "replace")
    adapter.credentials = cast("LocalCredentials", gate)
    async with console_on(adapter, tenant_id=TENANT) as pilot:
        await go_to_credentials(pilot)
        app = pilot.app
        assert isinstance(app, ConsoleApp)
        await new_of(pilot, "k")
        await fill(pilot, "key", KEY)
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: gate.waiting)
        await pilot.press("1")
        await wait_for(pilot, lambda: pane_of(pilot).group == "Tenants")
        await go_to_credentials(pilot, "lamp-2")
        gate.open.set()
        await wait_for(pilot, lambda: not app.saves.pending)
        await settled(pilot)
        assert pane_of(pilot).current is None
    assert (await stored(tmp_path)).credentials[0].secrets[0].key == KEY
    assert (await stored(tmp_path, "lamp-2")).credentials == ()
