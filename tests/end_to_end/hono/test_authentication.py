"""Basic and Bearer authentication, and what is refused without them (hono 3.3)."""

from __future__ import annotations

import asyncio
import base64
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from registry_backend.api.authentication import Authentication
from registry_backend.domain.errors import Denied, Invalid
from registry_backend.domain.secrets import hash_password
from registry_backend.server import Listener, Serving, Tls, check_protection, is_loopback
from registry_backend.server_options import read_authentication
from tests.end_to_end.hono.client import Api, running

USERS = f"# who may call\nada:{hash_password('s3cret:x', cost=4)}\n\nbob:$2y$" + (
    hash_password("other", cost=4)[4:] + "\n"
)


def basic(name: str, password: str) -> str:
    """The header value."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


async def test_guesses_wait_for_each_other_and_not_everybody_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """However many passwords are tried at once, most threads stay free for other work."""
    at_work: list[int] = []
    most: list[int] = []
    turn = threading.Lock()

    def check(password: str, **_rest: object) -> bool:
        with turn:
            at_work.append(1)
            most.append(len(at_work))
        time.sleep(0.01)  # as bcrypt, which takes far longer
        with turn:
            at_work.pop()
        return password == "right"

    monkeypatch.setattr("registry_backend.api.authentication.verify_password", check)
    asked = Authentication(users={"ada": "$2a$04$" + "." * 53})
    found = await asyncio.gather(*(asked.user(basic("ada", f"guess {n}")) for n in range(12)))
    assert set(found) == {None}
    assert max(most) <= 2
    assert await asked.user(basic("ada", "right")) == "ada"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server that asks who calls."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "users").write_text(USERS)
    (folder / "tokens").write_text("robot:t0ken-of-the-robot\n")
    words = [f"basic:{folder / 'users'}", f"bearer:{folder / 'tokens'}"]
    serving = Serving(
        folder / "registry.sqlite",
        [Listener("127.0.0.1", 0)],
        authentication=read_authentication(words),
        access_log=True,
    )
    with running(serving) as (address,):
        yield Api(address)


@pytest.mark.parametrize(
    "header",
    [
        basic("ada", "s3cret:x"),
        basic("bob", "other"),
        "Bearer t0ken-of-the-robot",
        "bearer  t0ken-of-the-robot",
    ],
)
def test_a_known_caller_is_let_in(guarded: Api, header: str) -> None:
    """Each time; the second time without another hash."""
    api = replace(guarded, headers={"Authorization": header})
    for _ in range(2):
        assert api("GET", "/v1/tenants/none").status == 404


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic %%%",
        basic("ada", "wrong"),
        basic("ada", ""),
        basic("nobody", "s3cret:x"),
        basic("ada", "x" * 100),
        basic("ada", "a\0b"),
        "Bearer",
        "Bearer wrong",
        "Digest x",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
    ],
)
def test_anybody_else_is_401_with_a_challenge(guarded: Api, header: str | None) -> None:
    """On every path that is served, before the body is looked at; preflights need none."""
    api = replace(guarded, headers={} if header is None else {"Authorization": header})
    for target in ("/v1/tenants/t", "/openapi.json"):
        reply = api("GET", target)
        assert reply.status == 401
        assert reply.headers["www-authenticate"] == 'Basic realm="Hono", Bearer realm="Hono"'
        sent = "the Authorization sent is not accepted" if header else "send Authorization with"
        assert sent in reply.error
        assert reply.error.endswith("Basic or Bearer")
    page = replace(api, headers={"Origin": "x", "Access-Control-Request-Method": "GET"})
    assert page("OPTIONS", "/v1/tenants/t").status == 204


def test_the_access_log_has_no_query_and_no_credentials(
    guarded: Api, caplog: pytest.LogCaptureFixture
) -> None:
    """Method, path, status: nothing that is secret."""
    api = replace(guarded, headers={"Authorization": basic("ada", "s3cret:x")})
    with caplog.at_level(logging.INFO, "idconsole.access"):
        api("GET", "/v1/tenants?filterJson=hidden-value")
        api("GET", "/v1/tenants/%1b%5b31m")
    assert "GET /v1/tenants 400" in caplog.text
    for secret in ("hidden-value", "Basic", "s3cret", "YWRh", "\x1b"):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ada:plain", "line 1"),
        ("ada:$2a$10$short", "damaged"),
        ("# nobody\n", "names no user"),
        ("\xff", "UTF-8"),
    ],
)
def test_a_users_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, told: str) -> None:
    """With the line, and without what stands on it."""
    path = tmp_path / "users"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(Invalid, match=told) as caught:
        read_authentication([f"basic:{path}"])
    assert "plain" not in str(caught.value)


@pytest.mark.parametrize("word", ["basic", "basic:", "digest:x", "basic:/no/such/file"])
def test_a_word_that_makes_no_sense_is_refused(word: str) -> None:
    """With what would."""
    with pytest.raises(Invalid):
        read_authentication([word])


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "registry.example"])  # noqa: S104
def test_a_listener_open_to_others_needs_authentication_and_tls(tmp_path: Path, host: str) -> None:
    """Refused by name of what it lacks, unless told otherwise; nothing is opened."""
    data = tmp_path / "registry.sqlite"
    plain = Serving(data, [Listener(host, 28080)])
    with pytest.raises(Denied, match="no authentication and no TLS") as caught:
        check_protection(plain)
    assert "--insecure" in caught.value.hint
    tls = Tls(tmp_path / "cert", tmp_path / "key")
    with pytest.raises(Denied, match=r"no authentication\. "):
        check_protection(replace(plain, listeners=[Listener(host, 1, tls=tls)]))
    check_protection(replace(plain, insecure=True))
    assert not data.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_a_listener_on_this_machine_needs_none(host: str) -> None:
    """Only who is here can reach it."""
    assert is_loopback(host)
