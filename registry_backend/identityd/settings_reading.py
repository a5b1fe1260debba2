"""Settings read from the merged tables as the daemon reads them, but with every fault told at once.

Keys that the daemon does not know are ignored here, as they are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from registry_backend.domain.errors import Invalid
from registry_backend.domain.principals import Principal
from registry_backend.identityd.addresses import normal_url, scheme_of
from registry_backend.identityd.places import KeyPath
from registry_backend.identityd.settings import (
    DEFAULT_CLOUD_RETRIES,
    DEFAULT_CLOUD_TIMEOUT,
    DEFAULT_MAX_REQUESTS,
    Attestation,
    AutoRenew,
    DpsProvisioning,
    ManualProvisioning,
    NoProvisioning,
    Provisioning,
    SasAuthentication,
    Settings,
    Subject,
    X509Authentication,
)
from registry_backend.identityd.tables import kind_of, read_principal
from registry_backend.identityd.values import Table

FoundT = TypeVar("FoundT")
_MAX_U32 = 2**32 - 1
_MAX_I64 = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why the daemon cannot read its settings."""

    path: KeyPath
    """Of the key, in the merged tables; of a missing key too."""
    problem: str
    """What follows the key's name in a sentence: `is missing`."""


@dataclass(frozen=True, slots=True)
class Read:
    """What came of reading the settings."""

    settings: Settings | None
    """None when the daemon would refuse them."""
    refusals: tuple[Refusal, ...]
    """Every reason."""


class _Table:
    """One table being read: it tells of what is wrong and gives None in its place."""

    def __init__(self, table: Table, path: KeyPath, refusals: list[Refusal]) -> None:
        self._table = table
        self._path = path
        self._refusals = refusals

    def refuse(self, key: str, problem: str) -> None:
        self._refusals.append(Refusal((*self._path, key), problem))

    def has(self, key: str) -> bool:
        return key in self._table

    def text(self, key: str, *, required: bool = True) -> str | None:
        return self._typed(key, str, "a string", required=required)

    def truth(self, key: str, *, required: bool = False) -> bool | None:
        return self._typed(key, bool, "true or false", required=required)

    def number(self, key: str, *, default: int, least: int = 0, most: int = _MAX_I64) -> int:
        value = self._table.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            self.refuse(key, f"must be a whole number, and is {kind_of(value)}")
        elif not least <= value <= most:
            limits = f"at least {least}" if value < least else f"at most {most}"
            self.refuse(key, f"must be {limits}, and is {value}")
        else:
            return value
        return default

    def address(self, key: str) -> str | None:
        value = self.text(key)
        if value is not None and normal_url(value) is None:
            self.refuse(key, "must be a URL such as https://global.azure-devices-provisioning.net")
        return value

    def choice(self, key: str, choices: Mapping[str, Callable[[], FoundT]]) -> FoundT | None:
        value = self.text(key)
        if value is None:
            return None
        if value not in choices:
            self.refuse(key, f"must be one of {', '.join(choices)}, in lower case")
            return None
        return choices[value]()

    def table(self, key: str, *, required: bool = True) -> _Table | None:
        value = self._typed(key, dict, "a table", required=required)
        return None if value is None else _Table(value, (*self._path, key), self._refusals)

    def subject(self, key: str) -> Subject | None:
        value = self._table.get(key)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, dict) and all(isinstance(part, str) for part in value.values()):
            return {name.upper(): part for name, part in value.items()}
        self.refuse(key, 'must be a string, or a table of strings such as { CN = "gateway" }')
        return None

    def array(self, key: str) -> list[object]:
        return self._typed(key, list, "an array of tables", required=False) or []

    def _typed(self, key: str, kind: type[FoundT], words: str, *, required: bool) -> FoundT | None:
        if key not in self._table:
            if required:
                self.refuse(key, "is missing")
            return None
        value = self._table[key]
        if not isinstance(value, kind):
            self.refuse(key, f"must be {words}, and is {kind_of(value)}")
            return None
        return value


def read_settings(merged: Table, known: Sequence[Principal | None] = ()) -> Read:
    """The settings that merged tables hold, or every reason why the daemon refuses them.

    Args:
        merged: The tables.
        known: Those of the principals that were read already, in their order; None where that
            failed. Empty when none were.
    """
    refusals: list[Refusal] = []
    root = _Table(merged, (), refusals)
    hostname, homedir = root.text("hostname"), root.text("homedir")
    provisioning = _provisioning(root.table("provisioning"))
    localid = root.table("localid", required=False)
    domain = localid.text("domain") if localid else None
    principals = tuple(_principals(root.array("principal"), known, refusals))
    prefer_cache = root.truth("prefer_module_identity_cache")
    max_requests = root.number("max_requests", default=DEFAULT_MAX_REQUESTS)
    timeout = root.number(
        "cloud_timeout_sec", default=DEFAULT_CLOUD_TIMEOUT, least=DEFAULT_CLOUD_TIMEOUT
    )
    retries = root.number("cloud_retries", default=DEFAULT_CLOUD_RETRIES, most=_MAX_U32)
    if refusals:
        return Read(None, tuple(refusals))
    settings = Settings(
        hostname=cast("str", hostname),
        homedir=Path(cast("str", homedir)),
        provisioning=cast("Provisioning", provisioning),
        principals=principals,
        localid_domain=domain,
        prefer_module_identity_cache=bool(prefer_cache),
        max_requests=max_requests,
        cloud_timeout_sec=timeout,
        cloud_retries=retries,
    )
    return Read(settings, ())


