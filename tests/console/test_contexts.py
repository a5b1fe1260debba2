"""Saved connections: read strictly, written in place, never a secret in clear."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.cli import main
from console.commands.connecting import Surroundings, adapter_to
from console.contexts import (
    contexts_path,
    load_contexts,
    parse_context,
    parse_contexts,
)
from console.contexts_models import (
    COLORS,
    UNSAVED_HUB,
    Context,
    Contexts,
    HonoContext,
    IdentityContext,
    IotHubContext,
    LocalContext,
    SecretPlace,
)
from console.contexts_secrets import authorization_of, connection_string_of
from console.contexts_writing import add_context, context_table, remove_context, use_context
from registry_backend.domain.errors import (
    AlreadyExists,
    Invalid,
    NotFound,
    RegistryError,
    Unreachable,
)
from registry_backend.domain.tenants import TenantAttributes
from tests.contract.adapter_help import fill, need
from tests.contract.hono_serving import connected, serving

HUB = "HostName=hub.example:1;SharedAccessKeyName=owner;SharedAccessKey=aHVudGVyMg=="
HANDWRITTEN = """\
# my registries
current = "lab"

[contexts.lab]   # on my desk
kind = "hono"
url = "http://localhost:28080"

[contexts.plant]
kind = "hono"
url = "https://registry.example:28443"
ca-file = "~/ca.pem"
user = "operator"
password-env = "PLANT_PASSWORD"
production = true
read-only = true
tenant = "north"

[contexts.copy]
kind = "local"
data = "/srv/copy.sqlite"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of a user of their own."""
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of contexts as a person writes it."""
    path = tmp_path / "contexts.toml"
    path.write_text(HANDWRITTEN, "utf-8")
    return path


def lab(**members: object) -> HonoContext:
    """A remote Hono."""
    return HonoContext("new", "https://registry.example", **members)  # type: ignore[arg-type]


# reading


def test_what_a_person_writes_is_read(path: Path) -> None:
    """Every kind, paths expanded, the current one."""
    contexts = load_contexts(path)
    assert contexts.current == "lab"
    assert contexts.names == ["local", "lab", "plant", "copy"]
    plant = contexts.named("plant")
    assert isinstance(plant, HonoContext)
    assert plant.password == SecretPlace("env", "PLANT_PASSWORD")
    assert plant.ca_file == Path("~/ca.pem").expanduser()
    assert (plant.production, plant.read_only, plant.tenant) == (True, True, "north")
    assert contexts.named("copy") == LocalContext("copy", data=Path("/srv/copy.sqlite"))
    assert contexts.named(None).name == "lab"


