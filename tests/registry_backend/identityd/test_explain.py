"""What the daemon would answer, from the configuration alone (identityd 1, 1.1, 1.2 and 3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry_backend.domain.explanations import Answer, CallRequest
from registry_backend.domain.permissions import Operation, Role
from registry_backend.identityd.calls import Call, request_for, understand_call
from registry_backend.identityd.explain import explain, explain_all
from registry_backend.identityd.whole import Whole
from tests.registry_backend.identityd.gateway import BASE, Gateway, principal, unread

TABLES = (
    principal(1, "edge")
    + principal(2, "dev", 'idtype = ["device"]')
    + principal(3, "mod", 'idtype = ["module"]')
    + principal(4, "loc", 'idtype = ["local"]')
    + principal(5, "none", "idtype = []")
    + principal(6, "second")
)
VERSION = ("api-version", "2022-08-01")
AZIOT, OTHER = ("type", "aziot"), ("type", "bogus")
WITHOUT_HUB = BASE[: BASE.index("source")] + 'source = "none"\n[localid]\ndomain = "d"\n'


@pytest.fixture
def whole(tmp_path: Path) -> Whole:
    """A provisioned gateway with a principal of every kind."""
    return Gateway(tmp_path).write(BASE, all=TABLES).whole()


def ask(
    whole: Whole,
    uid: int,
    method: str,
    path: str,
    *query: tuple[str, str],
    body: bytes = b"",
    content_type: str | None = "application/json",
) -> Answer:
    """The answer to a request with the newest version."""
    request = CallRequest(
        method=method, path=path, query=(VERSION, *query), body=body, content_type=content_type
    )
    return explain(whole, uid, request)


@pytest.mark.parametrize("operation", Operation)
def test_the_plainest_request_of_each_call_is_that_call(operation: Operation) -> None:
    """Root is let through with it."""
    call = understand_call(request_for(operation, module_id="a b/ü%"))
    assert isinstance(call, Call)
    assert call.operation is operation
    assert call.module_id in (None, "a b/ü%")


@pytest.mark.parametrize(
    ("uid", "statuses"),
    [
        (0, [200, 200, 200, 204, 200, 200, 200, 200, 204, 200]),
        (1, [200, 200, 200, 204, 200, 200, 200, 200, 204, 200]),
        (2, [200, 200, 200, 401, 401, 401, 401, 401, 401, 200]),
        (3, [200, 200, 401, 401, 401, 401, 200, 401, 401, 200]),
        (4, [200, 200, 401, 401, 401, 401, 200, 401, 401, 200]),
        (5, [401, 200, 401, 401, 401, 401, 401, 401, 401, 200]),
        (6, [401, 200, 401, 401, 401, 401, 401, 401, 401, 200]),
        (99, [401, 200, 401, 401, 401, 401, 401, 401, 401, 200]),
    ],
)
def test_the_ten_answers_to_each_kind_of_caller(
    whole: Whole, uid: int, statuses: list[int]
) -> None:
    """In the order of the calls; of modules, about its own."""
    answers = explain_all(whole, uid, module_id="", kind="aziot")
    assert [answer.status for answer in answers] == statuses
    assert [answer.operation for answer in answers] == list(Operation)


def test_a_reason_names_the_principal_its_file_and_line(whole: Whole) -> None:
    """Of a refusal as of a consent."""
    refused = explain(whole, 3, request_for(Operation.LIST_MODULES))
    assert (refused.role, refused.principal, refused.line) == (Role.HOST_PROCESS, "mod", 9)
    assert refused.file is not None
    assert refused.file.name == "all.toml"
    assert refused.message == "authorization error"
    assert refused.who == "uid 3 is “mod” in all.toml:9, with the type module."
    assert "Only root and the daemon's principal" in refused.why
    second = explain(whole, 6, request_for(Operation.GET_DEVICE))
    assert "“second” in all.toml:21 has no effect" in second.who
    assert second.file is None


def test_where_the_hub_has_the_last_word_it_is_said(whole: Whole) -> None:
    """A local identity needs nobody else."""
    assert explain(whole, 3, request_for(Operation.GET_IDENTITY)).decided_by == "the hub"
    own = request_for(Operation.GET_MODULE, module_id="loc", kind="local")
    assert explain(whole, 4, own).decided_by == ""


@pytest.mark.parametrize(
    ("request_line", "status", "message"),
    [
        ("GET /identities/nothing", 404, "not found"),
        ("GET /identities/provisioning/", 404, "not found"),
        ("GET /identities/modules/", 404, "not found"),
        ("GET /identities/modules/a/b", 404, "not found"),
        ("GET /identities/modules/%ff", 404, "not found"),
        ("HEAD /identities/identity", 400, "method not allowed"),
        ("DELETE /identities/modules", 400, "method not allowed"),
        ("POST /identities/device", 400, "missing request body"),
        ("POST /identities/modules", 400, "missing request body"),
        ("PUT /identities/modules/a", 422, ""),
    ],
)
def test_requests_that_are_no_calls_are_refused_before_anybody_asks_who_calls(
    whole: Whole, request_line: str, status: int, message: str
) -> None:
    """To root and strangers alike."""
    method, path = request_line.split()
    for uid in (0, 99):
        answer = ask(whole, uid, method, path)
        assert (answer.status, answer.message) == (status, message)


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ((), 400, "api-version not specified"),
        ((("api-version", "2023-01-01"),), 400, 'invalid api-version "2023-01-01"'),
        ((VERSION, ("api-version", "x")), 400, 'invalid api-version "x"'),
        ((("api-version", "x"), VERSION), 200, ""),
        ((("api-version", "2020-09-01"),), 404, "not found"),
    ],
)
def test_of_api_versions_the_last_one_counts(
    whole: Whole, query: tuple[tuple[str, str], ...], status: int, message: str
) -> None:
    """Provisioning came with the second."""
    request = CallRequest(method="GET", path="/identities/provisioning", query=query)
    answer = explain(whole, 99, request)
    assert (answer.status, answer.message) == (status, message)


def test_the_body_is_read_before_rights_are_and_the_type_after(whole: Whole) -> None:
    """A stranger with malformed JSON gets 422; one with a bad type 401."""
    assert ask(whole, 99, "POST", "/identities/device", body=b"{").status == 422
    assert ask(whole, 99, "POST", "/identities/device", body=b"{}").status == 422
    assert ask(whole, 99, "DELETE", "/identities/modules/a", OTHER, body=b"{").status == 422
    assert ask(whole, 99, "GET", "/identities/modules", OTHER).status == 401
    plain = ask(whole, 0, "POST", "/identities/device", body=b"{}", content_type="text/plain")
    assert plain.message == "missing request body"
    plain = ask(whole, 99, "PUT", "/identities/modules/a", body=b"{}", content_type=None)
    assert plain.status == 415


@pytest.mark.parametrize(
    ("method", "path", "query", "cause"),
    [
        ("GET", "/identities/modules", (), "missing parameter"),
        ("GET", "/identities/modules", (OTHER, AZIOT), "invalid type: bogus"),
        ("GET", "/identities/modules", (("type", "local"),), "invalid type: local"),
        ("DELETE", "/identities/modules/a", (("type", "local"),), "invalid type: local"),
    ],
)
def test_of_types_the_first_one_counts(
    whole: Whole, method: str, path: str, query: tuple[tuple[str, str], ...], cause: str
) -> None:
    """And local is none where the hub alone is meant."""
    answer = ask(whole, 0, method, path, *query)
    assert answer.status == 400
    assert answer.message == f'parameter "type" has an invalid value\ncaused by: {cause}'


def test_local_identities_belong_to_principals(whole: Whole) -> None:
    """Theirs are fetched and never created; others are created and never fetched."""
    get = request_for(Operation.GET_MODULE, module_id="loc", kind="local")
    assert explain(whole, 0, get).status == 200
    get = request_for(Operation.GET_MODULE, module_id="mod", kind="local")
    for uid in (0, 3):
        assert "local identity for mod doesn't exist" in explain(whole, uid, get).message
    create = request_for(Operation.CREATE_MODULE, module_id="loc", kind="local")
    assert "local identity for loc already exists" in explain(whole, 0, create).message
    create = request_for(Operation.CREATE_MODULE, module_id="free", kind="local")
    assert explain(whole, 0, create).status == 200


def test_a_blank_name_is_no_module(whole: Whole) -> None:
    """Before the hub is asked."""
    answer = ask(whole, 0, "GET", "/identities/modules/%20", AZIOT)
    assert "module name cannot be empty" in answer.message


def test_without_a_hub_there_is_no_device(tmp_path: Path) -> None:
    """400 wherever one is needed; what is open to all stays so."""
    whole = (
        Gateway(tmp_path).write(WITHOUT_HUB, a=principal(4, "loc", 'idtype = ["local"]')).whole()
    )
    answers = {at.operation: at for at in explain_all(whole, 0, module_id="m", kind="aziot")}
    for operation in (Operation.GET_IDENTITY, Operation.GET_DEVICE, Operation.LIST_MODULES):
        assert answers[operation].status == 400
        assert answers[operation].message == "device identity not found"
    assert answers[Operation.GET_PROVISIONING].status == 200
    assert explain(whole, 4, request_for(Operation.GET_IDENTITY)).status == 400


def test_a_certificate_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """Without a domain it is a fault of the service; a name cut in two is one of the caller."""
    create = request_for(Operation.CREATE_MODULE, module_id="free", kind="local")
    without = Gateway(tmp_path).write(BASE[: BASE.index("[localid]")]).whole()
    answer = explain(without, 0, create)
    assert (answer.status, answer.message) == (500, "internal error")
    assert "no [localid]" in answer.why
    create = request_for(Operation.CREATE_MODULE, module_id="a" * 63 + "é", kind="local")
    answer = explain(Gateway(tmp_path).write(BASE).whole(), 0, create)
    assert answer.status == 400
    assert "the daemon dies of it" in answer.why


@pytest.mark.parametrize(
    "body",
    [
        b'{"type":"aziot","type":"aziot","moduleId":"a"}',
        b'{"type":"aziot","moduleId":"\\ud800"}',
        b'{"type":"aziot","moduleId":NaN}',
    ],
)
def test_a_body_is_read_as_strictly_as_by_the_service(whole: Whole, body: bytes) -> None:
    """And the reason says what is wrong with it."""
    answer = ask(whole, 0, "POST", "/identities/modules", body=body)
    assert answer.status == 422
    assert "cannot be used: " in answer.why


def test_what_this_user_may_not_read_is_a_caveat_of_its_own(shared_folder: Path) -> None:
    """The daemon may well start with it."""
    gateway = Gateway(shared_folder).write(BASE, a=TABLES, b=principal(7, "hidden", "idtype = []"))
    with unread(gateway.folder / "b.toml"):
        answer = explain(gateway.whole(), 0, request_for(Operation.GET_DEVICE))
    assert answer.status == 200
    assert "This user may not read all" in answer.caveat
    assert "would not start" not in answer.caveat


def test_a_configuration_that_cannot_be_read_is_explained_with_a_caveat(tmp_path: Path) -> None:
    """As far as the rest of it goes."""
    whole = Gateway(tmp_path).write(BASE, a=TABLES, b="[[principal]]\nuid = -1\n").whole()
    answer = explain(whole, 2, request_for(Operation.GET_DEVICE))
    assert answer.status == 200
    assert "would not start" in answer.caveat