def _principals(
    tables: list[object], known: Sequence[Principal | None], refusals: list[Refusal]
) -> list[Principal]:
    found = []
    for index, table in enumerate(tables):
        if index < len(known) and (principal := known[index]) is not None:
            found.append(principal)
            continue
        try:
            found.append(read_principal(table))
        except Invalid as error:
            for problem in error.problems:
                path = _path_of(problem.field)
                refusals.append(Refusal(("principal", index, *path), problem.problem))
    return found


def _path_of(field: str) -> KeyPath:
    """The path of a field's name, such as `idtype[1]`; empty for the principal as a whole."""
    if field == "principal":
        return ()
    path: list[str | int] = []
    for part in field.split("."):
        name, bracket, index = part.partition("[")
        path.append(name)
        if bracket:
            path.append(int(index.rstrip("]")))
    return tuple(path)


def _provisioning(table: _Table | None) -> Provisioning | None:
    if table is None:
        return None
    gateway = table.text("local_gateway_hostname", required=False)
    choices: dict[str, Callable[[], Provisioning | None]] = {
        "manual": lambda: _manual(table, gateway),
        "dps": lambda: _dps(table, gateway),
        "none": lambda: NoProvisioning(gateway),
    }
    return table.choice("source", choices)


def _manual(table: _Table, gateway: str | None) -> ManualProvisioning | None:
    hub, device = table.text("iothub_hostname"), table.text("device_id")
    below = table.table("authentication")
    authentication = None
    if below is not None:
        choices: dict[str, Callable[[], SasAuthentication | X509Authentication | None]] = {
            "sas": lambda: _sas(below),
            "x509": lambda: _x509(below),
        }
        authentication = below.choice("method", choices)
    if hub is None or device is None or authentication is None:
        return None
    return ManualProvisioning(hub, device, authentication, gateway)


def _sas(table: _Table) -> SasAuthentication | None:
    key = table.text("device_id_pk")
    return None if key is None else SasAuthentication(key)


def _x509(table: _Table) -> X509Authentication | None:
    certificate, key = table.text("identity_cert"), table.text("identity_pk")
    subject = table.subject("csr_subject")
    if certificate is None or key is None:
        return None
    return X509Authentication(certificate, key, subject)


def _dps(table: _Table, gateway: str | None) -> DpsProvisioning | None:
    endpoint, scope = table.address("global_endpoint"), table.text("scope_id")
    payload = table.table("payload", required=False)
    uri = payload.text("uri") if payload else None
    if payload is not None and uri is not None and not scheme_of(uri):
        payload.refuse("uri", "must be a URI such as file:///etc/aziot/payload.json")
    below = table.table("attestation")
    attestation = None
    if below is not None:
        choices: dict[str, Callable[[], Attestation | None]] = {
            "symmetric_key": lambda: _symmetric_key(below),
            "x509": lambda: _certified(below),
            "tpm": lambda: _tpm(below),
        }
        attestation = below.choice("method", choices)
    if endpoint is None or scope is None or attestation is None:
        return None
    return DpsProvisioning(endpoint, scope, attestation, uri, gateway)


def _symmetric_key(table: _Table) -> Attestation | None:
    registration, key = table.text("registration_id"), table.text("symmetric_key")
    return Attestation("symmetric_key", registration, symmetric_key=key)


def _tpm(table: _Table) -> Attestation | None:
    return Attestation("tpm", table.text("registration_id"))


def _certified(table: _Table) -> Attestation | None:
    return Attestation(
        "x509",
        table.subject("registration_id"),
        identity_cert=table.text("identity_cert"),
        identity_pk=table.text("identity_pk"),
        identity_auto_renew=_auto_renew(table.table("identity_auto_renew", required=False)),
    )


def _auto_renew(table: _Table | None) -> AutoRenew | None:
    if table is None:
        return None
    rotate = table.truth("rotate_key", required=True)
    threshold, retry = table.text("threshold"), table.text("retry")
    for key, value in (("threshold", threshold), ("retry", retry)):
        if value is not None and not _is_share_or_span(value):
            table.refuse(key, 'must be such as "80%" (below 100) or "10min" or "5day", above 0')
    if rotate is None or threshold is None or retry is None:
        return None
    return AutoRenew(rotate, threshold, retry)


_SHARE_OR_SPAN = re.compile(r"\+?([0-9]{1,19})(%|min|day)")


def _is_share_or_span(text: str) -> bool:
    found = _SHARE_OR_SPAN.fullmatch(text)
    if found is None:
        return False
    number = int(found[1])
    return 0 < number <= (99 if found[2] == "%" else _MAX_I64)
