"""Sockets that nobody serves well: each failure is told with its layer, and what next."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.adapters.identity import IdentityAdapter
from console.adapters.identity_caller import Caller
from console.adapters.identity_errors import Refusal, problem_of, words_of
from console.adapters.identity_names import cut_within_character
from console.adapters.identity_session import WAITING
from console.commands.connecting import Surroundings, adapter_to
from console.contexts_models import IdentityContext
from registry_backend.domain.errors import (
    AlreadyExists,
    Denied,
    Fault,
    Invalid,
    NotFound,
    RegistryError,
    Throttled,
    Unreachable,
    Unsupported,
)
from registry_backend.domain.permissions import Operation
from tests.contract.adapter_help import need
from tests.contract.identity_serving import (
    CALLER,
    CAMERA,
    SOCKET,
    STRANGER,
    UNPROVISIONED,
    on_socket,
    principal,
    serving_identity,
    short_folder,
)

Behave = Callable[["Peer", asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ALICE = Caller(1000, "alice")


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where the socket is."""
    with short_folder() as found:
        yield found


@dataclass(slots=True)
class Peer:
    """Something that listens on a socket, and what it was asked."""

    behave: Behave
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once somebody asked."""
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when all shall go home."""
    connections: set[asyncio.Task[Any]] = field(default_factory=set)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task
        self.connections.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            self.asked.append(head.split("\r\n", 1)[0])
            self.came.set()
            await self.behave(self, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def peer(folder: Path, behave: Behave) -> AsyncIterator[Peer]:
    """A peer on the folder's socket."""
    found = Peer(behave)
    server = await asyncio.start_unix_server(found, folder / SOCKET)
    async with server:
        yield found
        found.released.set()
        if found.connections:
            await asyncio.wait(found.connections)


def saying(data: bytes) -> Behave:
    """Answers every request with these bytes, then closes."""

    async def behave(_peer: Peer, _reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        to.write(data)
        await to.drain()

    return behave


def answer(status: int, members: Any = None, *, raw: bytes | None = None) -> bytes:
    """A whole answer."""
    body = json.dumps(members).encode() if raw is None else raw
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


async def failure(adapter: IdentityAdapter) -> RegistryError:
    """What opening ends in."""
    with pytest.raises(RegistryError) as caught:
        await adapter.open()
    return caught.value


def layer(error: RegistryError) -> str:
    """Where the attempt ended."""
    assert isinstance(error, Unreachable)
    return error.layer


# nobody there


async def test_no_socket_is_told_as_such(folder: Path) -> None:
    """With what makes one: systemd at once, the service itself only after provisioning."""
    error = await failure(on_socket(folder))
    assert layer(error) == "file"
    assert "there is no socket" in error.message
    assert "`systemctl start aziot-identityd.socket` makes it, whether the service" in error.hint
    assert "otherwise the service does, once the device is provisioned" in error.hint


async def test_a_folder_that_is_missing_is_told_as_such(folder: Path) -> None:
    """The service may not be installed at all."""
    error = await failure(on_socket(folder, folder / "run" / "identityd.sock"))
    assert layer(error) == "file"
    assert f"the folder {folder / 'run'} is not there" in error.message
    assert "installed" in error.hint


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: path.write_text("x"), "a plain file"),
        (lambda path: path.mkdir(), "a folder"),
        (os.mkfifo, "a named pipe"),
    ],
)
async def test_what_is_no_socket_is_named(
    folder: Path, make: Callable[[Path], object], kind: str
) -> None:
    """Without opening it: a pipe would hold the console for ever."""
    make(folder / SOCKET)
    error = await failure(on_socket(folder))
    assert layer(error) == "file"
    assert f"it is {kind}, not a socket" in error.message


async def test_links_that_lead_nowhere_are_told_as_such(folder: Path) -> None:
    """To nothing, or in a circle."""
    (folder / SOCKET).symlink_to(folder / "gone")
    assert "it is a link to" in (await failure(on_socket(folder))).message
    (folder / "gone").symlink_to(folder / SOCKET)
    assert "in a circle" in (await failure(on_socket(folder))).message


async def test_a_path_too_long_for_a_socket_is_told_as_such(folder: Path) -> None:
    """The kernel's own words would not say which part is too long."""
    error = await failure(on_socket(folder, folder / ("x" * 200)))
    assert layer(error) == "file"
    assert "107 bytes" in error.message


