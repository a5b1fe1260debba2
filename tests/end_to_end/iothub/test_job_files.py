"""What jobs read, write and log, asked for over a socket (iothub 6.2 to 6.5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.azurite import Azurite, needs_azurite, running_azurite
from tests.end_to_end.iothub.hub import KEY, OLD, OTHER_KEY, HubApi, keys_of, refusal
from tests.end_to_end.iothub.test_jobs import finished, lines_of, start

MISSING, EQUAL, OTHER = "missing", "equal", "other"
CURRENT, STALE = "MA==", "bm8="
DONE = 0
TABLE: dict[str, tuple[int, int, int]] = {
    # mode: (device missing, etag equal, etag differs): 0 done, else the number of the error
    "createOrUpdate": (DONE, DONE, DONE),
    "create": (DONE, 409001, 409001),
    "update": (404001, DONE, DONE),
    "updateIfMatchETag": (404001, DONE, 412001),
    "createOrUpdateIfMatchETag": (DONE, DONE, 412001),
    "delete": (404001, DONE, DONE),
    "deleteIfMatchETag": (404001, DONE, 412001),
    "updateTwin": (400004, 400004, 400004),
    "updateTwinIfMatchETag": (400004, 400004, 400004),
}


def imported(hub: HubApi, folder: Path, *lines: str) -> list[Any]:
    """The lines of the log of an import of these."""
    (folder / "devices.txt").write_text("".join(f"{line}\n" for line in lines))
    uri = folder.as_uri()
    created = start(hub, type="import", inputBlobContainerUri=uri, outputBlobContainerUri=uri)
    assert created.status == 200
    job = finished(hub, created.json["jobId"])
    # Failed lines do not fail the job (iothub 6.5).
    assert (job["status"], job["failureReason"], job["progress"]) == ("completed", None, 100)
    return lines_of(folder / "importErrors.log")


def exported(hub: HubApi, folder: Path, **members: object) -> list[str]:
    """The lines of an export."""
    created = start(hub, type="export", outputBlobContainerUri=folder.as_uri(), **members)
    assert finished(hub, created.json["jobId"])["status"] == "completed"
    return (folder / "devices.txt").read_text().splitlines()


def test_every_mode_does_to_every_device_what_the_table_says(hub: HubApi, folder: Path) -> None:
    """All of them in one file; each line that fails is told by its device (iothub 6.4)."""
    places = [(mode, place) for mode in TABLE for place in range(3)]
    states = (MISSING, EQUAL, OTHER)
    for mode, place in places:
        if states[place] != MISSING:
            assert hub.put(f"{mode}-{states[place]}").status == 200
    log = imported(
        hub,
        folder,
        *(
            json.dumps(
                {
                    "id": f"{mode}-{states[place]}",
                    "importMode": mode,
                    "eTag": CURRENT if states[place] == EQUAL else STALE,
                    "status": "disabled",
                    "statusReason": "imported",
                }
            )
            for mode, place in places
        ),
    )
    expected = {
        f"{mode}-{states[place]}": TABLE[mode][place]
        for mode, place in places
        if TABLE[mode][place]
    }
    assert {each["deviceId"]: each["errorCode"] for each in log} == expected
    assert all(each["errorStatus"] for each in log)
    for mode, place in places:
        name = f"{mode}-{states[place]}"
        shown = hub.get(name)
        if name in expected:
            assert shown.status == (404 if states[place] == MISSING else 200)
            assert shown.status == 404 or shown.json["statusReason"] is None
        elif mode.startswith("delete"):
            assert shown.status == 404
        else:
            assert (shown.json["status"], shown.json["statusReason"]) == ("disabled", "imported")


def test_each_line_that_cannot_be_taken_is_told_with_its_reason(hub: HubApi, folder: Path) -> None:
    """In the order of the file, and the others are applied (iothub 6.5)."""
    half = {"symmetricKey": {"primaryKey": KEY}}
    short = {"symmetricKey": {"primaryKey": "YQ==", "secondaryKey": KEY}}
    log = imported(
        hub,
        folder,
        '{"id":"first","status":"enabled"}',
        "no device",
        '{"id":"enum","status":"SELF_SIGNED"}',
        '{"id":"mode","status":"enabled","importMode":"upsert"}',
        '{"id":"none"}',
        '{"status":"enabled"}',
        "",
        json.dumps({"id": "half", "status": "enabled", "authentication": half}),
        json.dumps({"id": "short", "status": "enabled", "authentication": short}),
        '{"id":"bad id","status":"enabled"}',
        '{"id":"first","status":"disabled","importMode":"create"}',
        '{"id":"last","status":"Disabled"}',
    )
    assert [(each.get("deviceId"), each["errorCode"]) for each in log] == [
        (None, 400012),
        ("enum", 400012),
        ("mode", 400012),
        ("none", 400005),
        (None, 400005),
        ("half", 400004),
        ("short", 400004),
        ("bad id", 400004),
        ("first", 409001),
    ]
    assert log[0]["errorStatus"].startswith("Invalid device format in line: ")
    assert [each["line"] for each in log] == [2, 3, 4, 5, 6, 8, 9, 10, 11]
    assert KEY not in json.dumps(log)
    assert [each["deviceId"] for each in hub("GET", "/devices").json] == ["first", "last"]


def test_an_import_without_failures_empties_the_log_of_the_one_before(
    hub: HubApi, folder: Path
) -> None:
    """Nobody takes the failures of another day for those of this one (iothub 6.5)."""
    assert imported(hub, folder, '{"id":"d"}')
    assert imported(hub, folder, '{"id":"d","status":"enabled"}') == []
    assert (folder / "importErrors.log").stat().st_size == 0


def test_a_line_has_the_members_of_a_device_and_replaces_an_older_file(
    hub: HubApi, folder: Path
) -> None:
    """One object for each device, a reason only where there is one (iothub 6.3)."""
    (folder / "devices.txt").write_text("older\n" * 10_000)
    given = {"symmetricKey": {"primaryKey": KEY, "secondaryKey": OTHER_KEY}}
    hub.put("a", status="disabled", statusReason="why", authentication=given)
    hub.put("b", authentication={"type": "certificateAuthority"})
    first, second = (json.loads(line) for line in exported(hub, folder))
    assert list(first)[:5] == ["id", "eTag", "status", "statusReason", "authentication"]
    assert (first["id"], first["eTag"], first["status"]) == ("a", "MA==", "disabled")
    assert first["authentication"]["symmetricKey"] == given["symmetricKey"]
    assert "statusReason" not in second
    assert hub.delete("a").status == hub.delete("b").status == 204
    assert imported(hub, folder, *(folder / "devices.txt").read_text().splitlines()) == []
    assert keys_of(hub.get("a")) == (KEY, OTHER_KEY)
    assert hub.get("b").json["authentication"]["type"] == "certificateAuthority"


@pytest.mark.parametrize("version", [OLD, "2021-04-12"])
def test_keys_that_are_left_out_are_null(hub: HubApi, folder: Path, version: str) -> None:
    """Each line is a device still, so that a reader needs to skip nothing (iothub 6.3)."""
    made = keys_of(hub.put("a"))
    lines = exported(HubApi(hub.api, version), folder, excludeKeysInExport=True)
    assert [json.loads(line)["authentication"]["symmetricKey"] for line in lines] == [
        {"primaryKey": None, "secondaryKey": None}
    ]
    assert not any(key in line for key in made for line in lines)


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    """A real blob storage."""
    with running_azurite() as running:
        yield running


@pytest.fixture
def container(azurite: Azurite) -> str:
    """A container with one line."""
    name = f"c-{uuid4()}"
    azurite.make_container(name)
    azurite.put(name, "devices.txt", b'{"id":"d","status":"enabled"}\n')
    return name


@needs_azurite
@pytest.mark.xdist_group("azurite")
@pytest.mark.parametrize(
    ("reading", "writing", "told"),
    [
        ("w", "rwd", "Unauthorized to read from input blob container."),
        ("r", "rd", "Unauthorized to write to output blob container."),
        ("r", "rwl", "Unauthorized to delete from output blob container."),
    ],
)
def test_a_container_without_a_right_is_refused_before_there_is_a_job(
    hub: HubApi, azurite: Azurite, container: str, reading: str, writing: str, told: str
) -> None:
    """400 in the hub's words, and nothing of the signatures is repeated (iothub 6.2)."""
    uris = {
        "inputBlobContainerUri": azurite.sas(container, reading),
        "outputBlobContainerUri": azurite.sas(container, writing),
    }
    reply = start(hub, type="import", **uris)
    assert refusal(reply) == (400, "BlobContainerValidationError")
    assert told in reply.json["Message"]
    assert b"sig=" not in reply.body
    assert hub("GET", "/jobs").json == []


