"""What an export writes, an import reads back to the same registry."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry_backend.domain.credentials import Credential, CredentialSet
from registry_backend.domain.devices import Device, DeviceAttributes
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.jobs import ImportMode, JobStatus, JobType
from registry_backend.domain.timestamps import now
from registry_backend.storage.base import Store, Transaction
from registry_backend.storage.sqlite import open_sqlite
from tests.registry_backend.jobs.support import (
    KEYS,
    Fleet,
    Jobs,
    add_tenant,
    hub_line,
    keys_in,
    read_fleet,
)
from tests.wire.hono_example import example_files

EXPORT = JobType.EXPORT

_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_texts, inner, max_size=3),
    max_leaves=5,
)
_ids = st.text("abcXYZ019-:.+%_#*?!(),=@;$'", min_size=1, max_size=12)
_attributes = st.fixed_dictionaries(
    {},
    optional={
        "enabled": st.booleans(),
        "status-reason": st.text("äx ", min_size=1, max_size=9),
        "via": st.lists(_ids, min_size=1, max_size=3),
        "ext": st.dictionaries(_texts, _json, max_size=3),
        "x-unknown": _json,
        "iothub": st.fixed_dictionaries({"capabilities": st.just({"iotEdge": True})}),
    },
)
_keys = st.lists(st.sampled_from(KEYS), min_size=2, max_size=2)
_fleets = st.dictionaries(_ids, st.tuples(_attributes, _keys, st.booleans()), max_size=15)


def _credentials(device_id: str, keys: list[str], *, password: bool) -> list[Credential]:
    secrets = [{"id": generate_id(), "key": key, "comment": "ö"} for key in keys]
    drafts: list[dict[str, Any]] = [{"type": "psk", "auth-id": device_id, "secrets": secrets}]
    if password:
        secret = {
            "id": generate_id(),
            "hash-function": "sha-512",
            "pwd-hash": base64.b64encode(bytes(64)).decode(),
            "salt": "c2FsdA==",
            "not-after": "2030-01-01T00:00:00Z",
        }
        drafts.append(
            {
                "type": "hashed-password",
                "auth-id": f"u{device_id.encode().hex()}",
                "secrets": [secret],
            }
        )
        generic = {"id": generate_id(), "anything": {"deep": [1, None]}}
        drafts.append({"type": "vendor-x", "auth-id": device_id, "secrets": [generic]})
    return [Credential.parse(draft) for draft in drafts]


async def _fill(store: Store, fleet: dict[str, tuple[dict[str, Any], list[str], bool]]) -> None:
    rows = [
        (
            Device(
                tenant_id="T",
                device_id=device_id,
                attributes=DeviceAttributes.parse(attributes),
                version=generate_id(),
                revision=0,
                generation_id=f"g{number}",
                created_at=now(),
            ),
            _credentials(device_id, keys, password=password),
        )
        for number, (device_id, (attributes, keys, password)) in enumerate(fleet.items())
    ]

    def work(transaction: Transaction) -> None:
        transaction.put_devices(rows)

    await store.write(work)


def _whole(fleet: Fleet) -> dict[str, Any]:
    def shown(device: Device, credentials: CredentialSet) -> Any:
        return (
            device.attributes,
            device.generation_id,
            device.created_at,
            credentials.credentials,
        )

    return {device_id: shown(*row) for device_id, row in fleet.items()}


_slow = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_slow
@given(fleet=_fleets)
async def test_ndjson_copies_a_tenant_faithfully(
    tmp_path: Path, fleet: dict[str, tuple[dict[str, Any], list[str], bool]]
) -> None:
    """Attributes, credentials with hashes, generation ids, times and the tenant are equal."""
    folder = tmp_path / generate_id()
    folder.mkdir()
    here, there = await open_sqlite(folder / "a.sqlite"), await open_sqlite(folder / "b.sqlite")
    await add_tenant(here, "T", ext={"ä": 1}, alias="t", **{"minimum-message-size": 5})
    await _fill(here, fleet)
    source, target = Jobs(here, folder), Jobs(there, folder)

    written = await source.run(source.spec(EXPORT, format="ndjson"))
    read = await target.run(target.spec(format="ndjson"))

    assert written.counts.lines == len(fleet)
    assert read.counts.failed == 0, await target.codes(read)
    assert read.counts.created == len(fleet) + 1
    assert _whole(await read_fleet(there)) == _whole(await read_fleet(here))
    tenants = [await each.read(lambda view: view.get_tenant("T")) for each in (here, there)]
    assert tenants[0] is not None
    assert tenants[1] is not None
    assert tenants[0].attributes == tenants[1].attributes
    for store in (here, there):
        await store.close()


@_slow
@given(fleet=_fleets)
async def test_device_lines_carry_keys_and_status(
    tmp_path: Path, fleet: dict[str, tuple[dict[str, Any], list[str], bool]]
) -> None:
    """All that IoT Hub knows of a device comes back."""
    folder = tmp_path / generate_id()
    folder.mkdir()
    here, there = await open_sqlite(folder / "a.sqlite"), await open_sqlite(folder / "b.sqlite")
    await add_tenant(here, "T")
    await add_tenant(there, "T")
    await _fill(here, fleet)
    source, target = Jobs(here, folder), Jobs(there, folder)

    await source.run(source.spec(EXPORT))
    read = await target.run(target.spec())

    before, after = await read_fleet(here), await read_fleet(there)
    assert read.counts.failed == 0, await target.codes(read)
    assert list(after) == list(before)
    for device_id, (device, _) in before.items():
        copy = after[device_id][0]
        assert copy.enabled == device.enabled
        assert copy.attributes.status_reason == device.attributes.status_reason
        assert copy.attributes.hub == device.attributes.hub
        assert keys_in(after, device_id) == keys_in(before, device_id)
    for store in (here, there):
        await store.close()


async def test_importing_an_export_changes_no_key_and_no_secret_id(
    jobs: Jobs, store: Store
) -> None:
    """The round trip into the same registry moves only versions."""
    await jobs.import_lines(hub_line("a"), hub_line("b", keys=(2, 2), status="disabled"))
    before = await read_fleet(store)

    await jobs.run(jobs.spec(EXPORT))
    job = await jobs.run(jobs.spec(mode=ImportMode.UPDATE_IF_MATCH_ETAG))

    after = await read_fleet(store)
    assert job.counts.updated == 2
    for device_id, (device, credentials) in after.items():
        assert device.attributes == before[device_id][0].attributes
        assert credentials.credentials == before[device_id][1].credentials


async def test_an_export_of_many_pages_is_whole_and_in_key_order(jobs: Jobs) -> None:
    """Pages join without a gap or a repetition."""
    ids = [f"d{number:05}" for number in range(4100)]
    await jobs.import_lines(*[hub_line(device_id) for device_id in ids])

    job = await jobs.run(jobs.spec(EXPORT))

    lines = (jobs.folder / "devices.txt").read_text().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ids
    assert job.total_lines == job.counts.lines == len(ids)
    assert job.fraction == 1.0


async def test_an_export_is_for_its_owners_eyes(jobs: Jobs) -> None:
    """It holds keys, and it replaces a file that anyone could read."""
    await jobs.import_lines(hub_line("a"))
    (jobs.folder / "devices.txt").chmod(0o644)

    await jobs.run(jobs.spec(EXPORT))

    target = jobs.folder / "devices.txt"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(path.name for path in jobs.folder.iterdir()) == [
        "devices.txt",
        "importErrors.log",
    ]


async def test_keys_can_be_left_out(jobs: Jobs) -> None:
    """They are null then (iothub 6.3)."""
    await jobs.import_lines(hub_line("a"))

    await jobs.run(jobs.spec(EXPORT, exclude_keys=True))

    text = (jobs.folder / "devices.txt").read_text()
    assert '"primaryKey":null' in text
    assert not any(key in text for key in KEYS)


async def test_a_device_whose_id_a_hub_refuses_is_reported(jobs: Jobs, store: Store) -> None:
    """Hono allows longer ids; the rest is written."""
    await _fill(store, {"x" * 129: ({}, KEYS[:2], False), "short": ({}, KEYS[:2], False)})

    job = await jobs.run(jobs.spec(EXPORT))

    errors = await jobs.runner.errors(job.job_id, skip=0, limit=10)
    assert (job.counts.lines, job.counts.failed) == (1, 1)
    assert [error.device_id for error in errors] == ["x" * 129]


async def test_hono_files_go_in_and_come_out_again(jobs: Jobs, store: Store) -> None:
    """Tenants of the files are created; a second trip through files changes nothing."""
    for name, content in example_files().items():
        (jobs.folder / name).write_bytes(content)

    first = await jobs.run(jobs.spec(format="hono-1.1", tenant_id="*"))

    fleet = await read_fleet(store, "DEFAULT_TENANT")
    assert first.status is JobStatus.COMPLETED
    assert first.counts.failed == 2
    assert first.counts.created == 5
    assert sorted(fleet) == ["4711", "4712", "gw-1"]
    assert all(
        secret.id
        for _, credentials in fleet.values()
        for credential in credentials.credentials
        for secret in credential.secrets
    )

    written = await jobs.run(jobs.spec(EXPORT, format="hono-1.1", tenant_id="*"))
    again = await jobs.run(jobs.spec(format="hono-1.1", tenant_id="*"))

    assert written.counts.lines == 3
    assert again.counts.failed == 0
    after = await read_fleet(store, "DEFAULT_TENANT")
    for device_id, (device, credentials) in fleet.items():
        assert after[device_id][0].attributes == device.attributes
        assert _without_ids(after[device_id][1]) == _without_ids(credentials)
    tenants = json.loads((jobs.folder / "tenants.json").read_text())
    assert [tenant["tenant-id"] for tenant in tenants] == ["DEFAULT_TENANT", "HTTP_TENANT", "T"]


def _without_ids(credentials: CredentialSet) -> list[Any]:
    """Hono 1.1 has no ids of secrets."""
    listed = [credential.to_json() for credential in credentials.credentials]
    for credential in listed:
        for secret in credential["secrets"]:
            secret.pop("id")
    return listed


async def test_a_tenant_that_only_devices_name_is_created(jobs: Jobs, store: Store) -> None:
    """Nothing else would give them a home."""
    devices = [{"tenant": "new", "devices": [{"device-id": "d", "data": {}}]}]
    (jobs.folder / "device-identities.json").write_text(json.dumps(devices))

    job = await jobs.run(jobs.spec(format="hono-1.1", tenant_id="*"))

    assert (job.counts.created, job.counts.failed) == (2, 0)
    assert list(await read_fleet(store, "new")) == ["d"]


async def test_credentials_of_a_device_nobody_knows_are_reported(jobs: Jobs, store: Store) -> None:
    """A device is not made up from its credentials."""
    entry = {"device-id": "ghost", "type": "psk", "auth-id": "u", "secrets": [{"key": "AA=="}]}
    (jobs.folder / "credentials.json").write_text(
        json.dumps([{"tenant": "T", "credentials": [entry]}])
    )

    job = await jobs.run(jobs.spec(format="hono-1.1", tenant_id="*"))

    assert await jobs.codes(job) == [(None, 404001)]
    assert await read_fleet(store) == {}


async def test_what_the_registry_would_refuse_is_reported_and_its_neighbours_kept(
    jobs: Jobs, store: Store
) -> None:
    """A file brings nothing in that a client could not write."""
    anchor = {
        "subject-dn": "CN=ca",
        "public-key": "bm8ga2V5",
        "not-before": "2020-01-01T00:00:00Z",
        "not-after": "2030-01-01T00:00:00Z",
    }
    tenants = [{"tenant-id": "new", "minimum-message-size": 7, "trusted-ca": [anchor]}]
    devices = [{"tenant": "new", "devices": [{"device-id": "d", "data": {}}]}]
    weak = {"hash-function": "bcrypt", "pwd-hash": "$2b$10$x"}
    credentials = [
        {"device-id": "d", "type": "hashed-password", "auth-id": "u", "secrets": [weak]},
        {"device-id": "d", "type": "psk", "auth-id": "u", "secrets": [{"key": KEYS[0]}]},
    ]
    contents = {
        "tenants": tenants,
        "device-identities": devices,
        "credentials": [{"tenant": "new", "credentials": credentials}],
    }
    for name, content in contents.items():
        (jobs.folder / f"{name}.json").write_text(json.dumps(content))

    job = await jobs.run(jobs.spec(format="hono-1.1", tenant_id="*"))

    errors = await jobs.runner.errors(job.job_id, skip=0, limit=10)
    assert len(errors) == job.counts.failed == 2
    assert "trusted-ca[0].public-key" in errors[0].message
    assert "'u' of type hashed-password" in errors[1].message
    assert "$2b$10$x" not in errors[1].message
    tenant = await store.read(lambda snapshot: snapshot.get_tenant("new"))
    assert tenant is not None
    assert tenant.attributes.to_json() == {"minimum-message-size": 7}
    (held,) = (await read_fleet(store, "new"))["d"][1].credentials
    assert held.type == "psk"


async def test_devices_without_a_tenant_line_need_their_tenant(jobs: Jobs) -> None:
    """A copy cut from the middle of a file has nowhere to go."""
    (jobs.folder / "devices.txt").write_text('{"device-id":"d"}')

    job = await jobs.run(jobs.spec(format="ndjson", tenant_id="nowhere"))

    assert job.status is JobStatus.FAILED
    assert "no tenant 'nowhere'" in str(job.failure_reason)


async def test_a_copy_into_another_tenant_reports_what_must_stay_unique(
    jobs: Jobs, store: Store
) -> None:
    """The alias belongs to the first; the devices are copied all the same."""
    await add_tenant(store, "one", alias="only-one")
    await add_tenant(store, "two")
    (jobs.folder / "devices.txt").write_text(hub_line("d"))
    await jobs.run(jobs.spec(tenant_id="one"))

    await jobs.run(jobs.spec(EXPORT, format="ndjson", tenant_id="one"))
    job = await jobs.run(jobs.spec(format="ndjson", tenant_id="two"))

    assert await jobs.codes(job) == [(1, 409000)]
    assert list(await read_fleet(store, "two")) == ["d"]