async def test_a_path_with_a_nul_is_refused(folder: Path) -> None:
    """No system call takes one."""
    with pytest.raises(Invalid, match="NUL"):
        on_socket(folder, Path("/run/\0"))


async def test_a_socket_that_nobody_listens_on_is_refused(folder: Path) -> None:
    """The file outlives the service; what to look at is said."""
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(folder / SOCKET))
    error = await failure(on_socket(folder))
    assert layer(error) == "refused"
    assert "journalctl -u aziot-identityd" in error.hint
    assert "where it listens itself, it does so only once the device is provisioned" in error.hint


# somebody there, who does not answer well


@pytest.mark.parametrize("data", [b"", b"HTTP/1.1 200"], ids=["no byte", "half a line"])
async def test_a_connection_dropped_without_an_answer_hints_at_the_limit(
    folder: Path, data: bytes
) -> None:
    """The daemon never says that one has too many connections."""
    async with peer(folder, saying(data)):
        error = await failure(on_socket(folder))
    assert layer(error) == "dropped"
    assert "max_requests" in error.hint
    assert f"uid {os.geteuid()}" in error.hint


async def test_an_answer_that_breaks_off_is_told_as_such(folder: Path) -> None:
    """The service died halfway."""
    whole = answer(200, {"certificate": ""})
    async with peer(folder, saying(whole[:-4])):
        error = await failure(on_socket(folder))
    assert layer(error) == "dropped"
    assert "halfway" in error.message


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x16\x03\x01\x00\xff",
        b"HTTP/1.1 zwei OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n" + b"z" * 9_000_000,
    ],
    ids=["ssh", "tls", "status", "length", "endless head", "endless body"],
)
async def test_garbage_is_no_identity_service(folder: Path, data: bytes) -> None:
    """Told as such, and never kept in memory beyond a bound."""
    async with peer(folder, saying(data)):
        error = await failure(on_socket(folder))
    assert layer(error) in ("protocol", "dropped")


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"[]", b'{"source": 3}', b"\xff", b"", b"null", b'{"source": "x"'],
)
async def test_an_answer_of_another_shape_is_a_fault(folder: Path, body: bytes) -> None:
    """It names the socket, which may be another service's."""
    async with peer(folder, saying(answer(200, raw=body))), on_socket(folder) as adapter:
        with pytest.raises(Fault, match="not one of an Identity Service"):
            await need(adapter.provisioning).info()
        with pytest.raises(Fault, match="not one of an Identity Service"):
            await need(adapter.modules).list()
        with pytest.raises(Fault) as told:
            await need(adapter.provisioning).device()
    assert "Identity Service: " in told.value.message
    assert told.value.message.count(". ") == 0


async def test_a_service_that_never_answers_is_given_up(folder: Path) -> None:
    """After the time that is due; the header says meanwhile that an answer is awaited."""

    async def silent(
        found: Peer, _reader: asyncio.StreamReader, _writer: asyncio.StreamWriter
    ) -> None:
        await found.released.wait()

    async with peer(folder, silent):
        adapter = on_socket(folder, first=0.3, quiet=0.05)
        told: list[str] = []
        adapter.on_health = told.append
        error = await failure(adapter)
    assert layer(error) == "timeout"
    assert "one call at a time" in error.hint
    assert told == [WAITING, "no answer"]


