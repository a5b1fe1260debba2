"""Replacing a device's credentials, on a real file (hono 2.5, 3.1, 3.5, 3.6, 10)."""

from __future__ import annotations

import pytest

from registry_backend.domain.credentials import Credential, CredentialSet, Secret
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import (
    AlreadyExists,
    Invalid,
    LimitReached,
    NotFound,
    VersionMismatch,
)
from registry_backend.domain.query import PageRequest
from registry_backend.domain.secrets import verify_password
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.registry import Registry
from tests.registry_backend.registry.makers import (
    ACTOR,
    certificate,
    credential,
    der,
    ec_key,
    password,
    psk,
    public_key,
    rsa_key,
)

pytestmark = pytest.mark.usefixtures("device")


@pytest.fixture
async def device(registry: Registry, tenant: str) -> None:
    """Devices d1 and d2 of tenant acme."""
    for device_id in ("d1", "d2"):
        await registry.devices.create(tenant, device_id, DeviceAttributes(), actor=ACTOR)


async def replace(
    registry: Registry, *drafts: Credential, device_id: str = "d1", expected: str | None = None
) -> CredentialSet:
    """Replace the set of a device of tenant acme."""
    return await registry.credentials.replace(
        "acme", device_id, drafts, expected=expected, actor=ACTOR
    )


def secret_of(saved: CredentialSet, index: int = 0) -> Secret:
    """The first secret of a credential; it has an id."""
    secret = saved.credentials[index].secrets[0]
    assert secret.id
    return secret


def check_password(secret: Secret, text: str) -> bool:
    """Whether a password fits."""
    return verify_password(
        text,
        function=secret.hash_function or "",
        pwd_hash=secret.pwd_hash or "",
        salt=secret.salt,
    )


async def test_a_new_device_has_an_empty_set(registry: Registry) -> None:
    """It is there, with a version, and not missing (hono 8, no. 12)."""
    found = await registry.credentials.get("acme", "d1")
    assert found.credentials == ()
    assert found.version


async def test_only_a_device_has_credentials(registry: Registry) -> None:
    """Unknown tenants and devices are told apart (hono 3.6)."""
    with pytest.raises(NotFound, match="no device 'd9'"):
        await registry.credentials.get("acme", "d9")
    with pytest.raises(NotFound, match="no device 'd9'"):
        await replace(registry, device_id="d9")
    await registry.tenants.delete("acme", expected=None, actor=ACTOR)
    with pytest.raises(NotFound, match="no tenant 'acme'"):
        await registry.credentials.get("acme", "d1")
    with pytest.raises(NotFound, match="no tenant 'acme'"):
        await replace(registry)


async def test_a_plain_password_is_hashed_and_not_kept(registry: Registry) -> None:
    """As bcrypt of the $2a$ form, whatever hash stood beside it (hono 2.5)."""
    given = {"pwd-plain": "hunter2", "hash-function": "md5", "pwd-hash": "x", "salt": "AAAA"}
    saved = await replace(registry, credential("hashed-password", "d1", given))
    secret = secret_of(saved)
    assert sorted(secret.to_json()) == ["hash-function", "id", "pwd-hash"]
    assert secret.hash_function == "bcrypt"
    assert (secret.pwd_hash or "").startswith("$2a$04$")
    assert check_password(secret, "hunter2")
    assert not check_password(secret, "hunter3")
    assert await registry.credentials.get("acme", "d1") == saved


async def test_a_set_replaces_the_one_before_it(registry: Registry) -> None:
    """What is not in the request is gone; an empty request empties the set (hono 3.6)."""
    await replace(registry, psk("a", "1"), psk("b", "1"))
    saved = await replace(registry, psk("c", "1"))
    assert [kept.auth_id for kept in saved.credentials] == ["c"]
    assert (await replace(registry)).credentials == ()
    assert (await registry.credentials.count("acme")).value == 0


async def test_every_write_gives_a_new_version(registry: Registry) -> None:
    """Of the credentials alone: the device's own stays (hono 3.1), but its hub's ETag moves."""
    device = await registry.devices.get("acme", "d1")
    first = await registry.credentials.get("acme", "d1")
    second = await replace(registry, expected=first.version)
    third = await replace(registry, expected=second.version)
    assert len({first.version, second.version, third.version}) == 3
    assert third.revision == second.revision + 1
    after = await registry.devices.get("acme", "d1")
    assert after == device.model_copy(update={"revision": device.revision + 2})


