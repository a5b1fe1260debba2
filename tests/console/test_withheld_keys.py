"""Keys that a remote registry wants again with every change: asked for, or taken out (hono 3.6)."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Select

from console.adapters.hono import HonoAdapter
from console.dialogs.form import FieldView, FormScreen
from console.forms.withheld import completed, withheld, withheld_fields
from registry_backend.domain.errors import FieldProblem, Invalid
from tests.console.conftest import RunConsole, settled
from tests.console.hands import at_rest, dialog, fill, refused, until_told
from tests.console.jdbc_hono import JdbcHono, served
from tests.console.waiting import wait_for

LACKING = FieldProblem("[0].secrets[0].key", "is not shown by the registry: type it again")


def a_set() -> dict[str, Any]:
    """A pre-shared key as it is shown, and a password."""
    return {
        "credentials": [
            {"type": "psk", "auth-id": "p", "secrets": [{"id": "1"}]},
            {"type": "hashed-password", "auth-id": "u", "secrets": [{"id": "2"}]},
        ]
    }


def test_a_missing_key_is_found_by_the_path_of_the_refusal() -> None:
    """Only that of a secret that is there already, and only when nothing else is amiss."""
    (found,) = withheld(a_set(), [LACKING])
    assert (found.index, found.place, found.name) == (0, 0, "psk p")
    assert [each.label for each in withheld_fields([found])] == ["Key of psk p", "The key is"]
    other = FieldProblem("[1].auth-id", "must match")
    beyond = FieldProblem("[9].secrets[0].key", "is not shown")
    assert withheld(a_set(), [LACKING, other]) == ()
    assert withheld(a_set(), [beyond]) == ()
    new = {"credentials": [{"type": "psk", "auth-id": "p", "secrets": [{}]}]}
    assert withheld(new, [LACKING]) == ()
    assert withheld({"credentials": [None]}, [LACKING]) == ()
    assert withheld(a_set(), []) == ()


def test_the_set_is_completed_as_it_is_said() -> None:
    """With the key as base64 or from plain text, or without the secret; nothing is guessed."""
    missing = withheld(a_set(), [LACKING])
    (one,) = missing

    def after(key: str, way: str) -> list[dict[str, Any]]:
        values: dict[str, str | bool] = {one.key_field: key, one.way_field: way}
        listed: list[dict[str, Any]] = completed(a_set(), missing, values)["credentials"]
        return listed

    assert after("AQID", "base64")[0]["secrets"] == [{"id": "1", "key": "AQID"}]
    assert after("abc", "text")[0]["secrets"] == [{"id": "1", "key": "YWJj"}]
    assert [each["type"] for each in after("", "drop")] == ["hashed-password"]
    for key in ("", "no base64!"):
        with pytest.raises(Invalid) as caught:
            after(key, "base64")
        assert [each.field for each in caught.value.problems] == [one.key_field]


def test_one_secret_of_several_can_be_taken_out() -> None:
    """The credential stays with the others."""
    several = a_set()
    several["credentials"][0]["secrets"] = [{"id": "1"}, {"id": "3", "key": "AQID"}]
    (one,) = missing = withheld(several, [LACKING])
    assert one.name == "psk p, secret 1"
    left = completed(several, missing, {one.way_field: "drop"})["credentials"]
    assert left[0]["secrets"] == [{"id": "3", "key": "AQID"}]


def a_peer() -> JdbcHono:
    """One device with a key that is not shown and a password."""
    psk = {"type": "psk", "auth-id": "p", "secrets": [{"id": "1", "key": "AAAA"}]}
    word = {"type": "hashed-password", "auth-id": "u", "secrets": [{"id": "2", "pwd-hash": "x"}]}
    return JdbcHono(tenants={"yard": {}}, devices={"pump": {}}, credentials={"pump": [psk, word]})


async def comment_on_the_password(pilot: Pilot[None], text: str) -> FormScreen:
    """Change the comment of the password, up to the question for the key."""
    await pilot.press("e")
    await fill(pilot, "comment", text)
    await pilot.press("ctrl+s")
    await wait_for(
        pilot,
        lambda: "Keys of pump" in str(pilot.app.screen.query("DialogBox").first().border_title),
        "the question for the key",
    )
    return await dialog(pilot, FormScreen)


async def test_a_person_types_the_key_again_or_takes_it_out(run_console: RunConsole) -> None:
    """In one form between the change and its saving; turning away writes nothing."""
    peer = a_peer()
    async with (
        served(peer) as endpoint,
        run_console(HonoAdapter(endpoint), pane="devices", tenant_id="yard") as pilot,
    ):
        await pilot.press("3")
        await settled(pilot)
        form = await comment_on_the_password(pilot, "gate")
        labels = [view.spec.label for view in form.query(FieldView)]
        assert labels == ["Key of psk p", "The key is"]
        assert "type the key" in (await refused(pilot))["key-0-0"]
        await fill(pilot, "key-0-0", "AQID")
        await pilot.press("ctrl+s")
        await until_told(pilot, "Saved the credentials of pump")
        await at_rest(pilot)
        held = {each["type"]: each for each in peer.credentials["pump"]}
        assert held["psk"]["secrets"][0]["key"] == "AQID"
        assert held["hashed-password"]["comment"] == "gate"

        await comment_on_the_password(pilot, "left open")
        await pilot.press("escape")
        again = await dialog(pilot, FormScreen)
        assert "nothing has been written" in str(again.query_one("#problems").render())
        assert held == {each["type"]: each for each in peer.credentials["pump"]}
        await pilot.press("ctrl+s")
        await wait_for(
            pilot,
            lambda: bool(pilot.app.screen.query("#field-way-0-0")),
            "the question for the key",
        )
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-way-0-0", Select).value = "drop"
        await pilot.press("ctrl+s")
        await wait_for(pilot, lambda: len(peer.credentials["pump"]) == 1, "the key to be gone")
        await at_rest(pilot)
        assert peer.credentials["pump"][0]["comment"] == "left open"
