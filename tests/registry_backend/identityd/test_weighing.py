"""What an edit is held to account for: new faults, and rights that others gain by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry_backend.domain.errors import Denied
from registry_backend.domain.principals import FileChange
from registry_backend.identityd.principals import PrincipalFiles
from registry_backend.identityd.users import KnownUsers, User
from tests.registry_backend.identityd.gateway import BASE, Gateway, principal

LOCAL, MODULE = 'idtype = ["local"]', 'idtype = ["module"]'
PEOPLE = KnownUsers(tuple(User(uid, f"user-{uid}") for uid in range(1, 10)))


async def planned(gateway: Gateway, after: str) -> FileChange:
    """The plan of another text for the main file."""
    files = PrincipalFiles(gateway.main, gateway.folder, users=PEOPLE)
    return await files.plan_text(gateway.main, gateway.main.read_text(), after)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("max_requests = 'x'\n" + BASE, "cloud_timeout_sec = 5\n" + BASE, "cloud_timeout_sec"),
        ("max_requests = 'x'\n" + BASE, "max_requests = 'y'\n" + BASE, "max_requests"),
        (
            BASE + principal(1, "a").replace("= 1", "= 'x'") + principal(2, "b"),
            BASE + principal(1, "a") + principal(2, "b").replace("= 2", "= 'y'"),
            "principal.uid",
        ),
        (
            BASE + principal(1, "a", 'idtype = []\nlocalid.type = "x509"') + principal(2, "b"),
            BASE + principal(1, "a") + principal(2, "b", 'idtype = []\nlocalid.type = "x509"'),
            "localid is only for",
        ),
        (BASE + "x =\n", "hostname =\n" + BASE, "not TOML"),
        (BASE + principal(1, "a b", MODULE), BASE + principal(1, "a c", MODULE), "“a c”"),
    ],
)
async def test_a_new_fault_is_seen_though_another_of_its_kind_goes(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    """In one and the same edit."""
    gateway = Gateway(tmp_path).write(before)
    change = await planned(gateway, after)
    (stop,) = change.stops
    assert said in stop.message


@pytest.mark.parametrize(
    "text",
    [
        "max_requests = 'x'\n" + BASE + principal(1, "a", MODULE),
        BASE + principal(1, "a", MODULE) + "x =\n",
        BASE + principal(1, "a", 'idtype = []\nlocalid.type = "x509"'),
        BASE + principal(1, "a b", MODULE) + principal(2, "a b", MODULE),
    ],
)
async def test_old_faults_that_only_move_do_not_stop_an_edit(tmp_path: Path, text: str) -> None:
    """Their lines change with every line that is added above."""
    gateway = Gateway(tmp_path).write(text)
    assert (await planned(gateway, f"# a note\n{text}")).stops == ()


async def test_who_gains_full_access_by_anothers_change_is_told(tmp_path: Path) -> None:
    """The second untyped principal becomes the first when that goes, or gets a type."""
    gateway = Gateway(tmp_path, PEOPLE).write(BASE, a=principal(1, "A"), b=principal(2, "B"))
    files = PrincipalFiles(gateway.main, gateway.folder, users=PEOPLE)
    first = next(at for at in (await files.load()).principals if at.label == "A")
    assert first.principal is not None
    typed = first.principal.model_copy(update={"idtype": ()})
    for change in (await files.plan_delete(first), await files.plan_update(first, typed)):
        (told,) = [text for text in change.warnings if "“B”" in text]
        assert told.startswith("b.toml:1: “B” becomes the first principal without idtype")
        assert "uid 2 may call everything" in told
    renamed = await files.plan_update(first, first.principal.model_copy(update={"name": "C"}))
    assert not any("“B”" in text for text in renamed.warnings)


async def test_who_gains_an_effect_by_order_is_told(tmp_path: Path) -> None:
    """When untyped ones are swapped, or the later of two equal uids is swapped or goes."""
    gateway = Gateway(tmp_path).write(BASE + principal(1, "a") + principal(2, "b"))
    change = await planned(gateway, BASE + principal(2, "b") + principal(1, "a"))
    assert any("“b” becomes the first" in text for text in change.warnings)
    one, other = principal(1, "a", LOCAL), principal(1, "b", LOCAL)
    gateway.write(BASE + one + other)
    for after in (other + one, one):
        change = await planned(gateway, BASE + after)
        (told,) = [text for text in change.warnings if "takes effect" in text]
        assert "“a” takes effect, which it did not before: uid 1 gets the rights" in told


@pytest.mark.parametrize("linked", [False, True])
async def test_the_generated_file_is_never_edited_however_it_is_reached(
    tmp_path: Path, linked: bool
) -> None:
    """Named as the main file, or linked from it."""
    gateway = Gateway(tmp_path).write(None).put({"00-super.toml": BASE + principal(1, "a")})
    main = gateway.folder / "00-super.toml"
    if linked:
        gateway.main.symlink_to(main)
        main = gateway.main
    files = PrincipalFiles(main, gateway.folder, users=PEOPLE)
    config = await files.load()
    assert not any(file.text_editable for file in config.files)
    with pytest.raises(Denied, match="config apply"):
        await files.plan_text(main, BASE, "")
    with pytest.raises(Denied, match="config apply"):
        await files.plan_delete(config.principals[0])