async def test_a_stale_set_is_refused_and_shows_what_is_there(registry: Registry) -> None:
    """Nothing is written; the error carries the current set (hono 3.1)."""
    first = await registry.credentials.get("acme", "d1")
    second = await replace(registry, psk("a", "1"))
    with pytest.raises(VersionMismatch, match="credentials of device 'd1'") as caught:
        await replace(registry, psk("b", "1"), expected=first.version)
    assert caught.value.current == second
    assert await registry.credentials.get("acme", "d1") == second


async def test_a_tenant_limits_credentials_not_secrets(registry: Registry) -> None:
    """The message has Hono's words (hono 3.5)."""
    limits: JsonObject = {"registration-limits": {"max-credentials-per-device": 1}}
    attributes = TenantAttributes.parse(limits)
    await registry.tenants.update("acme", attributes, expected=None, actor=ACTOR)
    await replace(registry, psk("a", "1", "2", "3"))
    with pytest.raises(LimitReached, match=r"configured credentials limit exceeded \[.*acme"):
        await replace(registry, psk("a", "1"), psk("b", "1"))


async def test_an_unchanged_set_written_back_stays_the_same(registry: Registry) -> None:
    """All types, with hashes and keys in it (hono 3.6)."""
    saved = await replace(
        registry,
        password("user", "x"),
        psk("a", "1", "2"),
        credential("rpk", "a", {"cert": der(certificate())}),
        Credential.parse({"type": "x509-cert", "cert": der(certificate())}),
        credential("x509-thumbprint", "d1", {"thumbprint": "a" * 40}),
        credential("own", "a", {"anything": [1, 2]}, ext={"b": 1}, comment="c", later=1),
    )
    again = await replace(registry, *saved.credentials)
    assert again.credentials == saved.credentials
    assert await registry.credentials.get("acme", "d1") == again


async def test_a_secret_named_by_id_keeps_its_password(registry: Registry) -> None:
    """Hash, salt and function carry over; everything else is replaced (hono 3.6)."""
    digest = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IafqM="
    stored = {
        "hash-function": "sha-256",
        "pwd-hash": digest,
        "salt": "AAAA",
        "comment": "gone",
        "not-after": "2030-01-01T00:00:00Z",
    }
    saved = await replace(registry, credential("hashed-password", "d1", stored))
    kept = {"id": secret_of(saved).id, "enabled": False}
    again = await replace(registry, credential("hashed-password", "d1", kept))
    assert secret_of(again).to_json() == {
        **kept,
        "hash-function": "sha-256",
        "pwd-hash": digest,
        "salt": "AAAA",
    }


async def test_a_new_password_under_a_known_id_takes_the_place_of_the_old(
    registry: Registry,
) -> None:
    """Also where the old one had a salt (hono 3.6)."""
    saved = await replace(registry, password("d1", "old"))
    given = {"id": secret_of(saved).id, "pwd-plain": "new"}
    again = await replace(registry, credential("hashed-password", "d1", given))
    assert secret_of(again).id == secret_of(saved).id
    assert check_password(secret_of(again), "new")
    assert not check_password(secret_of(again), "old")


async def test_a_shared_key_carries_over_by_id(registry: Registry) -> None:
    """Hono answers 400 here, which makes editing such a device impossible (hono 3.6, 10.3)."""
    saved = await replace(registry, psk("a", "one", "two"))
    ids = [{"id": secret.id} for secret in saved.credentials[0].secrets]
    again = await replace(registry, credential("psk", "a", *reversed(ids)))
    assert again.credentials[0].secrets == tuple(reversed(saved.credentials[0].secrets))


async def test_a_raw_public_key_carries_over_by_id(registry: Registry) -> None:
    """With its algorithm; a new key takes its place (hono 3.6, 10.3)."""
    given = {"key": public_key(ec_key()), "algorithm": "EC"}
    saved = await replace(registry, credential("rpk", "a", given))
    secret_id = secret_of(saved).id
    again = await replace(registry, credential("rpk", "a", {"id": secret_id, "comment": "c"}))
    assert secret_of(again).to_json() == {**given, "id": secret_id, "comment": "c"}
    other = {"id": secret_id, "key": public_key(rsa_key()), "algorithm": "RSA"}
    last = await replace(registry, credential("rpk", "a", other))
    assert secret_of(last).to_json() == other