def test_without_a_file_there_is_the_users_own_registry(tmp_path: Path) -> None:
    """The context that is always there."""
    contexts = load_contexts(tmp_path / "none.toml")
    assert contexts.named(None) == LocalContext("local")
    with pytest.raises(NotFound, match="'lab'"):
        contexts.named("lab")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[contexts.a]\nkind='hono'\nurl='http://x'\nca-fil='y'", "contexts.a.ca-fil.*ca-file"),
        ("curent = 'a'", "curent.*current"),
        ("current = 'a'", "current names 'a'"),
        ("[contexts.a]\nkind='hobo'\nurl='http://x'", "contexts.a.kind.*hono"),
        ("[contexts.a]\nurl='http://x'", "contexts.a.kind"),
        ("[contexts.a]\nkind='hono'", "contexts.a.url is missing"),
        ("[contexts.a]\nkind='hono'\nurl='ftp://x'", "contexts.a.url must be like"),
        ("[contexts.a]\nkind='hono'\nurl='http://x:99999'", "contexts.a.url is not an address"),
        ("[contexts.a]\nkind='hono'\nurl='http://x?y=1'", "contexts.a.url must be like"),
        ("[contexts.a]\nkind='hono'\nurl=7", "contexts.a.url must be a text"),
        ("[contexts.a]\nkind='hono'\nurl='http://x'\ncompat='3'", "contexts.a.compat"),
        ("[contexts.a]\nkind='hono'\nurl='http://x'\nproduction='yes'", "production must be true"),
        ("[contexts.a]\nkind='hono'\nurl='http://x'\nuser='u'", "user and one of password-env"),
        ("[contexts.a]\nkind='hono'\nurl='https://x'\nclient-key='k'", "needs client-cert"),
        ("[contexts.a]\nkind='hono'\nurl='http://x'\nca-file='k'", "are for https"),
        (
            "[contexts.a]\nkind='hono'\nurl='http://x'\ntoken-env='A'\ntoken-file='b'",
            "more than once",
        ),
        (
            "[contexts.a]\nkind='hono'\nurl='http://x'\nuser='u'\npassword-env='A'\ntoken-env='B'",
            "both a password and a token",
        ),
        ("[contexts.a]\nkind='local'\ncolor='mauve'", "contexts.a.color must be one of red"),
        ("[contexts.a]\nkind='iothub'", "contexts.a: one of connection-string-env"),
        ("[contexts.a]\nkind='iothub'\nconnection-string='x'", "must not stand in this file"),
        (
            "[contexts.a]\nkind='iothub'\nconnection-string-env='X'\napi-version='2021'",
            "contexts.a.api-version must be like 2021-04-12",
        ),
        (
            "[contexts.a]\nkind='iothub'\nconnection-string-env='X'\nproxy='http://u:p@x'",
            "contexts.a.proxy holds a user",
        ),
        (
            "[contexts.a]\nkind='iothub'\nconnection-string-env='X'\ntenant='t'",
            "contexts.a.tenant is not a setting",
        ),
        ("[contexts.a]\nkind='identity'", "contexts.a.socket is missing"),
        ("[contexts.'a b']\nkind='local'", "cannot name a context"),
        ("[contexts.'../a']\nkind='local'", "cannot name a context"),
        ("contexts = 3", "contexts must be tables"),
        ("[contexts]\na = 3", "contexts.a must be a table"),
        ("not toml", "is not TOML"),
    ],
)
def test_each_fault_names_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    """And the nearest word that is known."""
    path = tmp_path / "contexts.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(Invalid, match=words) as caught:
        load_contexts(path)
    assert str(path) in caught.value.message


@pytest.mark.parametrize(
    "line",
    [
        "password = 'hunter2'",
        "token = 'hunter2'",
        "Secret = 'hunter2'",
        "url = 'http://u:hunter2@x'",
    ],
)
def test_a_secret_in_clear_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    """Named by file and key, with what to write instead."""
    path = tmp_path / "contexts.toml"
    given = "" if line.startswith("url") else "url = 'http://x'\n"
    path.write_text(f"[contexts.a]\nkind = 'hono'\n{given}{line}\n", "utf-8")
    with pytest.raises(Invalid, match="must not stand in this file") as caught:
        load_contexts(path)
    assert f"contexts.a.{line.partition(' ')[0]}" in caught.value.message
    assert "hunter2" not in str(caught.value)
    assert "password-env" in str(caught.value) or "token-env" in str(caught.value)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    """Or cannot be read at all."""
    path = tmp_path / "contexts.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid, match="not UTF-8"):
        load_contexts(path)
    with pytest.raises(Unreachable):
        load_contexts(tmp_path)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["current", "contexts", "a", "kind", "url", "user", "token-env"]),
                inner | st.sampled_from(["hono", "local", "http://x"]),
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_content_is_read_or_refused(members: object) -> None:
    """Never another error."""
    if not isinstance(members, dict):
        return
    found: Contexts | RegistryError
    try:
        found = parse_contexts(members, "f")
    except RegistryError as error:
        found = error
    assert isinstance(found, Contexts) or found.message.startswith("f: ")


# writing


