"""The three files of Hono 1.1's file registry (hono 4.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic.fields import FieldInfo

from console.cli_help import EXAMPLES
from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.errors import Invalid
from registry_backend.domain.secrets import verify_password
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.wire.hono_files import (
    CREDENTIALS_FILE,
    DEVICES_FILE,
    TENANTS_FILE,
    FileEntry,
    parse_files,
)
from registry_backend.wire.hono_files_written import (
    _DEVICE_MEMBERS,
    _TENANT_MEMBERS,
    credential_entries,
)
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.ndjson import TenantDraft, WholeDevice
from tests.wire.hono_example import example_files


def encode(**files: Any) -> dict[str, bytes]:
    """Files by the first letter of their names' words."""
    names = {"tenants": TENANTS_FILE, "devices": DEVICES_FILE, "credentials": CREDENTIALS_FILE}
    return {names[name]: json.dumps(content).encode() for name, content in files.items()}


def faults_of(entries: list[FileEntry]) -> list[str]:
    """What was refused."""
    return [entry.message for entry in entries if isinstance(entry, LineFault)]


def devices_of(entries: list[FileEntry]) -> dict[str, WholeDevice]:
    """What was read, by device id."""
    return {entry.device_id: entry for entry in entries if isinstance(entry, WholeDevice)}


def test_the_shipped_example_is_read_and_its_placeholders_reported() -> None:
    """One trust anchor and one credential were never filled in; all else is there."""
    entries = parse_files(example_files())

    tenants = {each.tenant_id: each for each in entries if isinstance(each, TenantDraft)}
    devices = devices_of(entries)
    assert sorted(map(str, tenants)) == ["DEFAULT_TENANT", "HTTP_TENANT"]
    assert tenants["DEFAULT_TENANT"].attributes.trusted_ca == ()
    limits = tenants["DEFAULT_TENANT"].attributes.resource_limits
    assert limits is not None
    assert limits.max_connections == 100
    assert sorted(devices) == ["4711", "4712", "gw-1"]
    assert [each.type for each in devices["4711"].credentials or ()] == ["hashed-password", "psk"]
    assert devices["4712"].attributes is not None
    assert devices["4712"].attributes.via == ("gw-1",)
    faults = faults_of(entries)
    assert len(faults) == 2
    assert "tenants.json [0].trusted-ca[0].subject-dn" in faults[0]
    assert "${demo.ca.subject}" in faults[0]
    assert "credentials.json [0].credentials[2].auth-id" in faults[1]


def test_a_single_trust_anchor_and_texts_for_truth_are_tolerated() -> None:
    """As the 1.1 loader does."""
    anchor = {"subject-dn": "CN=x", "public-key": "AA==", "not-before": None}
    (tenant,) = parse_files(
        encode(tenants=[{"tenant-id": "T", "enabled": "true", "trusted-ca": anchor}])
    )

    assert isinstance(tenant, TenantDraft)
    assert tenant.attributes.enabled is True
    assert [each.subject_dn for each in tenant.attributes.trusted_ca] == ["CN=x"]


def test_via_as_text_and_comments_are_tolerated() -> None:
    """A comment in a device is dropped, as on load."""
    data = {"via": "gw", "comment": "mine", "enabled": "false"}
    (device,) = parse_files(
        encode(devices=[{"tenant": "T", "devices": [{"device-id": "d", "data": data}]}])
    )

    assert isinstance(device, WholeDevice)
    assert device.attributes is not None
    assert device.attributes.to_json() == {"via": ["gw"], "enabled": False}
    assert device.credentials is None, "without a credentials file they are left alone"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{}", b"\xff", b"null"],
)
@pytest.mark.parametrize("name", [TENANTS_FILE, DEVICES_FILE, CREDENTIALS_FILE])
def test_a_file_that_is_no_list_is_refused_as_a_whole(name: str, content: bytes) -> None:
    """No entry of any file is handed out."""
    with pytest.raises(Invalid, match=f"{name} is "):
        parse_files({**example_files(), name: content})


def test_every_file_that_is_no_list_is_named() -> None:
    """With line and column, so that all are mended at once."""
    with pytest.raises(Invalid) as refused:
        parse_files({TENANTS_FILE: b"[\n{]", DEVICES_FILE: b"[]", CREDENTIALS_FILE: b"{}"})

    assert "tenants.json is not JSON" in refused.value.message
    assert "line 2, column 2" in refused.value.message
    assert "credentials.json is JSON, but no list" in refused.value.message
    assert DEVICES_FILE not in refused.value.message