async def test_a_trickle_is_given_up_too(folder: Path) -> None:
    """Bytes now and then are no answer."""

    async def trickle(found: Peer, _from: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        to.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        while not found.released.is_set():
            to.write(b" ")
            await to.drain()
            await asyncio.sleep(0.01)

    async with peer(folder, trickle):
        assert layer(await failure(on_socket(folder, first=0.3))) == "timeout"


async def test_waiting_can_be_ended(folder: Path) -> None:
    """The connection goes with it, so that no place of this uid stays taken."""
    closed = asyncio.Event()

    async def hold(_found: Peer, reader: asyncio.StreamReader, _to: asyncio.StreamWriter) -> None:
        await reader.read()
        closed.set()

    async with peer(folder, hold) as found:
        call = asyncio.ensure_future(need(on_socket(folder).provisioning).own())
        await found.came.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        async with asyncio.timeout(30):
            await closed.wait()


# what is sent


async def test_each_call_has_a_connection_and_says_little(folder: Path) -> None:
    """The daemon counts connections and writes all headers into its journal."""
    listing = saying(answer(200, {"identities": []}))
    async with peer(folder, listing) as found, on_socket(folder) as adapter:
        await need(adapter.modules).list()
    assert found.asked == [
        "GET /trust-bundle?api-version=2022-08-01 HTTP/1.1",
        "GET /identities/modules?api-version=2022-08-01&type=aziot HTTP/1.1",
    ]
    lines = sorted(line.partition(":")[0].lower() for line in found.heads[1].split("\r\n")[1:-2])
    assert lines == ["accept", "accept-encoding", "connection", "host", "user-agent"]
    assert "Host: identityd.sock\r\n" in found.heads[1]
    assert "Connection: close\r\n" in found.heads[1]


async def test_changes_always_name_their_type(folder: Path) -> None:
    """The daemon refuses a PUT or DELETE without it, and a PUT without a body."""
    async with peer(folder, saying(answer(401, {"message": "authorization error"}))) as found:
        modules = need(on_socket(folder).modules)
        for call in (modules.update("a/b"), modules.delete("a/b")):
            with pytest.raises(Denied):
                await call
    assert [line.split("?")[0] for line in found.asked] == [
        "PUT /identities/modules/a%2Fb",
        "DELETE /identities/modules/a%2Fb",
    ]
    assert all("type=aziot" in line for line in found.asked)
    assert "content-type: application/json" in found.heads[0].lower()
    assert "content-length" not in found.heads[1].lower()


@pytest.mark.parametrize("module_id", [".", "..", "\ud800"])
async def test_ids_that_no_address_can_hold_are_not_sent(folder: Path, module_id: str) -> None:
    """They would name something else."""
    async with peer(folder, saying(b"")) as found:
        with pytest.raises(Invalid, match="Nothing was sent"):
            await need(on_socket(folder).modules).delete(module_id)
    assert found.asked == []


# versions


def taking(*versions: str) -> Behave:
    """A service that knows these api-versions."""

    async def behave(found: Peer, _reader: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        asked = found.asked[-1].split("api-version=")[1].split(" ")[0].split("&")[0]
        if asked in versions:
            to.write(answer(200, {"certificate": "", "identities": [], "source": "none"}))
        else:
            to.write(answer(400, {"message": f'invalid api-version "{asked}"'}))

    return behave


async def test_an_older_service_is_spoken_to_in_its_version(folder: Path) -> None:
    """Learned once, then used at once."""
    older = taking("2020-09-01", "2021-12-01")
    async with peer(folder, older) as found, on_socket(folder) as adapter:
        assert (await need(adapter.provisioning).info()).source == "none"
    versions = [line.split("api-version=")[1].split(" ")[0] for line in found.asked]
    assert versions == ["2022-08-01", "2021-12-01", "2021-12-01"]


async def test_the_oldest_service_tells_nothing_of_provisioning(folder: Path) -> None:
    """Which is said without asking; the rest works."""
    async with peer(folder, taking("2020-09-01")), on_socket(folder) as adapter:
        assert list(await need(adapter.modules).list()) == []
        with pytest.raises(Unsupported, match="2021-12-01"):
            await need(adapter.provisioning).info()


async def test_a_service_of_other_versions_is_not_supported(folder: Path) -> None:
    """It may be newer than the console."""
    async with peer(folder, taking("2031-01-01")):
        assert isinstance(await failure(on_socket(folder)), Unsupported)


# refusals


def refusal(status: int, words: str, **members: Any) -> RegistryError:
    """What comes of an answer about the module tide."""
    given: dict[str, Any] = {"operation": Operation.GET_MODULE, "module_id": "tide", **members}
    return problem_of(Refusal(status, words, "module tide", caller=ALICE, **given))


@pytest.mark.parametrize(
    ("status", "words", "kind", "said"),
    [
        (400, "device identity not found", NotFound, "not provisioned"),
        (400, "module identity not found", NotFound, "generation"),
        (400, "local identity for x doesn't exist", NotFound, "type local"),
        (400, "local identity for x already exists", AlreadyExists, "fetched"),
        (400, 'parameter "type" has an invalid value; missing parameter', Invalid, "not accepted"),
        (400, "method not allowed", Unsupported, "no such call"),
        (404, "not found", Unsupported, "no such call"),
        (404, "Hub client error; module x not found", NotFound, "hub cannot be reached"),
        (404, "Hub client error; ErrorCode:ModuleNotFound;x", NotFound, "no such thing"),
        (404, "Hub client error; ErrorCode:ModuleAlreadyExistsOnDevice;x", AlreadyExists, "has"),
        (404, "Hub client error; unexpected HTTP status code: 404 Not Found", NotFound, "no such"),
        (404, "Hub client error; unexpected HTTP status code: 401 X", Denied, "service itself"),
        (404, "Hub client error; unexpected HTTP status code: 429 X", Throttled, "slow down"),
        (404, "Hub client error; error trying to connect: dns error", Fault, "network"),
        (404, "DPS client error; whatever", Fault, "provisioning service"),
        (404, "Key client error; whatever", Fault, "aziot-keyd"),
        (408, "deadline has elapsed", Unreachable, "too long"),
        (415, "request body must be application/json", Invalid, "not accepted"),
        (422, "EOF while parsing", Invalid, "not accepted"),
        (500, "internal error", Fault, "journalctl"),
        (503, "what is this", Fault, "failed"),
        (400, "", Fault, "no Identity Service"),
    ],
)
def test_each_refusal_is_read_for_what_it_means(
    status: int, words: str, kind: type[RegistryError], said: str
) -> None:
    """Status and words both stand in the message; the hint says what next."""
    error = refusal(status, words)
    assert type(error) is kind
    assert said in str(error)
    assert f"HTTP {status}" in error.message
    assert words in error.message


@pytest.mark.parametrize(
    "name",
    ["pump-409", "m-429", "throttler", "m-401", "403", "404", "forbidden", "already", "Hub", "400"],
)
@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Hub client error; module {} not found", NotFound),
        ("Hub client error; ErrorCode:ModuleNotFound;{}", NotFound),
        ("Hub client error; ErrorCode:ModuleAlreadyExistsOnDevice;{}", AlreadyExists),
        ("Hub client error; ErrorCode:ArgumentInvalid;{}", Invalid),
        ("Hub client error; ErrorCode:ServerError;{}", Fault),
        ("Hub client error; unexpected HTTP status code: 404 Not Found", NotFound),
    ],
)
def test_a_modules_name_is_never_taken_for_a_reason(
    name: str, words: str, kind: type[RegistryError]
) -> None:
    """Though it reads like a status, or like what another refusal says."""
    assert type(refusal(404, words.format(name), module_id=name)) is kind