@needs_azurite
@pytest.mark.xdist_group("azurite")
def test_a_job_between_containers_shows_no_signature(
    hub: HubApi, azurite: Azurite, container: str
) -> None:
    """Reading, writing and deleting are enough (iothub 6.2); addresses come back bare (4.5)."""
    uri = azurite.sas(container, "rwd")
    created = start(hub, type="import", inputBlobContainerUri=uri, outputBlobContainerUri=uri)
    job = finished(hub, created.json["jobId"])
    assert (job["status"], azurite.get(container, "importErrors.log")) == ("completed", b"")
    bare = uri.partition("?")[0]
    assert (job["inputBlobContainerUri"], job["outputBlobContainerUri"]) == (bare, bare)
    listed = hub("GET", "/jobs")
    assert listed.json == [job]
    assert b"sig=" not in created.body + listed.body
    exporting = start(hub, type="export", outputBlobContainerUri=uri)
    finished(hub, exporting.json["jobId"])
    assert json.loads(azurite.get(container, "devices.txt"))["id"] == "d"


@needs_azurite
@pytest.mark.xdist_group("azurite")
def test_a_running_job_is_named_before_a_container_is_tried(
    hub: HubApi, azurite: Azurite, container: str, folder: Path
) -> None:
    """The quota comes first: 403 although the container would refuse (iothub 6.2)."""
    lines = (f'{{"id":"d{number}","status":"enabled"}}\n' for number in range(60_000))
    (folder / "devices.txt").write_text("".join(lines))
    uri = folder.as_uri()
    running = start(hub, type="import", inputBlobContainerUri=uri, outputBlobContainerUri=uri)
    job_id = running.json["jobId"]
    refused = start(hub, type="export", outputBlobContainerUri=azurite.sas(container, "r"))
    assert hub("DELETE", f"/jobs/{job_id}").status == 204
    assert refusal(refused) == (403, "JobQuotaExceeded")
    assert job_id in refused.json["Message"]