@pytest.mark.parametrize("content", [b"[1]", b'[{"tenant": 1}]', b'[{"tenant": "T"}]'])
@pytest.mark.parametrize("name", [TENANTS_FILE, DEVICES_FILE, CREDENTIALS_FILE])
def test_a_broken_entry_is_one_fault_that_names_its_file(name: str, content: bytes) -> None:
    """The other files are still read."""
    files = {**example_files(), name: content}

    named = [fault for fault in faults_of(parse_files(files)) if name in fault]

    assert len(named) == 1


def test_a_refused_tenant_is_there_but_disabled() -> None:
    """Its devices keep a home, and nobody connects under rules that were not read."""
    entries = parse_files(encode(tenants=[{"tenant-id": "T", "adapters": []}]))

    fault, tenant = entries
    assert isinstance(fault, LineFault)
    assert "adapters: must not be empty" in fault.message
    assert isinstance(tenant, TenantDraft)
    assert tenant.only_if_missing
    assert not tenant.attributes.enabled


def test_one_broken_entry_leaves_its_neighbours() -> None:
    """Each fault has its path and, where there is one, the device."""
    entries = parse_files(
        encode(
            devices=[
                {
                    "tenant": "T",
                    "devices": [
                        {"device-id": "a", "data": {"ext": {"x": ["${here}"]}}},
                        {"device-id": "b", "data": {"via": 1}},
                        {"data": {}},
                        "text",
                        {"device-id": "c d"},
                        {"device-id": "good"},
                    ],
                }
            ]
        )
    )

    assert sorted(devices_of(entries)) == ["good"]
    faults = [entry for entry in entries if isinstance(entry, LineFault)]
    assert [fault.device_id for fault in faults] == ["a", "b", None, None, "c d"]
    assert "devices[0].data.ext.x[0]: the placeholder ${here}" in faults[0].message
    assert "devices[1]: data.via" in faults[1].message


def test_a_password_in_clear_is_hashed() -> None:
    """Nothing in clear reaches the registry."""
    secret = {"pwd-plain": "open", "salt": "AA=="}
    entry = {"device-id": "d", "type": "hashed-password", "auth-id": "u", "secrets": [secret]}
    (device,) = parse_files(encode(credentials=[{"tenant": "T", "credentials": [entry]}]))

    assert isinstance(device, WholeDevice)
    (credential,) = device.credentials or ()
    stored = credential.secrets[0]
    assert stored.pwd_plain is None
    assert verify_password(
        "open", function="bcrypt", pwd_hash=stored.pwd_hash or "", salt=stored.salt
    )


def test_the_same_credential_twice_is_refused_once() -> None:
    """The first one counts."""
    entry = {"device-id": "d", "type": "psk", "auth-id": "u", "secrets": [{"key": "AA=="}]}
    entries = parse_files(encode(credentials=[{"tenant": "T", "credentials": [entry, entry]}]))

    assert len(devices_of(entries)["d"].credentials or ()) == 1
    assert "stand there before" in faults_of(entries)[0]


def test_written_credentials_have_nothing_that_1_1_refuses() -> None:
    """An id in a secret is refused there (hono 3.6)."""
    credential = Credential.parse(
        {
            "type": "psk",
            "auth-id": "u",
            "comment": "c",
            "secrets": [{"id": "1", "key": "AA==", "not-before": None}],
        }
    )

    assert credential_entries("d", [credential]) == [
        {"device-id": "d", "type": "psk", "auth-id": "u", "secrets": [{"key": "AA=="}]}
    ]


def test_what_the_files_leave_out_is_told_in_the_help_of_export() -> None:
    """Member by member, so that nobody loses one unawares."""
    told = EXAMPLES["export"].partition("hono-1.1 leaves out")[2]
    left_out = [
        *(
            name
            for name in map(_member, DeviceAttributes.model_fields.items())
            if name not in _DEVICE_MEMBERS
        ),
        *(
            name
            for name in map(_member, TenantAttributes.model_fields.items())
            if name not in _TENANT_MEMBERS
        ),
    ]

    assert {"memberOf", "status-reason", "alias", "registration-limits"} < set(left_out)
    assert all(name in told for name in left_out), told


def _member(item: tuple[str, FieldInfo]) -> str:
    name, field = item
    return field.alias or name