@pytest.mark.parametrize(
    ("operation", "needs"),
    [
        (Operation.GET_IDENTITY, "uid = 1000 and an idtype"),
        (Operation.GET_DEVICE, 'uid = 1000 and idtype = ["device"]'),
        (Operation.GET_MODULE, 'name = "tide", uid = 1000'),
        (Operation.LIST_MODULES, "Only root"),
        (Operation.REPROVISION, "Only root"),
    ],
)
def test_an_unauthorised_caller_is_told_which_principal_is_missing(
    operation: Operation, needs: str
) -> None:
    """Groups are not mentioned: they never lead to a 401."""
    error = refusal(401, "authorization error", operation=operation)
    assert isinstance(error, Denied)
    assert "uid 1000 (alice)" in error.message
    assert needs in error.hint
    assert "group" not in str(error)


def test_signatures_in_a_services_words_are_covered() -> None:
    """A hub's text may repeat what it was sent."""
    body = json.dumps(
        {"message": "Hub client error\ncaused by: sr=h&sig=c2VjcmV0%3D&se=1"}
    ).encode()
    assert words_of(body) == "Hub client error; sr=h&sig=••••••••&se=1"
    assert words_of(b"<html>") == ""
    assert len(words_of(json.dumps({"message": "x" * 5000}).encode())) == 300


# our own service as another sees it


async def test_whoever_has_no_principal_is_told_so_from_the_files(folder: Path) -> None:
    """What the configuration says of this uid stands beside what the service says."""
    nobody = principal("someone", "[]") + CAMERA
    async with serving_identity(folder, nobody), on_socket(folder) as adapter:
        with pytest.raises(Denied) as caught:
            await need(adapter.modules).list()
        assert f"uid {os.geteuid()} is “someone” in" in caught.value.message
        assert (await need(adapter.provisioning).info()).source == "manual"