def test_a_change_keeps_comments_and_the_other_contexts(path: Path) -> None:
    """Also the order and the quotes."""
    add_context(path, lab(compat="1.1", token=SecretPlace("file", "/run/token")))
    use_context(path, "plant")
    text = path.read_text("utf-8")
    assert "# my registries" in text
    assert '[contexts.lab]   # on my desk\nkind = "hono"' in text
    assert load_contexts(path).current == "plant"
    assert load_contexts(path).named("new") == lab(
        compat="1.1", token=SecretPlace("file", "/run/token")
    )
    remove_context(path, "plant")
    left = load_contexts(path)
    assert left.names == ["local", "lab", "copy", "new"]
    assert left.current == "local"
    for name in ("lab", "copy", "new"):
        remove_context(path, name)
    assert load_contexts(path).names == ["local"]
    add_context(path, lab())
    assert load_contexts(path).names == ["local", "new"]


def test_programs_that_change_the_file_at_once_lose_nothing(path: Path) -> None:
    """Each sees what those before it wrote."""
    names = [f"new-{number}" for number in range(8)]
    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(lambda name: add_context(path, replace(lab(), name=name)), names))
    assert set(names) < set(load_contexts(path).names)


def test_a_change_keeps_mode_and_line_ends(path: Path) -> None:
    """Whoever shares the file with others goes on sharing it."""
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    path.chmod(0o644)
    before = path.read_bytes()
    add_context(path, lab())
    remove_context(path, "new")
    assert path.stat().st_mode & 0o777 == 0o644
    assert path.read_bytes().startswith(before.rstrip())


def test_what_cannot_be_done_leaves_the_file_as_it_is(path: Path) -> None:
    """A name taken, one that is not there, one that is always there, a broken rule."""
    with pytest.raises(AlreadyExists, match="lab"):
        add_context(path, HonoContext("lab", "http://x"))
    with pytest.raises(NotFound, match="lob"):
        use_context(path, "lob")
    with pytest.raises(NotFound, match="lob"):
        remove_context(path, "lob")
    with pytest.raises(Invalid, match="always there"):
        remove_context(path, "local")
    with pytest.raises(Invalid, match="go together"):
        add_context(path, lab(user="u"))
    assert path.read_text("utf-8") == HANDWRITTEN


@pytest.mark.parametrize(
    "context",
    [
        LocalContext("new", data=Path("/a b/c.sqlite"), read_only=True),
        lab(ca_file=Path("/ca"), client_cert=Path("/c"), client_key=Path("/k"), production=True),
        lab(user="u", password=SecretPlace("keyring", "svc"), tenant="t", color="teal"),
        IotHubContext("new", SecretPlace("file", "/run/hub"), ca_file=Path("/ca"), color="red"),
        IotHubContext(
            "new",
            SecretPlace("keyring", "svc"),
            api_version="2018-06-30",
            proxy="http://proxy.example:3128",
            production=True,
        ),
        IdentityContext("new", Path("/run/identityd.sock"), read_only=True),
        IdentityContext("new", Path("/s"), main_file=Path("/c.toml"), config_dir=Path("/c.d")),
    ],
)
def test_a_context_is_read_as_it_was_written(tmp_path: Path, context: Context) -> None:
    """In a file that was not there before, whose folder neither was."""
    path = tmp_path / "new" / "contexts.toml"
    add_context(path, context)
    assert load_contexts(path).named("new") == context
    assert parse_context("new", context_table(context), "f") == context


# secrets


def test_secrets_come_from_where_the_context_says(tmp_path: Path) -> None:
    """A line break at the end of a file is not part of it."""
    basic = lab(user="ü", password=SecretPlace("env", "P"))
    header = authorization_of(basic, {"P": "sésame"})
    assert header is not None
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "ü:sésame"
    held = tmp_path / "token"
    held.write_text("abc.def\n", "utf-8")
    bearer = lab(token=SecretPlace("file", str(held)))
    assert authorization_of(bearer, {}) == "Bearer abc.def"
    assert authorization_of(lab(), {}) is None


