"""Who the library may speak for, and what stops it: policies, keys, hosts, certificates."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

import pytest
from msrest.exceptions import ClientRequestError, HttpOperationError

from tests.end_to_end.iothub_client.authority import Trust, make_authority
from tests.end_to_end.iothub_client.client import Hub, refused
from tests.end_to_end.program import Program

ACCESS, RULE = "IotHubUnauthorizedAccess", "IotHubUnauthorized"


@pytest.mark.parametrize(
    ("policy", "reads", "writes"),
    [
        ("iothubowner", True, True),
        ("registryReadWrite", True, True),
        ("registryRead", True, False),
        ("service", False, False),
        ("device", False, False),
    ],
)
def test_a_policy_lets_the_library_do_what_its_rights_say(
    hub: Hub, device_id: str, policy: str, reads: bool, writes: bool
) -> None:
    """Everything else is 401, never 403."""
    manager = hub.registry(policy)
    if reads:
        assert isinstance(manager.get_devices(1), list)
    else:
        assert refused(manager.get_devices, 1) == (401, RULE)
    if writes:
        assert manager.create_device_with_sas(device_id, "", "", "enabled")
    else:
        create = manager.create_device_with_sas
        assert refused(create, device_id, "", "", "enabled") == (401, RULE)


def test_counts_of_connections_are_for_the_service_too(hub: Hub) -> None:
    """It has no other right here."""
    assert hub.registry("service").get_service_statistics().connected_device_count == 0
    assert refused(hub.registry("service").get_device_registry_statistics) == (401, RULE)


def test_another_key_opens_nothing(hub: Hub) -> None:
    """Nor a policy that is not there."""
    key = hub.policies["iothubowner"].primary_key
    text = hub.connection_string()
    stranger = base64.b64encode(b"x" * 32).decode()
    for wrong in (text.replace(key, stranger), text.replace("=iothubowner", "=owner")):
        assert refused(hub.connected(wrong).get_devices) == (401, ACCESS)


def test_the_secondary_key_opens_as_much(hub: Hub) -> None:
    """So that the primary can be replaced."""
    owner = hub.policies["iothubowner"]
    text = hub.connection_string().replace(owner.primary_key, owner.secondary_key)
    assert hub.connected(text).get_devices(1) is not None


def test_the_address_is_as_good_as_the_name(hub: Hub) -> None:
    """The certificate holds both, and the token is made for what is called."""
    port = hub.host.rpartition(":")[2]
    assert isinstance(hub.registry(host=f"127.0.0.1:{port}").get_devices(1), list)


def test_a_client_that_does_not_trust_the_authority_goes_away(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It verifies, and another authority signed nothing here."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(make_authority(tmp_path).authority))
    with pytest.raises(ClientRequestError, match="certificate verify failed"):
        hub.registry().get_devices()


def test_the_printed_line_is_all_that_the_library_needs(
    trust: Trust, program: Program, hub: Hub
) -> None:
    """The program serves, prints its line, and rotates the key while it serves."""
    server = program.start(
        *("serve", "--listen", "127.0.0.1:0", "--tls-cert", str(trust.server.certificate)),
        *("--tls-key", str(trust.server.key)),
    )
    try:
        assert server.stdout is not None
        port = server.stdout.readline().strip().rpartition(":")[2]
        host = ("--host", f"localhost:{port}")
        manager = hub.connected(printed(program, *host))
        manager.create_device_with_sas("d1", "", "", "enabled")
        rotated = hub.connected(printed(program, *host, "--rotate", "both"))
        assert until_refused(manager) == ACCESS
        assert [device.device_id for device in rotated.get_devices()] == ["d1"]
    finally:
        server.terminate()
        server.communicate(timeout=30)
    assert server.returncode == 0


def printed(program: Program, *words: str) -> str:
    """The line on stdout."""
    done = program.run("connection-string", *words)
    assert done.returncode == 0
    return done.stdout.strip()


def until_refused(manager: Any) -> str:
    """Call until the server has heard of the rotation by another process; the error's code."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            manager.get_devices(1)
        except HttpOperationError as refusal:
            return str(refusal.response.headers["iothub-errorcode"])
    return "never refused"