async def test_a_name_that_is_taken_is_not_advised_to_be_added_again(folder: Path) -> None:
    """A second one would keep the service from starting; the first one's user may have it."""
    nobody = principal("someone", "[]") + CAMERA
    async with serving_identity(folder, nobody), on_socket(folder) as adapter:
        with pytest.raises(Denied) as caught:
            await need(adapter.modules).get("camera", "local")
    where = folder / "config.toml"
    assert f"The name belongs to uid {STRANGER} already, in {where} line" in caught.value.hint
    assert "Do not add a second principal of that name" in caught.value.hint
    assert "It needs a principal with name" not in caught.value.hint


async def test_whom_the_files_would_let_in_is_told_that_the_service_read_others(
    folder: Path,
) -> None:
    """Another table would change nothing."""
    async with serving_identity(folder, principal("someone", "[]")), on_socket(folder) as adapter:
        await need(adapter.principals).use(folder / "other.toml", folder / "config.d")
        (folder / "other.toml").write_text(CALLER)
        with pytest.raises(Denied) as caught:
            await need(adapter.modules).list()
    assert "By the configuration read here it would" in caught.value.message
    assert "whether it reads these files" in caught.value.hint


async def test_a_device_without_provisioning_is_told_as_such(folder: Path) -> None:
    """It is no error of the console."""
    async with serving_identity(folder, CALLER, UNPROVISIONED), on_socket(folder) as adapter:
        for call in (need(adapter.provisioning).own(), need(adapter.provisioning).device()):
            with pytest.raises(NotFound, match="not provisioned"):
                await call


async def test_too_many_connections_are_told_as_such(folder: Path) -> None:
    """Ten held open by this uid: the eleventh is dropped without a byte."""
    async with serving_identity(folder):
        held = [socket.socket(socket.AF_UNIX) for _ in range(10)]
        for one in held:
            one.connect(str(folder / SOCKET))
        error = await failure(on_socket(folder))
        assert layer(error) == "dropped"
        for one in held:
            one.close()


async def test_a_read_only_session_reads_and_cannot_write(folder: Path) -> None:
    """No request of a write leaves."""
    async with serving_identity(folder), on_socket(folder, read_only=True) as adapter:
        modules, provisioning = need(adapter.modules), need(adapter.provisioning)
        assert (await provisioning.device()).device_id == "device01"
        assert (await modules.get("camera", "local")).private_key
        for call in (
            lambda: modules.create("tide", "aziot"),
            lambda: modules.update("tide"),
            lambda: modules.delete("tide"),
            provisioning.reprovision,
        ):
            with pytest.raises(Denied, match="read-only"):
                await call()
        assert list(await modules.list()) == []


async def test_a_local_principal_whose_name_would_stop_a_daemon_is_not_fetched(
    folder: Path,
) -> None:
    """The cut falls into what the configuration puts behind the name."""
    async with serving_identity(folder) as path:
        config = folder / "config.toml"
        config.write_text(config.read_text().replace("example.com", "beispiele.käfig.example"))
        name = "x" * (64 - len(".gate.beispiele.k") - 1)
        async with on_socket(folder, path) as adapter:
            with pytest.raises(Invalid, match="Nothing was sent"):
                await need(adapter.modules).create(name, "local")


@given(st.text(max_size=80))
def test_a_name_is_dangerous_exactly_where_the_cut_splits_a_character(name: str) -> None:
    """As the daemon's own cut would."""
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        return
    try:
        encoded[:64].decode()
    except UnicodeDecodeError:
        assert cut_within_character(name)
    else:
        assert not cut_within_character(name)


async def test_a_saved_context_leads_to_the_service(folder: Path) -> None:
    """Named as the context is, with its files or those of the settings."""
    context = IdentityContext("gate", folder / SOCKET, read_only=True)
    around = Surroundings(folder / "config.toml", folder / "config.d", read_only=False)
    async with serving_identity(folder), adapter_to(context, around) as adapter:
        assert (adapter.title, adapter.address, adapter.kind, adapter.read_only) == (
            "gate",
            str(folder / SOCKET),
            "identity",
            True,
        )
        assert (await need(adapter.principals).load()).main_file == folder / "config.toml"
        assert adapter.caller_uid == os.geteuid()
