"""What an Identity Service keeps and derives: state, keys, device, plans of reconciliation."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.api.answers import Answer
from registry_backend.api.identity.endpoint import IdentityEndpoint
from registry_backend.domain.errors import Fault, Invalid, RegistryError
from registry_backend.domain.modules import Module
from registry_backend.domain.permissions import Role
from registry_backend.domain.timestamps import now
from registry_backend.identityd.behaviour import SERVICE, IdentityService
from registry_backend.identityd.behaviour_authority import open_authority
from registry_backend.identityd.behaviour_config import ConfigPaths, load
from registry_backend.identityd.behaviour_errors import (
    BadParameter,
    HubFailed,
    NoDevice,
    ProvisioningFailed,
)
from registry_backend.identityd.behaviour_keys import ServiceKeys, open_keys
from registry_backend.identityd.behaviour_provisioning import (
    provision,
    provisioning_info,
    tenant_of_hub,
)
from registry_backend.identityd.behaviour_reconcile import plan
from registry_backend.identityd.behaviour_state import DeviceInfo, State
from registry_backend.identityd.behaviour_watch import marks
from registry_backend.identityd.settings import (
    Attestation,
    DpsProvisioning,
    ManualProvisioning,
    NoProvisioning,
    Provisioning,
    SasAuthentication,
    Settings,
    X509Authentication,
)
from registry_backend.open import open_registry
from tests.registry_backend.identityd.behaviour_text import MANUAL, NO_HUB, written
from tests.registry_backend.identityd.gateway import unread

KEYS = ServiceKeys(b"k" * 32)
DEVICE = DeviceInfo("hub.azure-devices.net", "d1", "edge")
NAMES = st.lists(st.sampled_from("abcdef"), unique=True)


def settings_of(provisioning: Provisioning) -> Settings:
    """Settings with that way to a hub."""
    return Settings(hostname="dev1", homedir=Path("/home"), provisioning=provisioning)


def dps(**attestation: Any) -> DpsProvisioning:
    """A device that asks a provisioning service."""
    defaults = {"method": "symmetric_key", "registration_id": "r1", "symmetric_key": "k"}
    return DpsProvisioning(
        "https://dps.example", "scope", Attestation(**{**defaults, **attestation})
    )


@given(NAMES, NAMES, NAMES)
def test_a_plan_reaches_what_is_wanted_and_touches_nothing_foreign(
    existing: list[str], wanted: list[str], ours: list[str]
) -> None:
    """Each rule of identityd 5.3, for any hub, any principals and any memory."""
    todo = plan(existing, wanted=wanted, ours=ours)
    gone = {*todo.remove, *todo.recreate}
    made = {*todo.recreate, *todo.create}
    assert (set(existing) - gone) | made == (set(existing) - set(ours)) | set(wanted)
    assert gone <= set(existing)
    assert not set(todo.remove) & set(wanted)
    assert set(todo.remove) <= set(ours)
    assert not set(todo.recreate) & set(ours)
    assert not set(todo.create) & set(existing)


def test_what_was_written_is_known_again(tmp_path: Path) -> None:
    """Modules of principals only, and only for the very device they were made for."""
    state = State(tmp_path)
    principals = [
        {"uid": 1, "name": "m", "idtype": ["module", "local"]},
        {"uid": 2, "name": "l", "idtype": ["local"]},
        {"uid": 3, "name": "daemon"},
    ]
    assert state.own_modules(DEVICE) == frozenset()
    state.write(DEVICE, {"hostname": "dev1", "principal": principals})
    assert state.own_modules(DEVICE) == {"m"}
    for other in (DeviceInfo("hub", "d1", "edge"), DeviceInfo(DEVICE.hub_name, "d1")):
        assert state.own_modules(other) == frozenset()
    state.forget()
    state.forget()
    assert state.own_modules(DEVICE) == frozenset()


@pytest.mark.parametrize("data", [b"", b"\xff", b"[[[", b"principal = 5", b"principal = [1]"])
def test_damaged_state_counts_as_none(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """The modules are made anew then, as after a loss; the log says of which file."""
    state = State(tmp_path)
    state.write(DEVICE, {"principal": [{"uid": 1, "name": "m", "idtype": ["module"]}]})
    (tmp_path / "prev_state").write_bytes(data)
    assert state.own_modules(DEVICE) == frozenset()
    assert ("prev_state cannot be read" in caplog.text) == (data in (b"\xff", b"[[["))


def test_keys_depend_on_module_and_generation() -> None:
    """Both are 32 bytes, and all of them differ."""
    found = [*KEYS.of_module("m", "1"), *KEYS.of_module("m", "2"), *KEYS.of_module("n", "1")]
    assert len(set(found)) == len(found)
    assert {len(base64.b64decode(key)) for key in found} == {32}
    assert KEYS.of_module("m", "1") == ServiceKeys(b"k" * 32).of_module("m", "1")
    assert KEYS.of_module("m", "1") != ServiceKeys(b"l" * 32).of_module("m", "1")


def test_handles_name_keys_without_telling_them() -> None:
    """They are signed, and hold nothing that is pushed to the hub."""
    handle = KEYS.module_handle("m", "1")
    assert handle.startswith("sr=")
    assert "&sig=" in handle
    assert not any(key in handle for key in KEYS.of_module("m", "1"))
    assert KEYS.handle("a/b&c").startswith("sr=a%2Fb%26c&sig=")


@pytest.mark.parametrize("opened", [open_keys, open_authority])
def test_what_a_home_holds_is_made_once(tmp_path: Path, opened: Callable[[Path], object]) -> None:
    """A second start finds what the first one made; a damaged file is never replaced."""
    opened(tmp_path)
    (file,) = tmp_path.iterdir()
    before = file.read_bytes()
    opened(tmp_path)
    assert file.read_bytes() == before
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_bytes(b"damaged")
    with pytest.raises(Fault, match="damaged") as refused:
        opened(tmp_path)
    assert refused.value.hint
    assert file.read_bytes() == b"damaged"


def planted_authority(home: Path, *, ends: datetime, key: ec.EllipticCurvePrivateKey) -> None:
    """Somebody's own authority, whose certificate is not that of the key unless it is of EC_KEY."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody's")])
    certificate = (
        x509.CertificateBuilder(
            issuer_name=name,
            subject_name=name,
            public_key=EC_KEY.public_key(),
            serial_number=1,
            not_valid_before=datetime(2000, 1, 1, tzinfo=UTC),
            not_valid_after=ends,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(EC_KEY, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (home / "local_ca.pem").write_bytes(pem + certificate.public_bytes(Encoding.PEM))


EC_KEY = ec.generate_private_key(ec.SECP256R1())


def test_an_authority_that_has_expired_issues_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody would trust its certificates; the log says so at the start already."""
    planted_authority(tmp_path, ends=datetime(2001, 1, 1, tzinfo=UTC), key=EC_KEY)
    authority = open_authority(tmp_path)
    assert "local_ca.pem expired on 2001-01-01" in caplog.text
    with pytest.raises(Fault, match="expired on 2001-01-01") as refused:
        authority.issue("m", "m", server=False)
    assert "Remove it" in refused.value.hint


def test_no_certificate_outlives_its_authority(tmp_path: Path) -> None:
    """Its last ones end with it."""
    ends = now().replace(microsecond=0) + timedelta(days=1)
    planted_authority(tmp_path, ends=ends, key=EC_KEY)
    assert open_authority(tmp_path).issue("m", "m", server=False).expires_at == ends


def test_a_key_beside_another_ones_certificate_is_no_authority(tmp_path: Path) -> None:
    """Nothing that it signed would be trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    planted_authority(tmp_path, ends=datetime(2100, 1, 1, tzinfo=UTC), key=key)
    with pytest.raises(Fault, match="damaged"):
        open_authority(tmp_path)


async def test_keys_that_others_may_read_are_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A copy of a home may have lost its modes; they are said, and not changed."""
    loaded = load(written(tmp_path, NO_HUB))
    home = tmp_path / "home"
    registry = await open_registry(tmp_path / "registry.sqlite")
    try:
        await IdentityService.start(loaded, registry, default_tenant="acme")
        assert "others than its owner" not in caplog.text
        (home / "local_ca.pem").chmod(0o640)
        await IdentityService.start(loaded, registry, default_tenant="acme")
    finally:
        await registry.close()
    assert "local_ca.pem holds a private key" in caplog.text
    assert "mode 0640" in caplog.text
    assert "master_key" not in caplog.text


@pytest.mark.parametrize(
    ("hub", "tenant"),
    [
        ("acme.azure-devices.net", "acme"),
        ("Acme-2.Azure-Devices.NET", "Acme-2"),
        ("acme.azure-devices.cn", "default"),
        ("127.0.0.1:18443", "default"),
        (".azure-devices.net", "default"),
        ("a b.azure-devices.net", "default"),
        ("acme.azure-devices.net.example", "default"),
    ],
)
def test_a_hubs_name_says_whose_it_is(hub: str, tenant: str) -> None:
    """NAME.azure-devices.net is the tenant NAME; anything else the default one."""
    assert tenant_of_hub(hub, "default") == tenant


@pytest.mark.parametrize(
    ("provisioning", "device_id", "auth", "told"),
    [
        (
            ManualProvisioning("h", "d", SasAuthentication("k"), "edge"),
            "d",
            "sas",
            {"auth": "sas"},
        ),
        (ManualProvisioning("h", "d", X509Authentication("c", "k")), "d", "x509", {"auth": "x509"}),
        (dps(), "r1", "sas", {"auth": "symmetric_key", "registration_id": "r1"}),
        (
            dps(method="x509", identity_cert="c", identity_pk="k", registration_id={"CN": "r2"}),
            "r2",
            "x509",
            {"auth": "x509", "registration_id": "r2"},
        ),
        (dps(method="tpm"), "r1", "tpm", {"auth": "tpm"}),
    ],
)
def test_each_way_to_a_hub_gives_a_device(
    provisioning: Provisioning, device_id: str, auth: str, told: dict[str, str]
) -> None:
    """With what proves it, and with what is said of it."""
    settings = settings_of(provisioning)
    device = provision(settings, KEYS, default_tenant="acme")
    assert device
    assert (device.device_id, device.auth_type, device.tenant_id) == (device_id, auth, "acme")
    assert (device.identity.key_handle is None) == (auth == "tpm")
    gateway = provisioning.local_gateway_hostname
    assert device.identity.gateway_host == (gateway or device.info.hub_name)
    assert told.items() <= provisioning_info(settings).members.items()


def test_a_device_of_a_provisioning_service_is_told_of_in_full() -> None:
    """The address is in its normal form, and what has no value is null (identityd 2)."""
    assert provisioning_info(settings_of(dps())).members == {
        "auth": "symmetric_key",
        "endpoint": "https://dps.example/",
        "scope_id": "scope",
        "registration_id": "r1",
        "payload": None,
    }


def test_a_payload_is_read_each_time(tmp_path: Path) -> None:
    """A file that cannot be read is the caller's news, in the parameter's name."""
    file = tmp_path / "payload.json"
    wanted = DpsProvisioning("https://a/b", "s", Attestation("tpm", "r"), payload_uri=file.as_uri())
    with pytest.raises(BadParameter, match=r"provisioning\.payload"):
        provisioning_info(settings_of(wanted))
    file.write_text('{"a": [1]}')
    found = provisioning_info(settings_of(wanted)).members
    assert (found["payload"], found["endpoint"]) == ({"a": [1]}, "https://a/b")
    file.write_text("{")
    with pytest.raises(BadParameter):
        provisioning_info(settings_of(wanted))


@pytest.mark.parametrize(
    ("provisioning", "told"),
    [
        (
            dps(method="x509", identity_cert="c", identity_pk="k", registration_id=None),
            "no registration id",
        ),
        (
            DpsProvisioning("https://a", "s", Attestation("tpm", "r"), None, "edge"),
            "not supported in nested mode",
        ),
    ],
)
def test_what_no_provisioning_service_can_assign_is_refused(
    provisioning: Provisioning, told: str
) -> None:
    """The reason is told to who asks for it."""
    with pytest.raises(ProvisioningFailed, match=told):
        provision(settings_of(provisioning), KEYS, default_tenant="acme")


def test_without_a_hub_there_is_no_device() -> None:
    """Local identities need none."""
    assert provision(settings_of(NoProvisioning()), KEYS, default_tenant="acme") is None


async def test_a_service_whose_device_cannot_be_provisioned_still_serves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It starts, says why, and tells each caller that there is no device."""
    text = NO_HUB.replace('source = "none"', MANUAL_DPS)
    registry = await open_registry(tmp_path / "registry.sqlite")
    try:
        service = await IdentityService.start(
            load(written(tmp_path, text)), registry, default_tenant="acme"
        )
        with pytest.raises(NoDevice):
            _ = service.device
        with pytest.raises(ProvisioningFailed):
            await service.reprovision()
    finally:
        await registry.close()
    assert "no registration id is known" in caplog.text


MANUAL_DPS = """source = "dps"
global_endpoint = "https://global.azure-devices-provisioning.net"
scope_id = "scope"
attestation = { method = "x509", identity_cert = "c", identity_pk = "k" }"""


async def test_a_registry_that_is_only_looked_at_is_a_hub_that_refuses(tmp_path: Path) -> None:
    """What it has is answered; what would change it fails as the hub's failure."""
    paths = written(tmp_path, MANUAL)
    for read_only in (False, True):
        registry = await open_registry(tmp_path / "registry.sqlite", read_only=read_only)
        try:
            service = await IdentityService.start(load(paths), registry, default_tenant="acme")
            if read_only:
                assert (await service.hub.get(service.device, "agent")).module_id == "agent"
                with pytest.raises(HubFailed, match="Hub client error"):
                    await service.reprovision()
        finally:
            await registry.close()


async def test_a_change_is_taken_in_whole_or_not_at_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused one leaves callers, settings and modules as they were."""
    caplog.set_level(logging.INFO, logger="idconsole.identity")
    paths = written(tmp_path, MANUAL)
    registry = await open_registry(tmp_path / "registry.sqlite")
    try:
        service = await IdentityService.start(load(paths), registry, default_tenant="acme")
        before = service.settings
        written(tmp_path, MANUAL.replace("1000", '"x"'))
        await service.reload(lambda: load(paths))
        assert service.settings == before
        assert service.caller(1000).role is Role.HOST_PROCESS
        assert "config.toml" in caplog.text
        written(tmp_path, MANUAL.replace("1000", "2000"))
        await service.reload(lambda: load(paths))
        assert service.caller(1000).role is Role.UNKNOWN
        assert service.caller(2000).role is Role.HOST_PROCESS
    finally:
        await registry.close()


async def test_what_a_caller_does_to_a_module_meanwhile_stops_no_reconciliation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One that shall go is gone already, one that shall come is there: both end as was wanted."""
    paths = written(tmp_path, MANUAL)
    registry = await open_registry(tmp_path / "registry.sqlite")
    modules, listing = registry.modules, registry.modules.list

    async def list_then_change(tenant_id: str, device_id: str) -> Sequence[Module]:
        found = await listing(tenant_id, device_id)
        await modules.delete(tenant_id, device_id, "agent", actor=SERVICE)
        await modules.create(tenant_id, device_id, "other", actor=SERVICE)
        return found

    try:
        service = await IdentityService.start(load(paths), registry, default_tenant="acme")
        monkeypatch.setattr(modules, "list", list_then_change)
        written(tmp_path, MANUAL.replace("agent", "other"))
        await service.reload(lambda: load(paths))
        (other,) = await listing("acme", "d1")
        assert other.module_id == "other"
        assert other.primary_key
    finally:
        await registry.close()
    assert "could not be reconciled" not in caplog.text


async def test_a_hubs_name_has_no_case(tmp_path: Path) -> None:
    """It is the tenant's that is there, in whatever case; the identity tells it as configured."""
    registry = await open_registry(tmp_path / "registry.sqlite")
    paths = written(tmp_path, MANUAL.replace("hub.example", "Acme.Azure-Devices.NET"))
    try:
        await registry.modules.ensure_device("acme", "other", actor=SERVICE)
        service = await IdentityService.start(load(paths), registry, default_tenant="plant")
        assert service.device.tenant_id == "acme"
        assert service.device.identity.hub_name == "Acme.Azure-Devices.NET"
        assert [each.module_id for each in await registry.modules.list("acme", "d1")] == ["agent"]
    finally:
        await registry.close()


@pytest.mark.parametrize("uri", ["file://[/x", "file:///x%00y"])
def test_an_address_that_no_file_can_have_is_a_bad_payload(uri: str) -> None:
    """Whatever the library says of it."""
    wanted = dps()
    found = settings_of(
        DpsProvisioning(wanted.global_endpoint, "scope", wanted.attestation, payload_uri=uri)
    )
    with pytest.raises(BadParameter):
        provisioning_info(found)


async def test_a_slow_call_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The daemon serves one at a time; here the others are answered meanwhile."""
    registry = await open_registry(tmp_path / "registry.sqlite")
    begun, hub_answers = asyncio.Event(), asyncio.Event()
    get = registry.modules.get

    async def slow(tenant_id: str, device_id: str, module_id: str) -> Module:
        begun.set()
        await hub_answers.wait()
        return await get(tenant_id, device_id, module_id)

    monkeypatch.setattr(registry.modules, "get", slow)
    try:
        loaded = load(written(tmp_path, MANUAL))
        service = await IdentityService.start(loaded, registry, default_tenant="acme")
        endpoint = IdentityEndpoint(service, lambda _request: -1)
        own = asyncio.create_task(_get(endpoint, "/identities/identity", uid=1000))
        await begun.wait()
        assert (await _get(endpoint, "/identities/provisioning", uid=1000)).status == 200
        assert (await _get(endpoint, "/identities/identity", uid=0)).status == 200
        assert not own.done()
        hub_answers.set()
        assert (await own).status == 200
    finally:
        await registry.close()


async def _get(endpoint: IdentityEndpoint, path: str, *, uid: int) -> Answer:
    async def no_body() -> bytes:
        raise AssertionError("a GET has no body")

    return await endpoint.answer(uid, "GET", f"{path}?api-version=2022-08-01", None, no_body)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("hostname", "host"), "hostname"),
        (('"agent"', '" "'), "name"),
        (("[[principal]]", "[principal]"), "principal"),
        (('["module"]', '["Module"]'), "idtype"),
        (('["module"]', '["local"]'), "localid"),
        (("uid", "[uid"), "config.toml"),
    ],
)
def test_every_reason_to_refuse_a_configuration_names_its_place(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    """File and line stand before each."""
    paths = written(tmp_path, MANUAL.replace(*change))
    with pytest.raises(Invalid, match=told) as refused:
        load(paths)
    assert all(str(paths.main_file) in each.field for each in refused.value.problems)


def test_a_file_that_may_not_be_read_is_named(shared_folder: Path) -> None:
    """It is no fault of what the files say, and yet the service cannot start without it."""
    paths = written(shared_folder, MANUAL)
    with unread(paths.main_file), pytest.raises(Invalid, match="permission denied") as refused:
        load(paths)
    assert str(paths.main_file) in str(refused.value)


def test_a_main_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    """Before all that would stand in it."""
    with pytest.raises(Invalid, match=r"config\.toml: there is no such file; "):
        load(ConfigPaths(tmp_path / "config.toml", tmp_path / "config.d"))


def test_a_home_that_is_no_folder_is_explained(tmp_path: Path) -> None:
    """The path is told, and nothing is put in its place."""
    (tmp_path / "home").write_text("precious")
    with pytest.raises(RegistryError, match="home"):
        State(tmp_path / "home").make_home()
    assert (tmp_path / "home").read_text() == "precious"


def test_a_folder_of_overrides_need_not_exist(tmp_path: Path) -> None:
    """The main file stands alone then."""
    paths = ConfigPaths(written(tmp_path, MANUAL).main_file, tmp_path / "absent")
    assert [each.name for each in load(paths).settings.principals] == ["agent"]


def _replace(folder: Path) -> None:
    (folder / "new").write_text("x = 1\n")
    (folder / "new").rename(folder / "config.d" / "a.toml")


CHANGES: dict[str, Callable[[Path], object]] = {
    "another main file": lambda folder: (folder / "real.toml").write_text("b"),
    "the same length": lambda folder: (folder / "config.d" / "a.toml").write_text("x = 3\n"),
    "a new file": lambda folder: (folder / "config.d" / "b.toml").write_text(""),
    "a hidden file": lambda folder: (folder / "config.d" / ".b.toml").write_text(""),
    "a file less": lambda folder: (folder / "config.d" / "a.toml").unlink(),
    "another file in its place": _replace,
    "no main file": lambda folder: (folder / "config.toml").unlink(),
}
"""What a person, a package or a program may do."""


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_a_configuration_is_noticed(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    """Through the main file's link too; what did not change looks the same."""
    (tmp_path / "config.d").mkdir()
    (tmp_path / "config.d" / "a.toml").write_text("x = 2\n")
    (tmp_path / "real.toml").write_text("a")
    (tmp_path / "config.toml").symlink_to("real.toml")
    paths = ConfigPaths(tmp_path / "config.toml", tmp_path / "config.d")
    before = marks(paths)
    assert marks(paths) == before
    (tmp_path / "config.d" / "ignored.tmp").write_text("")
    assert marks(paths) == before
    change(tmp_path)
    assert marks(paths) != before


def test_a_configuration_that_is_not_there_yet_may_come(tmp_path: Path) -> None:
    """Neither file nor folder need exist when the watch begins."""
    paths = ConfigPaths(tmp_path / "etc" / "config.toml", tmp_path / "etc" / "config.d")
    before = marks(paths)
    paths.config_dir.mkdir(parents=True)
    assert marks(paths) == before
    (paths.config_dir / "a.toml").write_text("")
    assert marks(paths) != before
