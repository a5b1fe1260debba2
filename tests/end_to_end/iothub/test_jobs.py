"""Jobs over HTTP, between folders of this machine (iothub 2.1 rows 8 to 13, 3.3, 4.5, 6.1)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.hono.client import Api, Reply
from tests.end_to_end.iothub.hub import HubApi, refusal

ARM = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices/IotHubs"


def finished(hub: HubApi, job_id: str) -> Any:
    """The job once it is at its end."""
    waited = threading.Event()
    for _ in range(200):
        job = hub("GET", f"/jobs/{job_id}").json
        if job["status"] not in ("enqueued", "running"):
            return job
        waited.wait(0.05)
    raise AssertionError(job)


def start(hub: HubApi, **members: object) -> Reply:
    """Ask for a job."""
    return hub("POST", "/jobs/create", members)


def lines_of(path: Path) -> list[Any]:
    """The lines of a file, decoded."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_export_writes_every_device(hub: HubApi, folder: Path) -> None:
    """200 with the job at once; its record says how it ended (rows 8 and 11)."""
    hub.bulk({"id": "a"}, {"id": "b", "status": "disabled"})
    created = start(hub, type="Export", outputBlobContainerUri=folder.as_uri())
    assert created.status == 200
    assert created.json["type"] == "export"
    assert created.json["status"] in ("enqueued", "running")
    job = finished(hub, created.json["jobId"])
    assert (job["status"], job["progress"], job["failureReason"]) == ("completed", 100, None)
    assert job["endTimeUtc"] >= job["startTimeUtc"]
    assert job["outputBlobContainerUri"] == folder.as_uri()
    lines = lines_of(folder / "devices.txt")
    assert [(line["id"], line["status"]) for line in lines] == [("a", "enabled"), ("b", "disabled")]
    assert lines[0]["authentication"] == {
        "symmetricKey": hub.get("a").json["authentication"]["symmetricKey"]
    }


@pytest.mark.parametrize(
    ("version", "asked", "excluded"),
    [
        ("2016-02-03", {}, True),
        ("2016-02-03", {"excludeKeysInExport": False}, False),
        ("2016-02-03", {"ExcludeKeys": False}, False),
        ("2016-04-30", {}, False),
        ("2021-04-12", {}, False),
        ("2021-04-12", {"excludeKeysInExport": True}, True),
    ],
)
def test_keys_are_left_out_by_version_and_wish(
    hub: HubApi, folder: Path, version: str, asked: dict[str, object], excluded: bool
) -> None:
    """The page of 2016 and the description of later versions differ (iothub 1, row 7)."""
    hub.put("a")
    at = HubApi(hub.api, version)
    created = start(at, type="export", outputBlobContainerUri=folder.as_uri(), **asked)
    assert created.json["excludeKeysInExport"] is excluded
    finished(hub, created.json["jobId"])
    keys = lines_of(folder / "devices.txt")[0]["authentication"]["symmetricKey"]
    assert (keys["primaryKey"] is None) is excluded


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/jobs/create"), ("GET", "/importdevices"),
                         ("POST", "/importdevices")]
)  # fmt: skip
def test_an_import_applies_lines_and_logs_failures(
    hub: HubApi, folder: Path, tmp_path: Path, method: str, path: str
) -> None:
    """By its own name and by that of the page; a blank around a name does no harm (rows 9, 10)."""
    output = tmp_path / "output"
    output.mkdir()
    (folder / "devices.txt").write_text(
        '{"id":"a","status":"enabled"}\n{"id":"b"}\n{"id":"c","status":"disabled"}\n'
    )
    body = {
        "type": "import",
        "inputBlobContainerUri ": folder.as_uri(),
        "outputBlobContainerUri": output.as_uri(),
    }
    created = hub(method, path, body)
    assert (created.status, created.json["type"]) == (200, "import")
    assert created.json["inputBlobContainerUri"] == folder.as_uri()
    assert finished(hub, created.json["jobId"])["status"] == "completed"
    assert [each["deviceId"] for each in hub("GET", "/devices").json] == ["a", "c"]
    assert [each["deviceId"] for each in lines_of(output / "importErrors.log")] == ["b"]