def test_a_secret_that_is_not_there_is_told_without_guessing(tmp_path: Path) -> None:
    """An unset variable, a missing file, an empty one, one that no header can carry."""
    with pytest.raises(Invalid, match="env NOT_SET"):
        authorization_of(lab(token=SecretPlace("env", "NOT_SET")), {})
    with pytest.raises(Unreachable, match="No such file"):
        authorization_of(lab(token=SecretPlace("file", str(tmp_path / "no"))), {})
    (tmp_path / "empty").write_text("\n", "utf-8")
    with pytest.raises(Invalid, match="no secret"):
        authorization_of(lab(token=SecretPlace("file", str(tmp_path / "empty"))), {})
    with pytest.raises(Invalid, match="no header") as caught:
        authorization_of(lab(token=SecretPlace("env", "T")), {"T": "a\r\nX: hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_connection_string_comes_from_where_the_context_says(tmp_path: Path) -> None:
    """A line break at the end of a file is not part of it."""
    held = tmp_path / "hub"
    held.write_text(f"{HUB}\n", "utf-8")
    assert connection_string_of(IotHubContext("h", SecretPlace("file", str(held))), {}) == HUB
    assert connection_string_of(IotHubContext("h", SecretPlace("env", "H")), {"H": HUB}) == HUB
    with pytest.raises(Invalid, match="no secret in env H"):
        connection_string_of(IotHubContext("h", SecretPlace("env", "H")), {})


def test_the_keyring_is_asked_by_service_and_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through its library; where that is missing, the message says what to install."""
    place = SecretPlace("keyring", "plant")
    ring, errors = types.ModuleType("keyring"), types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    held = {("plant", "operator"): "sesame"}
    ring.get_password = lambda service, user: held.get((service, user))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    header = authorization_of(lab(user="operator", password=place), {})
    assert header == "Basic " + base64.b64encode(b"operator:sesame").decode()
    with pytest.raises(Invalid, match="no secret in keyring plant"):
        authorization_of(lab(user="other", password=place), {})
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(Invalid, match="extra `keyring`"):
        authorization_of(lab(user="operator", password=place), {})


def test_no_adapter_shows_its_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in its address, not in the repr of what it connects to."""
    monkeypatch.setenv("T", "hunter2")
    around = Surroundings(tmp_path / "c.toml", tmp_path / "c.d", read_only=False)
    adapter = adapter_to(lab(token=SecretPlace("env", "T"), production=True), around)
    assert (adapter.title, adapter.address) == ("new", "https://registry.example")
    assert adapter.production
    assert "hunter2" not in repr(vars(adapter))


def test_a_hub_has_the_name_colour_and_flags_of_its_context(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of its key is shown."""
    monkeypatch.setenv("H", HUB)
    around = Surroundings(tmp_path / "c.toml", tmp_path / "c.d", read_only=True)
    place = SecretPlace("env", "H")
    saved = adapter_to(IotHubContext("plant", place, production=True, color="teal"), around)
    assert (saved.kind, saved.title, saved.address) == ("iothub", "plant", "https://hub.example:1")
    assert (saved.production, saved.read_only, saved.color) == (True, True, COLORS["teal"])
    unsaved = adapter_to(IotHubContext(UNSAVED_HUB, place), around)
    assert unsaved.title == "hub"
    assert "aHVudGVyMg" not in repr(vars(saved))


# the command line


def test_contexts_are_kept_by_commands(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Added, listed, shown, chosen, removed; files are named from the root."""
    assert main(["context", "add", "lab", "--url", "http://localhost:1", "--tenant", "t"]) == 0
    assert main(["context", "add", "copy", "--data", "copy.sqlite", "--read-only"]) == 0
    assert main(["context", "use", "lab"]) == 0
    capsys.readouterr()
    assert main(["context", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(each["name"], each["current"]) for each in listed] == [
        ("local", False),
        ("lab", True),
        ("copy", False),
    ]
    assert Path(listed[2]["data"]).is_absolute()
    assert main(["context", "show"]) == 0
    assert json.loads(capsys.readouterr().out)["url"] == "http://localhost:1"
    assert main(["context", "remove", "lab"]) == 0
    assert load_contexts(contexts_path()).current == "local"
    assert contexts_path().is_relative_to(home)


@pytest.mark.usefixtures("home")
def test_contexts_of_every_kind_are_added_by_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A connection string that is there is looked at, one that is not may come later."""
    monkeypatch.setenv("H", HUB)
    hub = ("context", "add", "hub", "--connection-string-from")
    assert main([*hub, "env:H", "--color", "teal", "--proxy", "http://proxy:3128"]) == 0
    assert main(["context", "add", "later", "--connection-string-from", "env:LATER"]) == 0
    gateway = ("context", "add", "gateway", "--kind", "identity", "--socket", "/run/id.sock")
    assert main([*gateway, "--config", "/etc/c.toml"]) == 0
    told = capsys.readouterr()
    assert "no secret in env LATER" in told.err
    assert "aHVudGVyMg" not in told.err + told.out
    contexts = load_contexts(contexts_path())
    assert contexts.named("hub") == IotHubContext(
        "hub", SecretPlace("env", "H"), proxy="http://proxy:3128", color="teal"
    )
    assert contexts.named("gateway") == IdentityContext(
        "gateway", Path("/run/id.sock"), main_file=Path("/etc/c.toml")
    )
    monkeypatch.setenv("BROKEN", "HostName=hub.example;SharedAccessKey=aHVudGVyMg==")
    assert main(["context", "add", "broken", "--connection-string-from", "env:BROKEN"]) == 1
    told = capsys.readouterr()
    assert "SharedAccessKeyName" in told.err
    assert "aHVudGVyMg" not in told.err


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["context"], 2, "ACTION"),
        (["context", "add", "x"], 2, "--url"),
        (["context", "add", "x", "--url", "http://a", "--data", "b"], 2, "--url"),
        (["context", "add", "x", "--kind", "hono", "--data", "b"], 2, "--url"),
        (["context", "add", "x", "--url", "http://a", "--proxy", "http://b"], 2, "--proxy"),
        (["context", "add", "x", "--socket", "/s", "--tenant", "t"], 2, "--tenant"),
        (["context", "add", "x", "--socket", ""], 2, "--socket: a path is needed"),
        (["principals", "check", "--config", ""], 2, "--config: a path is needed"),
        (["context", "add", "x", "--connection-string-from", "HostName=h"], 2, "env:VARIABLE"),
        (["list", "jobs", "--connection-string-from", "env:X", "--data", "y"], 2, "leave out"),
        (["serve", "--connection-string-from", "env:X"], 2, "not for serve"),
        (["list", "jobs", "--connection-string-from", "env:NOT_SET"], 1, "no secret in env"),
        (["context", "add", "a b", "--url", "http://a"], 1, "cannot name"),
        (["context", "add", "x", "--url", "http://u:p@a"], 1, "must not stand"),
        (["context", "use", "x"], 1, "no context named 'x'"),
        (["list", "tenants", "--context", "x"], 1, "no context named 'x'"),
        (["list", "tenants", "--context", "x", "--data", "y"], 2, "leave out"),
        (["serve", "--context", "x"], 2, "not for serve"),
    ],
)
@pytest.mark.usefixtures("home")
def test_what_makes_no_sense_is_told(
    words: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """2 for wrong usage, 1 for what fails."""
    assert main(words) == code
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("home")
async def test_commands_read_a_remote_registry(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same lists, numbers and documents as of one's own."""

    async def run(*words: str) -> str:
        assert await asyncio.to_thread(main, words) == 0
        return capsys.readouterr().out

    async with serving(tmp_path / "r.sqlite") as endpoint, connected(endpoint) as adapter:
        await need(adapter.tenants).create("yard", TenantAttributes())
        await fill(need(adapter.devices), "yard", "pump", "valve")
        await run("context", "add", "lab", "--url", endpoint.url, "--tenant", "yard")
        assert await run("count", "devices", "--context", "lab") == "2\n"
        await run("context", "use", "lab")
        listed = json.loads(await run("list", "devices", "--json", "--filter", "pump"))
        assert [each["device-id"] for each in listed] == ["pump"]
        shown = json.loads(await run("get", "tenant", "yard"))
        assert (shown["tenant-id"], shown["created"]) == ("yard", None)
        assert await asyncio.to_thread(main, ["list", "jobs"]) == 2
        assert "no jobs" in capsys.readouterr().err
