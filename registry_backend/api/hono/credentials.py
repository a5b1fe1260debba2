"""Credentials over HTTP (hono 1, 2.5, 3.6)."""

from __future__ import annotations

from registry_backend.api.answers import Answer
from registry_backend.api.hono.bodies import json_answer, no_content, required_json
from registry_backend.api.hono.service import Call
from registry_backend.registry.owners import MissingOwner
from registry_backend.wire.hono import read_credentials, write_credentials


async def get(call: Call) -> Answer:
    """GET the set; empty for a device without credentials."""
    stored = await call.service.registry.credentials.get(*call.ids)
    return json_answer(200, write_credentials(stored, call.service.profile), version=stored.version)


async def replace(call: Call) -> Answer:
    """PUT the set; in 2.x secrets named by their id keep what they are checked against."""
    profile = call.service.profile
    tenant_id, device_id = call.ids
    saved = await call.service.registry.credentials.replace(
        tenant_id,
        device_id,
        read_credentials(required_json(call), profile),
        expected=call.expected,
        actor=call.actor,
        rules=profile.credential_rules,
        missing=MissingOwner.CREATE if profile.creates_owners else MissingOwner.REFUSE,
    )
    return no_content(saved.version)
