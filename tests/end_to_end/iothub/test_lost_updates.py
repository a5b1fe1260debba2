"""A write made for what was read before is refused once anybody wrote, through either API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from tests.end_to_end.hono.client import Api, Reply
from tests.end_to_end.iothub.hub import KEY, OTHER_KEY, HubApi, path_of

ID = "d"
"""One device, so that its readers and writers meet."""
DEVICE, CREDENTIALS, EITHER = "device", "credentials", "either"
"""What a version is of: Hono has one for each part, a hub one for the whole (design 3)."""
WRITERS, TIMES = 3, 6


class HeldVersions(RuleBasedStateMachine):
    """Readers hold versions for as long as they like while others write."""

    server: Api

    def __init__(self) -> None:
        super().__init__()
        self.tenant = f"hub-{uuid4()}"
        assert self.server("POST", f"/v1/tenants/{self.tenant}").status == 201
        self.hub = HubApi(
            Api(self.server.address, headers={"Host": f"{self.tenant}.azure-devices.net"})
        )
        self.writes: Counter[str] = Counter()
        self.held: dict[str, tuple[str, int]] = {}
        """By part: a version, and how many writes there had been."""
        assert self.hub.put(ID).status == 200

    def hono(self, method: str, what: str, members: Any = None, **sent: Any) -> Any:
        """One request to the other API."""
        return self.server(method, f"/v1/{what}/{self.tenant}/{ID}", members, **sent)

    def hold(self, part: str, etag: str) -> None:
        """Remember what a reader was given."""
        self.held[part] = etag, self.writes[part]

    def wrote(self, *parts: str) -> None:
        """Count a write of these parts."""
        self.writes.update((EITHER, *parts))

    def judge(self, part: str, good: int, write: Callable[[str], Reply]) -> bool:
        """Write for the version that is held; whether it was done, as it was to be."""
        if part not in self.held:
            return False
        etag, writes = self.held[part]
        current = writes == self.writes[part]
        assert write(etag).status == (good if current else 412)
        return current

    @rule()
    def a_hubs_client_reads(self) -> None:
        """The whole."""
        self.hold(EITHER, self.hub.get(ID).headers["etag"])

    @rule()
    def honos_client_reads_the_device(self) -> None:
        """Without its credentials."""
        self.hold(DEVICE, self.hono("GET", "devices").etag)

    @rule()
    def honos_client_reads_the_credentials(self) -> None:
        """Without the device."""
        self.hold(CREDENTIALS, self.hono("GET", "credentials").etag)

    @rule(enabled=st.booleans())
    def a_hubs_client_writes(self, *, enabled: bool) -> None:
        """The device, with the keys that it has."""
        body = {**self.hub.get(ID).json, "status": "enabled" if enabled else "disabled"}
        if self.judge(EITHER, 200, lambda etag: self.hub("PUT", path_of(ID), body, if_match=etag)):
            self.wrote(DEVICE)

    @rule()
    def a_hubs_client_removes(self) -> None:
        """And makes it anew: what a reader of Hono's holds is then of another device."""
        if self.judge(EITHER, 204, lambda etag: self.hub.delete(ID, etag)):
            assert self.hub.put(ID).status == 200
            self.wrote(DEVICE, CREDENTIALS)
            # A hub counts from 0 again (iothub 5.1), so its readers have to read again.
            del self.held[EITHER]

    @rule()
    def a_hubs_client_makes_new_keys(self) -> None:
        """Whatever the version."""
        body = {"policyKey": "both", "devices": [{"id": ID}]}
        reply = self.hub("POST", "/devices/keys/regenerate", body)
        if reply.status == 200:
            self.wrote(DEVICE, CREDENTIALS)
        else:
            assert self.hub.get(ID).json["authentication"]["type"] == "none"

    @rule(note=st.integers(0, 3))
    def honos_client_writes_the_device(self, note: int) -> None:
        """For the version of the device alone."""
        body = {"ext": {"note": note}}
        if self.judge(DEVICE, 204, lambda etag: self.hono("PUT", "devices", body, if_match=etag)):
            self.wrote(DEVICE)

    @rule(keys=st.lists(st.sampled_from([KEY, OTHER_KEY]), max_size=2))
    def honos_client_writes_the_credentials(self, keys: list[str]) -> None:
        """For their version alone; the hub's moves with it."""
        secrets = [{"key": key} for key in keys]
        body = [{"type": "psk", "auth-id": ID, "secrets": secrets}] if secrets else []
        if self.judge(
            CREDENTIALS, 204, lambda etag: self.hono("PUT", "credentials", body, if_match=etag)
        ):
            self.wrote(CREDENTIALS)


def test_a_version_that_is_held_counts_until_the_next_write(server: Api) -> None:
    """Of that part, whoever wrote it: neither API overwrites what its reader did not see."""
    machine = type("Machine", (HeldVersions,), {"server": server})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_nobody_loses_a_write_while_all_write_at_once(
    server: Api, tenant: str, hub: HubApi
) -> None:
    """Each reads, adds one and writes for the version it read, until it is taken."""
    assert hub.put("d", statusReason="0").status == 200
    place = f"/v1/devices/{tenant}/d"

    def by_hub(_: int) -> None:
        for _ in range(TIMES):
            status = 412
            while status == 412:
                shown = hub.get("d")
                reason = str(int(shown.json["statusReason"]) + 1)
                body = {**shown.json, "statusReason": reason}
                reply = hub("PUT", path_of("d"), body, if_match=shown.headers["etag"])
                status = reply.status
            assert status == 200

    def by_hono(_: int) -> None:
        for _ in range(TIMES):
            status = 412
            while status == 412:
                shown = server("GET", place)
                count = shown.json.get("ext", {}).get("count", 0) + 1
                body = {"enabled": True, "ext": {"count": count}}
                status = server("PUT", place, body, if_match=shown.etag).status
            assert status == 204

    with ThreadPoolExecutor(2 * WRITERS) as pool:
        for work in (pool.map(by_hub, range(WRITERS)), pool.map(by_hono, range(WRITERS))):
            list(work)
    assert hub.get("d").json["statusReason"] == str(WRITERS * TIMES)
    assert server("GET", place).json["ext"] == {"count": WRITERS * TIMES}
