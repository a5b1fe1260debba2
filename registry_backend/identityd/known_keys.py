"""The keys the daemon knows, by their table, and what became of those it no longer does (4.2)."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from registry_backend.identityd.places import KeyPath
from registry_backend.identityd.values import Table

ROOT = frozenset(
    {
        "hostname",
        "homedir",
        "prefer_module_identity_cache",
        "max_requests",
        "cloud_timeout_sec",
        "cloud_retries",
        "provisioning",
        "principal",
        "localid",
        "endpoints",
    }
)

ENDPOINTS = frozenset({"aziot_certd", "aziot_identityd", "aziot_keyd", "aziot_tpmd"})
_AUTHENTICATION = frozenset(
    {"method", "device_id_pk", "identity_cert", "identity_pk", "csr_subject"}
)
_ATTESTATION = frozenset(
    {
        "method",
        "registration_id",
        "symmetric_key",
        "identity_cert",
        "identity_pk",
        "identity_auto_renew",
    }
)

SOURCES = {
    "manual": frozenset({"iothub_hostname", "device_id", "authentication"}),
    "dps": frozenset({"global_endpoint", "scope_id", "payload", "attestation"}),
    "none": frozenset[str](),
}
"""What `[provisioning]` may hold beside `source` and `local_gateway_hostname`."""

KNOWN: dict[tuple[str, ...], frozenset[str]] = {
    (): ROOT,
    ("provisioning",): frozenset({"source", "local_gateway_hostname"}).union(*SOURCES.values()),
    ("provisioning", "authentication"): _AUTHENTICATION,
    ("provisioning", "attestation"): _ATTESTATION,
    ("provisioning", "attestation", "identity_auto_renew"): frozenset(
        {"rotate_key", "threshold", "retry"}
    ),
    ("provisioning", "payload"): frozenset({"uri"}),
    ("localid",): frozenset({"domain"}),
    ("endpoints",): ENDPOINTS,
    ("principal",): frozenset({"uid", "name", "idtype", "localid"}),
    ("principal", "localid"): frozenset({"type", "attributes"}),
}
"""By the path of the table, without the numbers of principals."""

_SUPER_CONFIG = "It belongs to the super-config /etc/aziot/config.toml, and only there"
_LEFTOVER = "It is a leftover of the daemon's own tests"

GONE: dict[str, str] = {
    "aziot_max_requests": _SUPER_CONFIG,
    "connection_string": _SUPER_CONFIG,
    "parent_hostname": _SUPER_CONFIG,
    "always_reprovision_on_startup": "It was removed in 2021",
    "auto_reprovisioning_mode": "It belongs to IoT Edge's own configuration",
    "connect": _LEFTOVER,
    "listen": _LEFTOVER,
    "device_id_cert": "There never was such a key: identity_cert is meant",
}
"""Keys that people write although the daemon has none of that name, and what they are."""


def unknown_keys(merged: Table) -> Iterator[KeyPath]:
    """The paths of all keys that the daemon ignores; nothing below an unknown key is told."""
    yield from _unknown(merged, (), ())


def nearest(key: str, table: tuple[str, ...]) -> str:
    """The known key of a table that looks most like this one; empty when none does."""
    matches = get_close_matches(key.lower(), KNOWN[table], n=1, cutoff=0.75)
    return matches[0] if matches else ""


def _unknown(table: Table, path: KeyPath, names: tuple[str, ...]) -> Iterator[KeyPath]:
    for key, value in table.items():
        below = (*names, key)
        if key not in KNOWN[names]:
            yield (*path, key)
        elif below in KNOWN and isinstance(value, dict):
            yield from _unknown(value, (*path, key), below)
        elif below == ("principal",) and isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict):
                    yield from _unknown(item, (*path, key, index), below)
