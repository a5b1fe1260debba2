"""Any sequence of replacements keeps its promises (hono 3.6): a model beside the registry."""

from __future__ import annotations

import asyncio
import base64
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry_backend.domain.credentials import Credential, Secret
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import AlreadyExists, Invalid
from registry_backend.domain.tenants import TenantAttributes
from registry_backend.open import open_registry
from registry_backend.registry import Registry
from tests.registry_backend.registry.makers import ACTOR, SETTINGS, credential

DEVICES = ("d1", "d2")
Keys = dict[str, str]
Model = dict[str, dict[tuple[str, str], Keys]]
"""What each device should hold: per (type, auth-id) the key of each secret id."""


@dataclass(frozen=True)
class Draft:
    """A credential to write: keys to add, and places of known secrets to keep."""

    kind: str
    auth_id: str
    new: tuple[int, ...]
    keep: frozenset[int]
    unknown: bool


DRAFTS = st.builds(
    Draft,
    kind=st.sampled_from(["psk", "own"]),
    auth_id=st.sampled_from(["a", "b"]),
    new=st.lists(st.integers(0, 9), max_size=2).map(tuple),
    keep=st.frozensets(st.integers(0, 2), max_size=2),
    unknown=st.integers(0, 9).map(lambda number: number == 0),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(DEVICES), st.lists(DRAFTS, max_size=3)), min_size=1, max_size=8
)


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_any_sequence_keeps_uniqueness_and_material(steps: list[tuple[str, list[Draft]]]) -> None:
    """A (type, auth-id) has one owner, and each secret the key it was given, to the end."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run(Path(folder) / "registry.sqlite", steps))


async def _run(path: Path, steps: list[tuple[str, list[Draft]]]) -> None:
    registry = await open_registry(path, settings=SETTINGS)
    try:
        await registry.tenants.create("acme", TenantAttributes(), actor=ACTOR)
        for device_id in DEVICES:
            await registry.devices.create("acme", device_id, DeviceAttributes(), actor=ACTOR)
        model: Model = {device_id: {} for device_id in DEVICES}
        for device_id, drafts in steps:
            await _step(registry, model, device_id, drafts)
            for name in DEVICES:
                assert await _held(registry, name) == model[name]
    finally:
        await registry.close()


async def _step(registry: Registry, model: Model, device_id: str, drafts: list[Draft]) -> None:
    wanted = [_request(draft, model[device_id]) for draft in drafts]
    refusal = _expected_refusal(model, device_id, drafts, wanted)
    writing = registry.credentials.replace("acme", device_id, wanted, expected=None, actor=ACTOR)
    if refusal:
        with pytest.raises(refusal):
            await writing
        return
    saved = await writing
    before = model[device_id]
    model[device_id] = {}
    for draft, request, result in zip(drafts, wanted, saved.credentials, strict=True):
        known = before.get((draft.kind, draft.auth_id), {})
        pairs = zip(request.secrets, result.secrets, strict=True)
        keys = {str(made.id): _material(asked) or known[str(asked.id)] for asked, made in pairs}
        model[device_id][draft.kind, draft.auth_id] = keys


def _request(draft: Draft, held: dict[tuple[str, str], Keys]) -> Credential:
    known = list(held.get((draft.kind, draft.auth_id), {}).items())
    secrets: list[JsonObject] = [{"key": _key(number)} for number in draft.new]
    for place, (secret_id, key) in enumerate(known):
        if place in draft.keep:  # a type of its own carries nothing over
            secrets.append({"id": secret_id} | ({"key": key} if draft.kind == "own" else {}))
    if draft.unknown:
        secrets.append({"id": "unknown", "key": _key(0)})
    return credential(draft.kind, draft.auth_id, *secrets)


def _expected_refusal(
    model: Model, device_id: str, drafts: list[Draft], wanted: list[Credential]
) -> type[Exception] | None:
    names = [(draft.kind, draft.auth_id) for draft in drafts]
    if len(names) != len(set(names)) or any(draft.unknown for draft in drafts):
        return Invalid
    if not all(request.secrets for request in wanted):
        return Invalid
    others = {name for other in DEVICES if other != device_id for name in model[other]}
    return AlreadyExists if others & set(names) else None


async def _held(registry: Registry, device_id: str) -> dict[tuple[str, str], Keys]:
    found = await registry.credentials.get("acme", device_id)
    return {
        (kept.type, kept.auth_id): {str(secret.id): _material(secret) for secret in kept.secrets}
        for kept in found.credentials
    }


def _material(secret: Secret) -> str:
    """The key as it is stored and shown; of a type of its own it is no member we model."""
    return str(secret.to_json().get("key") or "")


def _key(number: int) -> str:
    return base64.b64encode(bytes([number])).decode("ascii")