def test_another_name_of_the_blob_is_taken(hub: HubApi, folder: Path) -> None:
    """Of input and output."""
    (folder / "in.txt").write_text('{"id":"a","status":"enabled"}\n')
    uri = folder.as_uri()
    created = start(
        hub,
        type="import",
        inputBlobContainerUri=uri,
        outputBlobContainerUri=uri,
        inputBlobName="in.txt",
    )
    finished(hub, created.json["jobId"])
    out = start(hub, type="export", outputBlobContainerUri=uri, outputBlobName="out.txt")
    finished(hub, out.json["jobId"])
    assert [line["id"] for line in lines_of(folder / "out.txt")] == ["a"]


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({}, "ArgumentNull"),
        ({"type": "scheduleUpdateTwin"}, "ArgumentInvalid"),
        ({"type": 5}, "ArgumentInvalid"),
        ({"type": "export"}, "ArgumentNull"),
        ({"type": "export", "outputBlobContainerUri": ""}, "ArgumentNull"),
        ({"type": "export", "outputBlobContainerUri": 5}, "DeserializationError"),
        ({"type": "import", "outputBlobContainerUri": "file:///x"}, "ArgumentNull"),
        ({"type": "import", "inputBlobContainerUri": "file:///x"}, "ArgumentNull"),
        (
            {"type": "export", "outputBlobContainerUri": "file:///no/such/folder"},
            "BlobContainerValidationError",
        ),
        ({"type": "export", "outputBlobContainerUri": "/tmp"}, "BlobContainerValidationError"),
        (
            {"type": "export", "outputBlobContainerUri": "ftp://h/c"},
            "BlobContainerValidationError",
        ),
        (
            {"type": "export", "outputBlobContainerUri": "http://127.0.0.1:9/c?sig=SECRET"},
            "BlobContainerValidationError",
        ),
        (
            {
                "type": "export",
                "outputBlobContainerUri": "file:///x",
                "excludeKeysInExport": "perhaps",
            },
            "DeserializationError",
        ),
        (
            {
                "type": "export",
                "outputBlobContainerUri": "file:///x",
                "storageAuthenticationType": "identityBased",
            },
            "ArgumentInvalid",
        ),
    ],
)
def test_a_job_that_cannot_begin_is_refused(
    hub: HubApi, members: dict[str, object], code: str
) -> None:
    """400, nothing is kept of it, and no signature is repeated (iothub 2.3, 6.2)."""
    reply = hub("POST", "/jobs/create", members)
    assert refusal(reply) == (400, code)
    assert b"SECRET" not in reply.body
    assert hub("GET", "/jobs").json == []


def test_a_container_without_the_blob_is_refused(hub: HubApi, folder: Path) -> None:
    """Before the job is accepted."""
    uri = folder.as_uri()
    reply = start(hub, type="import", inputBlobContainerUri=uri, outputBlobContainerUri=uri)
    assert refusal(reply) == (400, "BlobContainerValidationError")


def test_jobs_are_listed_newest_first_and_only_the_hubs(
    server: Api, hub: HubApi, folder: Path
) -> None:
    """Another hub sees none of them (row 13)."""
    ids: list[str] = []
    for _ in range(2):
        created = start(hub, type="export", outputBlobContainerUri=folder.as_uri())
        ids.insert(0, created.json["jobId"])
        finished(hub, created.json["jobId"])
    assert [each["jobId"] for each in hub("GET", "/jobs").json] == ids
    other = f"hub-{uuid4()}"
    assert server("POST", f"/v1/tenants/{other}").status == 201
    stranger = HubApi(Api(server.address, headers={"Host": f"{other}.azure-devices.net"}))
    assert stranger("GET", "/jobs").json == []
    for method in ("GET", "DELETE"):
        assert refusal(stranger(method, f"/jobs/{ids[0]}")) == (404, "JobNotFound")


def test_a_job_that_is_not_there_is_not_found(hub: HubApi) -> None:
    """Read or cancelled (rows 11 and 12)."""
    for method in ("GET", "DELETE"):
        assert refusal(hub(method, f"/jobs/{uuid4()}")) == (404, "JobNotFound")


