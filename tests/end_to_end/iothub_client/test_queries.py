"""Devices found by a query, page by page (iothub 2.2)."""

from __future__ import annotations

from typing import Any

from tests.end_to_end.iothub_client.client import MODELS, Hub, refused
from tests.end_to_end.iothub_client.conftest import KEY

EVERY_DEVICE = "select * from devices"


def querying(condition: str) -> Any:
    """Every device of which that is true."""
    return MODELS.QuerySpecification(query=f"{EVERY_DEVICE} where {condition}")


def test_a_query_finds_devices_page_by_page(registry: Any, three: list[str]) -> None:
    """With a continuation until all were given."""
    prefix = three[0][:-2]
    query = querying(f"STARTSWITH(deviceId, '{prefix}')")
    first = registry.query_iot_hub(query, None, 2)
    assert first.type.lower() == "twin"
    assert len(first.items) == 2
    assert first.continuation_token
    second = registry.query_iot_hub(query, first.continuation_token, 2)
    assert not second.continuation_token
    found = [twin.device_id for twin in [*first.items, *second.items]]
    assert sorted(found) == three


def test_a_query_may_ask_for_one_device_or_a_status(registry: Any, three: list[str]) -> None:
    """Twins tell etag, status and kind of proof, and no key."""
    (twin,) = registry.query_iot_hub(querying(f"deviceId = '{three[2]}'")).items
    assert (twin.device_id, twin.status) == (three[2], "disabled")
    assert twin.authentication_type == "sas"
    assert KEY not in str(twin.as_dict())
    disabled = registry.query_iot_hub(querying("status = 'disabled'"))
    found = {twin.device_id for twin in disabled.items}
    assert three[2] in found
    assert three[0] not in found


def test_a_query_that_is_not_understood_is_refused(hub: Hub) -> None:
    """And one without the right to it."""
    nonsense = MODELS.QuerySpecification(query="drop table devices")
    assert refused(hub.registry().query_iot_hub, nonsense)[0] == 400
    everything = MODELS.QuerySpecification(query=EVERY_DEVICE)
    assert refused(hub.registry("registryRead").query_iot_hub, everything)[0] == 401
