"""Where the device comes from, and what its settings alone refuse it (identityd 4.2)."""

from __future__ import annotations

from registry_backend.identityd.settings import Subject
from registry_backend.identityd.values import Table
from registry_backend.identityd.whole import Whole

NOT_NESTED = "DPS provisioning is not supported in nested mode"
"""What is answered where the settings name a gateway too."""


def common_name(subject: Subject | None) -> str | None:
    """The common name of a subject, however it is given."""
    return subject.get("CN") if isinstance(subject, dict) else subject


def no_payload_at(scheme: str) -> str:
    """Why a payload at an address of that scheme is not read."""
    return f"only file:// is read, not {scheme}:"


def source_of(whole: Whole) -> object:
    """`none`, `manual` or `dps`, as written."""
    return _provisioning(whole).get("source")


def no_device(whole: Whole) -> str:
    """Why there is no device, in a sentence; empty where there may be one."""
    source = source_of(whole)
    if source == "none":
        return 'With source = "none" there is no device.'
    if source == "dps" and "local_gateway_hostname" in _provisioning(whole):
        return "A device behind a gateway cannot be provisioned by DPS."
    return ""


def is_assigned(whole: Whole) -> bool:
    """Whether the device's id is not in the settings: a service takes it from its certificate."""
    if source_of(whole) != "dps":
        return False
    attestation = _provisioning(whole).get("attestation")
    found = attestation.get("registration_id") if isinstance(attestation, dict) else None
    if isinstance(found, dict):
        found = {name.upper(): part for name, part in found.items()}.get("CN")
    return not found


def payload_of(whole: Whole) -> str | None:
    """The address of the payload for a provisioning service; None where there is none."""
    payload = _provisioning(whole).get("payload") if source_of(whole) == "dps" else None
    uri = payload.get("uri") if isinstance(payload, dict) else None
    return uri if isinstance(uri, str) else None


def _provisioning(whole: Whole) -> Table:
    found = whole.merged.table.get("provisioning")
    return found if isinstance(found, dict) else {}
