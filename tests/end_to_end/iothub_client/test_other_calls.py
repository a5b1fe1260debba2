"""Calls of the library for what a registry of devices does not keep: errors that it understands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end.iothub_client.client import MODELS, Hub, refused
from tests.end_to_end.iothub_client.conftest import KEY

PRINT = "a" * 40
CALLS: dict[str, Callable[[Any, str], object]] = {
    "create_module_with_sas": lambda m, d: m.create_module_with_sas(d, "m", "me", KEY, KEY),
    "create_module_with_x509": lambda m, d: m.create_module_with_x509(d, "m", "me", PRINT, PRINT),
    "create_module_with_certificate_authority": (
        lambda m, d: m.create_module_with_certificate_authority(d, "m", "me")
    ),
    "update_module_with_sas": lambda m, d: m.update_module_with_sas(d, "m", "me", "e", KEY, KEY),
    "update_module_with_x509": (
        lambda m, d: m.update_module_with_x509(d, "m", "me", "e", PRINT, PRINT)
    ),
    "update_module_with_certificate_authority": (
        lambda m, d: m.update_module_with_certificate_authority(d, "m", "me", "e")
    ),
    "get_module": lambda m, d: m.get_module(d, "m"),
    "get_modules": lambda m, d: m.get_modules(d),
    "delete_module": lambda m, d: m.delete_module(d, "m"),
    "get_twin": lambda m, d: m.get_twin(d),
    "replace_twin": lambda m, d: m.replace_twin(d, MODELS.Twin()),
    "update_twin": lambda m, d: m.update_twin(d, MODELS.Twin()),
    "get_module_twin": lambda m, d: m.get_module_twin(d, "m"),
    "replace_module_twin": lambda m, d: m.replace_module_twin(d, "m", MODELS.Twin()),
    "update_module_twin": lambda m, d: m.update_module_twin(d, "m", MODELS.Twin()),
    "invoke_device_method": (
        lambda m, d: m.invoke_device_method(d, MODELS.CloudToDeviceMethod(method_name="x"))
    ),
    "invoke_device_module_method": (
        lambda m, d: m.invoke_device_module_method(
            d, "m", MODELS.CloudToDeviceMethod(method_name="x")
        )
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_not_kept_here_is_not_found(registry: Any, device_id: str, name: str) -> None:
    """404 for modules, twins and methods, and the device is as it was."""
    registry.create_device_with_sas(device_id, KEY, KEY, "enabled")
    before = registry.get_device(device_id).as_dict()
    assert refused(CALLS[name], registry, device_id) == (404, "GenericNotFound")
    assert registry.get_device(device_id).as_dict() == before


def test_every_call_of_the_library_over_http_is_named_in_these_tests(registry: Any) -> None:
    """A later one with more of them shows here what is to be looked at."""
    mine = {name for name in dir(registry) if not name.startswith("_")}
    others = {name for name in mine if "module" in name or "twin" in name or "method" in name}
    assert others == set(CALLS)


def test_scheduled_jobs_are_neither_made_nor_found(hub: Hub) -> None:
    """Whoever asks for one or cancels it is told that it is not there."""
    jobs = hub.jobs()
    assert jobs.get_scheduled_job("nobody").status == "unknown"
    assert refused(jobs.cancel_scheduled_job, "nobody") == (404, "GenericNotFound")
    request = MODELS.JobRequest(job_id="j", type="scheduleUpdateTwin")
    assert refused(jobs.create_scheduled_job, "j", request)[0] in (404, 405)