async def test_an_unknown_secret_id_is_refused(registry: Registry) -> None:
    """In Hono's words, naming the secret; nothing is written (hono 3.6)."""
    nowhere = psk("a", "1")
    with pytest.raises(Invalid, match=r"\[0\].secrets\[1\].id: no credentials on record"):
        await replace(registry, credential("psk", "a", {"key": "AAAA"}, {"id": "x"}))
    saved = await replace(registry, nowhere)
    with pytest.raises(Invalid, match=r"other credential has no secret with id: x"):
        await replace(registry, credential("psk", "a", {"id": "x", "key": "AAAA"}))
    assert await registry.credentials.get("acme", "d1") == saved


async def test_a_renamed_auth_id_never_loses_a_password_in_silence(registry: Registry) -> None:
    """Hono stores a secret without hash here; we refuse (hono 3.6, 10.3)."""
    saved = await replace(registry, password("old", "x"), psk("other", "1"))
    renamed = credential("hashed-password", "new", {"id": secret_of(saved).id})
    with pytest.raises(Invalid, match=r"\[0\].secrets\[0\].id: other credential has no secret"):
        await replace(registry, renamed, saved.credentials[1])
    swapped = credential("psk", "other", {"id": secret_of(saved).id})
    with pytest.raises(Invalid, match="other credential has no secret"):
        await replace(registry, swapped)
    assert await registry.credentials.get("acme", "d1") == saved


async def test_type_and_auth_id_name_one_device_of_a_tenant(registry: Registry) -> None:
    """Another tenant may use them; once given up they are free (hono 3.6)."""
    await replace(registry, psk("shared", "1"), device_id="d2")
    message = r"\[1\].auth-id: 'shared' of type psk belongs to device 'd2'"
    with pytest.raises(AlreadyExists, match=message):
        await replace(registry, psk("own", "1"), psk("shared", "1"))
    await replace(registry, password("shared", "x"))
    await registry.tenants.create("other", TenantAttributes(), actor=ACTOR)
    await registry.devices.create("other", "d1", DeviceAttributes(), actor=ACTOR)
    await registry.credentials.replace(
        "other", "d1", [psk("shared", "1")], expected=None, actor=ACTOR
    )
    await replace(registry, device_id="d2")
    await replace(registry, psk("shared", "1"))


async def test_a_bad_request_leaves_the_set_as_it_was(registry: Registry) -> None:
    """Not as in 1.1, where it leaves the device without any (hono 3.6)."""
    saved = await replace(registry, psk("a", "1"))
    with pytest.raises(Invalid):
        await replace(registry, psk("b", "1"), credential("psk", "c", {}))
    assert await registry.credentials.get("acme", "d1") == saved


async def test_credentials_of_a_tenant_are_listed_by_their_end(registry: Registry) -> None:
    """Those that end before a time come soonest first, and without anything secret."""
    ends = {"a": "2030-01-01T00:00:00Z", "b": "2028-01-01T00:00:00Z"}
    secrets = {name: {"key": "AAAA", "not-after": end} for name, end in ends.items()}
    drafts = [credential("psk", name, secret) for name, secret in secrets.items()]
    saved = await replace(registry, *drafts, psk("c", "1"))
    before = saved.credentials[0].expires_at
    rows = (await registry.credentials.page("acme", request=PageRequest())).rows
    assert [row.auth_id for row in rows] == ["a", "b", "c"]
    page = await registry.credentials.page("acme", expires_before=before, request=PageRequest())
    assert [row.auth_id for row in page.rows] == ["b"]
    assert (await registry.credentials.count("acme")).value == 3


async def test_the_journal_and_errors_never_hold_a_secret(registry: Registry) -> None:
    """Passwords, hashes, keys and what a type of its own keeps stand as fingerprints (design 3)."""
    token = "ZwölfBoxkämpfer"
    saved = await replace(
        registry,
        password("user", token),
        psk("a", token),
        credential("own", "a", {"token": token, "nested": {"deep": [token]}, "comment": "shown"}),
    )
    hidden = [token, secret_of(saved).pwd_hash or "", secret_of(saved, 1).key or ""]
    await replace(registry, psk("a", "other"), expected=saved.version)
    with pytest.raises(VersionMismatch) as caught:
        await replace(registry, psk("a", token), expected=saved.version)
    lines = await registry.journal.page("acme", resource_id="d1")
    assert [line.resource for line in lines] == ["credentials", "credentials", "device"]
    assert len((lines[1].after or {})["credentials"]) == 3
    written = repr([line.model_dump(mode="json") for line in lines])
    assert "shown" in written
    for secret in hidden:
        assert secret not in written
        assert secret not in repr(caught.value) + str(caught.value)
        assert secret not in repr(saved)
