"""Hono's rules for tenants, on a real file (hono 2.1, 2.2, 2.3, 3.1, 3.4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import AlreadyExists, Invalid, NotFound, VersionMismatch
from registry_backend.domain.journal import Change
from registry_backend.domain.query import PageRequest, TenantQuery
from registry_backend.domain.tenants import Tenant, TenantAttributes
from registry_backend.registry import Registry
from tests.registry_backend.registry.makers import (
    ACTOR,
    NOT_AFTER,
    certificate,
    der,
    ec_key,
    pem,
    private_key,
    psk,
    public_key,
    rsa_key,
)

ANCHOR: JsonObject = {
    "subject-dn": "cn=ca, o=Acme",
    "public-key": public_key(rsa_key()),
    "not-before": "2026-01-01T00:00:00Z",
    "not-after": "2036-01-01T00:00:00+01:00",
}


async def changes(told: asyncio.Queue[Sequence[Change]], count: int) -> AsyncIterator[Change]:
    """The first so many changes that watchers are told of."""
    while count > 0:
        for change in await asyncio.wait_for(told.get(), timeout=10):
            yield change
            count -= 1


async def create(registry: Registry, tenant_id: str, members: JsonObject) -> Tenant:
    """Create a tenant from JSON members."""
    attributes = TenantAttributes.parse(members)
    return await registry.tenants.create(tenant_id, attributes, actor=ACTOR)


async def test_a_new_tenant_is_kept_as_it_was_given(registry: Registry) -> None:
    """Nothing is added to what the client said; unknown members stay (hono 2.2, 3.4)."""
    members: JsonObject = {
        "ext": {"a": [1, {"b": None}]},
        "later": {"deep": True},
        "enabled": False,
    }
    saved = await create(registry, "acme", members)
    assert saved.attributes.to_json() == members
    assert saved.updated_at is None
    assert await registry.tenants.get("acme") == saved


async def test_a_tenant_without_an_id_gets_a_random_one(registry: Registry) -> None:
    """The id is a UUID in lower case (hono 2.1)."""
    saved = await registry.tenants.create(None, TenantAttributes(), actor=ACTOR)
    assert len(saved.tenant_id) == 36
    assert saved.tenant_id == saved.tenant_id.lower()


@pytest.mark.parametrize("tenant_id", ["", "a b", "a/b", "a:b", "ü", "a\n", "x" * 257])
async def test_a_tenant_id_has_to_match_its_pattern(registry: Registry, tenant_id: str) -> None:
    """The message names the field and the pattern (hono 2.1)."""
    with pytest.raises(Invalid, match="tenant-id: "):
        await registry.tenants.create(tenant_id, TenantAttributes(), actor=ACTOR)


async def test_a_tenant_id_is_taken_once(registry: Registry, tenant: str) -> None:
    """Creating never replaces (hono 3.4)."""
    with pytest.raises(AlreadyExists, match=r"'acme' exists already"):
        await registry.tenants.create(tenant, TenantAttributes(enabled=False), actor=ACTOR)
    assert (await registry.tenants.get(tenant)).enabled


async def test_an_update_replaces_everything_and_gives_a_new_version(registry: Registry) -> None:
    """`created` survives, `updated` is set, even when nothing changed (hono 3.1, 3.4)."""
    first = await create(registry, "acme", {"ext": {"a": 1}, "later": 2})
    second = await registry.tenants.update(
        "acme", TenantAttributes(enabled=False), expected=first.version, actor=ACTOR
    )
    assert second.attributes.to_json() == {"enabled": False}
    assert second.created_at == first.created_at
    assert second.updated_at is not None
    third = await registry.tenants.update("acme", second.attributes, expected=None, actor=ACTOR)
    assert len({first.version, second.version, third.version}) == 3
    assert await registry.tenants.get("acme") == third


async def test_a_stale_update_is_refused_and_shows_what_is_there(registry: Registry) -> None:
    """Nothing is written and the error carries the current tenant (hono 3.1)."""
    first = await create(registry, "acme", {})
    second = await registry.tenants.update(
        "acme", TenantAttributes(alias="a"), expected=first.version, actor=ACTOR
    )
    with pytest.raises(VersionMismatch) as caught:
        await registry.tenants.update(
            "acme", TenantAttributes(alias="b"), expected=first.version, actor=ACTOR
        )
    assert caught.value.current == second
    assert await registry.tenants.get("acme") == second
    with pytest.raises(VersionMismatch):
        await registry.tenants.delete("acme", expected=first.version, actor=ACTOR)
    await registry.tenants.delete("acme", expected=second.version, actor=ACTOR)


async def test_a_missing_tenant_is_not_found_whatever_version_is_named(registry: Registry) -> None:
    """A version of something missing is no mismatch (hono 3.1)."""
    with pytest.raises(NotFound, match="no tenant 'acme'"):
        await registry.tenants.get("acme")
    with pytest.raises(NotFound):
        await registry.tenants.update("acme", TenantAttributes(), expected="v", actor=ACTOR)
    with pytest.raises(NotFound):
        await registry.tenants.delete("acme", expected="v", actor=ACTOR)


async def test_an_alias_belongs_to_one_tenant(registry: Registry) -> None:
    """It is refused for another tenant and free again once given up (hono 2.2)."""
    await create(registry, "one", {"alias": "north"})
    await create(registry, "two", {"alias": "south"})
    with pytest.raises(AlreadyExists, match=r"'north' is the alias of tenant 'one'"):
        await create(registry, "three", {"alias": "north"})
    attributes = TenantAttributes(alias="north")
    with pytest.raises(AlreadyExists, match="alias"):
        await registry.tenants.update("two", attributes, expected=None, actor=ACTOR)
    await registry.tenants.update("one", attributes, expected=None, actor=ACTOR)
    await registry.tenants.delete("one", expected=None, actor=ACTOR)
    await registry.tenants.update("two", attributes, expected=None, actor=ACTOR)


async def test_a_removed_tenant_leaves_its_devices_behind(registry: Registry, tenant: str) -> None:
    """Reads fail while it is gone; creating it again brings the devices back (hono 3.4)."""
    await registry.devices.create(tenant, "d1", DeviceAttributes(), actor=ACTOR)
    await registry.credentials.replace(tenant, "d1", [psk("d1", "k")], expected=None, actor=ACTOR)
    await registry.tenants.delete(tenant, expected=None, actor=ACTOR)
    with pytest.raises(NotFound, match="no tenant"):
        await registry.devices.get(tenant, "d1")
    usage = await registry.tenants.usage(tenant)
    assert (usage.devices, usage.credentials) == (1, 1)
    await registry.tenants.create(tenant, TenantAttributes(), actor=ACTOR)
    assert (await registry.devices.get(tenant, "d1")).device_id == "d1"


async def test_an_anchor_is_derived_from_its_certificate(registry: Registry) -> None:
    """The certificate overrides what stands beside it and is not kept (hono 2.3)."""
    anchor = {"cert": der(certificate("ca")), "subject-dn": "CN=other", "algorithm": "RSA", "x": 1}
    saved = await create(registry, "acme", {"trusted-ca": [anchor]})
    stored = saved.attributes.to_json()["trusted-ca"][0]
    assert stored.pop("id")
    assert stored == {
        "subject-dn": "CN=ca,O=Acme\\, Ltd,C=DE",
        "public-key": public_key(ec_key()),
        "algorithm": "EC",
        "not-before": "2026-01-01T00:00:00Z",
        "not-after": "2036-01-01T00:00:00Z",
        "x": 1,
    }
    assert (await registry.tenants.get("acme")) == saved


async def test_an_anchor_may_come_as_pem(registry: Registry) -> None:
    """A pasted file works as well as bare base64, which Hono insists on (hono 9.1)."""
    saved = await create(registry, "acme", {"trusted-ca": [{"cert": pem(certificate("ca"))}]})
    assert saved.attributes.trusted_ca[0].not_after == NOT_AFTER


async def test_an_anchor_without_a_certificate_names_everything(registry: Registry) -> None:
    """The subject is normalised and the algorithm is RSA when not given (hono 2.3)."""
    saved = await create(registry, "acme", {"trusted-ca": [ANCHOR]})
    anchor = saved.attributes.trusted_ca[0]
    assert anchor.subject_dn == "CN=ca,O=Acme"
    assert anchor.algorithm == "RSA"


@pytest.mark.parametrize("name", ["subject-dn", "public-key", "not-before", "not-after"])
async def test_each_member_of_a_bare_anchor_is_mandatory(registry: Registry, name: str) -> None:
    """The message names the member by its path (hono 2.3)."""
    anchor = {key: value for key, value in ANCHOR.items() if key != name}
    with pytest.raises(Invalid, match=rf"trusted-ca\[1\].{name}: must be given"):
        await create(registry, "acme", {"trusted-ca": [ANCHOR, anchor]})
    with pytest.raises(NotFound):
        await registry.tenants.get("acme")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cert": "nonsense"}, r"trusted-ca\[0\].cert: is"),
        ({"cert": private_key(ec_key()).hex()}, r"trusted-ca\[0\].cert: is"),
        ({"cert": der(certificate(""))}, r"trusted-ca\[0\].cert: .*without a subject"),
        ({"subject-dn": "the CA"}, r"trusted-ca\[0\].subject-dn: is no distinguished name"),
        ({"public-key": "AAAA"}, r"trusted-ca\[0\].public-key: is no public key"),
        ({"algorithm": "EC"}, r"trusted-ca\[0\].public-key: is a key for RSA, not for EC"),
        ({"algorithm": "DSA"}, r"trusted-ca\[0\].algorithm: must be RSA or EC"),
        ({"not-before": "2037-01-01T00:00:00Z"}, r"trusted-ca\[0\]\.not-before: is later"),
        ({"auth-id-template": "x"}, r"trusted-ca\[0\]\.auth-id-template: a template needs"),
        ({"auth-id-template": "{{cn}}"}, r"trusted-ca\[0\]\.auth-id-template: \{\{cn\}\} is not"),
    ],
)
async def test_a_broken_anchor_names_the_member(
    registry: Registry, change: JsonObject, message: str
) -> None:
    """Hono says only that the tenant is not valid; we say where and why (hono 2.3, 9.1)."""
    with pytest.raises(Invalid, match=message):
        await create(registry, "acme", {"trusted-ca": [{**ANCHOR, **change}]})


async def test_all_broken_anchors_are_reported_at_once(registry: Registry) -> None:
    """A person mends them in one go."""
    with pytest.raises(Invalid) as caught:
        await create(registry, "acme", {"trusted-ca": [{"cert": "x"}, ANCHOR, {"cert": "y"}]})
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["trusted-ca[0].cert", "trusted-ca[2].cert"]


async def test_anchors_keep_their_order_and_get_ids(registry: Registry) -> None:
    """Given ids stay, missing ones are generated, two alike are refused (hono 2.3)."""
    anchors = [{**ANCHOR, "id": "b"}, {**ANCHOR, "subject-dn": "CN=2"}, {**ANCHOR, "id": "a"}]
    saved = await create(registry, "acme", {"trusted-ca": anchors})
    ids = [anchor.id for anchor in saved.attributes.trusted_ca]
    assert ids[0] == "b"
    assert ids[2] == "a"
    assert len(str(ids[1])) == 36
    again = await registry.tenants.update("acme", saved.attributes, expected=None, actor=ACTOR)
    assert again.attributes == saved.attributes
    with pytest.raises(Invalid, match=r"trusted-ca\[1\]\.id: is used more than once"):
        await create(registry, "twin", {"trusted-ca": [{**ANCHOR, "id": "a"}] * 2})


async def test_a_subject_belongs_to_one_tenant_or_one_group(registry: Registry) -> None:
    """The same subject in another tenant is refused unless a group shares it (hono 2.3)."""
    same = {**ANCHOR, "subject-dn": "CN=ca,O=Acme"}
    await create(registry, "one", {"trusted-ca": [ANCHOR]})
    with pytest.raises(AlreadyExists, match=r"trusted-ca\[0\]: 'CN=ca,O=Acme' .* tenant 'one'"):
        await create(registry, "two", {"trusted-ca": [same]})
    grouped: JsonObject = {"trusted-ca": [same], "trust-anchor-group": "g"}
    with pytest.raises(AlreadyExists):
        await create(registry, "two", grouped)
    attributes = TenantAttributes.parse(grouped)
    await registry.tenants.update("one", attributes, expected=None, actor=ACTOR)
    await create(registry, "two", grouped)
    with pytest.raises(AlreadyExists):
        await registry.tenants.update(
            "two",
            TenantAttributes.parse({**grouped, "trust-anchor-group": "h"}),
            expected=None,
            actor=ACTOR,
        )


async def test_tenants_are_listed_and_counted(registry: Registry) -> None:
    """In the order of their ids."""
    for name in ("b", "a", "c"):
        await create(registry, name, {"enabled": name != "b"})
    page = await registry.tenants.page(TenantQuery(), PageRequest(limit=2))
    assert [row.tenant_id for row in page.rows] == ["a", "b"]
    assert page.more
    assert (await registry.tenants.count(TenantQuery(enabled=True))).value == 2


async def test_every_write_leaves_a_line_and_tells_watchers(registry: Registry) -> None:
    """Who, what, before and after; newest first (design 3)."""
    told: asyncio.Queue[Sequence[Change]] = asyncio.Queue()
    stop = registry.journal.watch(told.put_nowait)
    await create(registry, "acme", {"alias": "a"})
    await registry.tenants.update("acme", TenantAttributes(), expected=None, actor=ACTOR)
    await registry.tenants.delete("acme", expected=None, actor=ACTOR)
    seen = [change async for change in changes(told, 3)]
    stop()
    lines = await registry.journal.page("acme")
    assert [(line.action, line.before, line.after) for line in lines] == [
        ("deleted", {}, None),
        ("updated", {"alias": "a"}, {}),
        ("created", None, {"alias": "a"}),
    ]
    assert {line.actor for line in lines} == {"test:someone"}
    assert [change.action for change in seen] == ["created", "updated", "deleted"]
    assert {change.resource_id for change in seen} == {"acme"}


async def test_a_refused_write_leaves_no_line(registry: Registry, tenant: str) -> None:
    """The journal holds what happened, not what was tried."""
    with pytest.raises(VersionMismatch):
        await registry.tenants.update(tenant, TenantAttributes(), expected="no", actor=ACTOR)
    assert len(await registry.journal.page(tenant)) == 1