def test_a_finished_job_cannot_be_cancelled(hub: HubApi, folder: Path) -> None:
    """405, and its record stays (iothub 2.3)."""
    job_id = start(hub, type="export", outputBlobContainerUri=folder.as_uri()).json["jobId"]
    finished(hub, job_id)
    reply = hub("DELETE", f"/jobs/{job_id}")
    assert refusal(reply) == (405, "OperationNotAllowedInCurrentState")
    assert hub("GET", f"/jobs/{job_id}").json["status"] == "completed"


@pytest.fixture
def running(hub: HubApi, folder: Path) -> Iterator[str]:
    """An import that takes long enough to be looked at."""
    with (folder / "devices.txt").open("w") as lines:
        lines.writelines(f'{{"id":"d{number}","status":"enabled"}}\n' for number in range(60_000))
    uri = folder.as_uri()
    created = start(hub, type="import", inputBlobContainerUri=uri, outputBlobContainerUri=uri)
    yield created.json["jobId"]
    hub("DELETE", f"/jobs/{created.json['jobId']}")


def test_one_job_runs_at_a_time_and_can_be_cancelled(
    hub: HubApi, folder: Path, running: str
) -> None:
    """403 names the one that runs; 204 ends it at once, whatever If-Match says (row 12)."""
    reply = start(hub, type="export", outputBlobContainerUri=folder.as_uri())
    assert refusal(reply) == (403, "JobQuotaExceeded")
    assert running in reply.json["Message"]
    cancelled = hub("DELETE", f"/jobs/{running}", if_match=f'"{running}"')
    assert (cancelled.status, cancelled.body) == (204, b"")
    assert hub("GET", f"/jobs/{running}").json["status"] == "cancelled"


def test_scheduled_jobs_are_unknown(hub: HubApi) -> None:
    """200, after which clients ask for the other kind (iothub 2.2)."""
    assert hub("GET", "/jobs/v2/x").json == {"jobId": "x", "type": "unknown", "status": "unknown"}
    assert hub("GET", "/jobs/v2/query").json == []


def test_the_resource_provider_accepts_first(hub: HubApi, tenant: str, folder: Path) -> None:
    """202, no body, and three headers; the addresses tell how it ended (rows 8 and 9)."""
    hub.put("a")
    body = {"outputBlobContainerUri": folder.as_uri()}
    accepted = hub("POST", f"{ARM}/{tenant}/exportDevices", body)
    assert (accepted.status, accepted.body) == (202, b"")
    assert int(accepted.headers["retry-after"]) > 0
    finished(hub, accepted.headers["location"].rpartition("/")[2].partition("?")[0])
    place = accepted.headers["location"].partition("azure-devices.net")[2]
    result = hub.api("GET", place)
    assert (result.status, result.json["status"]) == (200, "completed")
    place = accepted.headers["azure-asyncoperation"].partition("azure-devices.net")[2]
    assert hub.api("GET", place).json["status"] == "Succeeded"
    back = {"inputBlobContainerUri": folder.as_uri(), "exportBlobContainerUri": folder.as_uri()}
    again = hub("POST", f"{ARM.lower()}/{tenant}/IMPORTDEVICES", back)
    assert again.status == 202
    finished(hub, again.headers["location"].rpartition("/")[2].partition("?")[0])


def test_the_older_form_of_an_export_answers_with_the_job(
    hub: HubApi, tenant: str, folder: Path
) -> None:
    """Its own names go in, the later ones come out (iothub 1, row 11)."""
    body = {"ExportBlobContainerUri": folder.as_uri(), "ExcludeKeys": True}
    reply = hub("POST", f"{ARM}/{tenant}/exportDevices", body)
    assert reply.status == 200
    assert reply.json["outputBlobContainerUri"] == folder.as_uri()
    assert reply.json["excludeKeysInExport"] is True
    finished(hub, reply.json["jobId"])


def test_the_resource_provider_knows_no_other_hub(hub: HubApi, folder: Path) -> None:
    """The hub is the one that the path names."""
    reply = hub("POST", f"{ARM}/nowhere/exportDevices", {"outputBlobContainerUri": folder.as_uri()})
    assert refusal(reply) == (404, "IotHubNotFound")
