"""Binary members of Hono's JSON: standard base64, its URL-safe form refused (hono 2.6). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from registry_backend.domain.credentials import PSK, RPK, X509
from registry_backend.domain.errors import FieldProblem
from registry_backend.domain.secrets import standard_base64

ANCHOR_MEMBERS = ("cert", "public-key", "ocsp-responder-cert")
"""Of a trust anchor (hono 2.3)."""
_SECRET_MEMBERS = {PSK: ("key",), RPK: ("key", "cert")}
"""Of a secret, by the type of its credential (hono 2.5)."""


def tenant_faults(tenant: Any) -> Iterator[FieldProblem]:
    """The binary members of a tenant that Hono cannot read."""
    anchors = tenant.get("trusted-ca")
    for index, anchor in enumerate(anchors if isinstance(anchors, list) else ()):
        yield from _faults(anchor, ANCHOR_MEMBERS, f"trusted-ca[{index}]")


def credential_faults(credential: Any, path: str) -> Iterator[FieldProblem]:
    """The same of a credential."""
    kind, secrets = credential.get("type"), credential.get("secrets")
    if kind == X509:
        yield from _faults(credential, ("cert",), path)
    names = _SECRET_MEMBERS.get(kind, ()) if isinstance(kind, str) else ()
    for index, secret in enumerate(secrets if isinstance(secrets, list) else ()):
        yield from _faults(secret, names, f"{path}.secrets[{index}]")


def _faults(members: Any, names: tuple[str, ...], path: str) -> Iterator[FieldProblem]:
    for name in names:
        text = members.get(name) if isinstance(members, dict) else None
        if isinstance(text, str) and "-----BEGIN" not in text and set("-_") & set(text):
            yield FieldProblem(
                f"{path}.{name}", "must be standard base64, with + and / for - and _"
            )


def in_standard_form(members: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The members with base64 as a Hono reads it; what is none stays as it is."""
    changed = dict(members)
    for name in names:
        text = members.get(name)
        if isinstance(text, str):
            try:
                changed[name] = standard_base64(text)
            except ValueError:
                continue
    return changed


def standard_secret(kind: str, secret: dict[str, Any]) -> dict[str, Any]:
    """A secret of that type of credential so."""
    return in_standard_form(secret, _SECRET_MEMBERS.get(kind, ()))
