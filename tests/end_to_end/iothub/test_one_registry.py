"""Two APIs over one registry: whatever is written through either, both show the one truth."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.end_to_end.hono.client import Api
from tests.end_to_end.iothub.hub import NEW, OLD, HubApi, keys_of

IDS = st.sampled_from(["a", "b"])
KEYS = st.sampled_from([base64.b64encode(bytes([n]) * 16).decode() for n in range(1, 5)])
SHORT_KEY = "YWJj"
"""Three bytes: Hono takes it, a hub would not."""
COMMENTS = st.sampled_from(["one", "two", None])
REASONS = st.sampled_from(["reason", "", None])
OTHERS = st.sampled_from([("psk", "other"), ("hashed-password", "user"), ("own-type", "a")])


@dataclass
class Model:
    """One device as it must be, whoever looks."""

    enabled: bool = True
    reason: str | None = None
    ext: dict[str, object] = field(default_factory=dict)
    edge: bool = False
    secrets: list[tuple[str, str | None]] = field(default_factory=list)
    """Key and comment of each secret of the hub's credential."""
    others: list[tuple[str, str]] = field(default_factory=list)
    """Type and auth-id of what the hub has no word for."""
    revision: int = 0

    @property
    def keys(self) -> tuple[str | None, str | None]:
        """As the hub shows them."""
        if not self.secrets:
            return (None, None)
        return self.secrets[0][0], self.secrets[1 if len(self.secrets) > 1 else 0][0]

    def give(self, pair: tuple[str, str]) -> None:
        """Other keys by the hub: a key that stays keeps its comment, later ones stay as well."""
        left = list(self.secrets)
        chosen = []
        for key in pair:
            same = next((each for each in left if each[0] == key), (key, None))
            if same in left:
                left.remove(same)
            chosen.append(same)
        self.secrets = chosen + [each for each in self.secrets[2:] if each in left]


class TwoProtocols(RuleBasedStateMachine):
    """Random writes through both APIs, held against one model."""

    server: Api

    def __init__(self) -> None:
        super().__init__()
        self.tenant = f"hub-{uuid4()}"
        assert self.server("POST", f"/v1/tenants/{self.tenant}").status == 201
        api = Api(self.server.address, headers={"Host": f"{self.tenant}.azure-devices.net"})
        self.hub, self.old = HubApi(api, NEW), HubApi(api, OLD)
        self.models: dict[str, Model] = {}

    def hono(self, method: str, what: str, device_id: str, members: Any = None) -> Any:
        """One request to the other API."""
        return self.server(method, f"/v1/{what}/{self.tenant}/{device_id}", members)

    @rule(device_id=IDS, enabled=st.booleans(), reason=REASONS, edge=st.booleans())
    def hub_creates(self, device_id: str, *, enabled: bool, reason: str | None, edge: bool) -> None:
        """PUT without If-Match."""
        reply = self.hub.put(
            device_id,
            status="enabled" if enabled else "disabled",
            statusReason=reason,
            capabilities={"iotEdge": edge},
        )
        if device_id in self.models:
            assert reply.status == 409
            return
        assert reply.status == 200
        keys = [(key, None) for key in keys_of(reply)]
        self.models[device_id] = Model(enabled, reason, edge=edge, secrets=[*keys])

    @rule(device_id=IDS, enabled=st.booleans(), reason=REASONS, old=st.booleans())
    def hub_writes_back_what_it_read(
        self, device_id: str, *, enabled: bool, reason: str | None, old: bool
    ) -> None:
        """Get, change, put: nothing else changes, at any version."""
        hub = self.old if old else self.hub
        shown = hub.get(device_id)
        model = self.models.get(device_id)
        if model is None:
            assert shown.status == 404
            return
        members = {
            **shown.json,
            "status": "Enabled" if enabled else "disabled",
            "statusReason": reason,
        }
        path = f"/devices/{device_id}"
        assert hub("PUT", path, members, if_match='"bm8="').status == 412
        assert hub("PUT", path, members, if_match=shown.headers["etag"]).status == 200
        model.enabled, model.reason = enabled, reason
        model.revision += 1

    @rule(device_id=IDS, first=KEYS, second=KEYS, old=st.booleans())
    def hub_gives_keys(self, device_id: str, first: str, second: str, *, old: bool) -> None:
        """Other keys, without a word of anything else."""
        pair = {"symmetricKey": {"primaryKey": first, "secondaryKey": second}}
        reply = (self.old if old else self.hub).put(device_id, if_match="*", authentication=pair)
        model = self.models.get(device_id)
        if model is None:
            assert reply.status == 404
            return
        assert reply.status == 200
        if model.keys != (first, second):
            model.give((first, second))
        model.enabled, model.reason = True, None
        model.edge = model.edge and old
        model.revision += 1

    @rule(device_id=IDS)
    def hub_swaps_keys(self, device_id: str) -> None:
        """The two change places, with what Hono knows of them."""
        body = {"policyKey": "swap", "devices": [{"id": device_id}]}
        reply = self.hub("POST", "/devices/keys/regenerate", body)
        model = self.models.get(device_id)
        if model is None or not model.secrets:
            assert reply.status == 400
            return
        assert reply.status == 200
        first, second = model.keys
        assert first
        assert second
        model.give((second, first))
        model.revision += 1

    @rule(device_id=IDS, enabled=st.booleans())
    def hub_updates_in_bulk(self, device_id: str, *, enabled: bool) -> None:
        """With new keys, since none are given."""
        status = "enabled" if enabled else "disabled"
        reply = self.hub.bulk({"id": device_id, "importMode": "update", "status": status})
        model = self.models.get(device_id)
        if model is None:
            assert reply.status == 400
            return
        assert reply.status == 200
        first, second = keys_of(self.hub.get(device_id))
        assert {first, second}.isdisjoint(key for key, _ in model.secrets[:2])
        model.give((first, second))
        model.enabled, model.reason, model.edge = enabled, None, False
        model.revision += 1

    @rule(device_id=IDS, by_hono=st.booleans())
    def either_removes(self, device_id: str, *, by_hono: bool) -> None:
        """Gone for both."""
        hono = by_hono and self.hono("DELETE", "devices", device_id)
        reply = hono or self.hub.delete(device_id)
        assert reply.status == (204 if device_id in self.models else 404)
        self.models.pop(device_id, None)

    @rule(device_id=IDS, enabled=st.booleans(), note=st.text(max_size=3))
    def hono_creates(self, device_id: str, *, enabled: bool, note: str) -> None:
        """A device without any credential."""
        members = {"enabled": enabled, "ext": {"note": note}}
        reply = self.hono("POST", "devices", device_id, members)
        if device_id in self.models:
            assert reply.status == 409
            return
        assert reply.status == 201
        self.models[device_id] = Model(enabled, ext={"note": note})

    @rule(device_id=IDS, enabled=st.booleans(), note=st.text(max_size=3))
    def hono_updates(self, device_id: str, *, enabled: bool, note: str) -> None:
        """The whole of what Hono can see."""
        members = {"enabled": enabled, "ext": {"note": note}}
        reply = self.hono("PUT", "devices", device_id, members)
        model = self.models.get(device_id)
        if model is None:
            assert reply.status == 404
            return
        assert reply.status == 204
        model.enabled, model.ext = enabled, {"note": note}
        model.revision += 1

    @rule(
        device_id=IDS,
        secrets=st.lists(st.tuples(KEYS | st.just(SHORT_KEY), COMMENTS), max_size=3),
        others=st.lists(OTHERS, max_size=2, unique=True),
    )
    def hono_replaces_credentials(
        self,
        device_id: str,
        secrets: list[tuple[str, str | None]],
        others: list[tuple[str, str]],
    ) -> None:
        """The hub's keys among them, if there are any, and kinds it does not know."""
        shown = [
            {"key": key, "comment": comment} if comment else {"key": key}
            for key, comment in secrets
        ]
        # An auth-id belongs to one device, so each has its own.
        members = [
            {"type": kind, "auth-id": f"{name}-{device_id}", "secrets": [secret_of(kind)]}
            for kind, name in others
        ]
        if secrets:
            members.append({"type": "psk", "auth-id": device_id, "secrets": shown})
        reply = self.hono("PUT", "credentials", device_id, members)
        model = self.models.get(device_id)
        if model is None:
            assert reply.status == 404
            return
        assert reply.status == 204
        model.secrets = secrets
        model.others = [(kind, f"{name}-{device_id}") for kind, name in others]
        model.revision += 1

    @invariant()
    def the_hub_shows_the_model(self) -> None:
        """Status, reason, keys, capabilities and the counter behind the ETag."""
        listed = {each["deviceId"]: each for each in self.hub("GET", "/devices").json}
        assert set(listed) == set(self.models)
        for device_id, model in self.models.items():
            reply = self.hub.get(device_id)
            shown = reply.json
            assert shown == listed[device_id]
            assert shown["status"] == ("enabled" if model.enabled else "disabled")
            assert shown["statusReason"] == model.reason
            assert keys_of(reply) == model.keys
            assert shown["authentication"]["type"] == ("sas" if model.secrets else "none")
            assert shown["capabilities"]["iotEdge"] is model.edge
            assert base64.b64decode(shown["etag"]) == b"%d" % model.revision

    @invariant()
    def hono_shows_the_model(self) -> None:
        """Its own members, and every credential with the comments of its secrets."""
        for device_id, model in self.models.items():
            device = self.hono("GET", "devices", device_id).json
            assert device["enabled"] is model.enabled
            assert device.get("ext", {}) == model.ext
            credentials = self.hono("GET", "credentials", device_id).json
            found = {
                (each["type"], each["auth-id"]): [s.get("comment") for s in each["secrets"]]
                for each in credentials
            }
            assert found.pop(("psk", device_id), []) == [comment for _, comment in model.secrets]
            assert set(found) == set(model.others)

    @invariant()
    def the_counts_are_right(self) -> None:
        """Of both."""
        counted = self.hub("GET", "/statistics/devices").json
        assert counted["totalDeviceCount"] == len(self.models)
        enabled = sum(model.enabled for model in self.models.values())
        assert counted["enabledDeviceCount"] == enabled


def secret_of(kind: str) -> dict[str, str]:
    """Some secret of that type."""
    if kind == "hashed-password":
        # made once, since hashing is slow on purpose
        return {
            "hash-function": "bcrypt",
            "pwd-hash": "$2a$10$CwTycUXWue0Thq9StjUM0uJ8.t5G1xQNnJ8Q8jk1tZJt1p0M0y9sS",
        }
    return {"key": "c2VjcmV0"} if kind == "psk" else {"own": "x"}


def test_both_views_agree_whoever_writes(server: Api) -> None:
    """Neither API destroys what only the other can show."""
    machine = type("Machine", (TwoProtocols,), {"server": server})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
