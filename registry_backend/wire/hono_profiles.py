"""The two vintages of Hono's management API as data: every difference between them has a name.

hono 1, 2, 3, 10.1: `2.x` patches and strips secrets, `1.1` replaces and echoes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from registry_backend.domain.credentials import HASHED_PASSWORD, PSK, RPK, X509, CredentialRules
from registry_backend.domain.identifiers import HONO_DEVICE_ID, HONO_TENANT_ID
from registry_backend.wire.hono_shape import Shape, Unknown, members

ANY_ID = re.compile(r"[^\x00-\x1f\x7f]+")
"""1.1 has no pattern (hono 2.1); control characters are refused all the same."""


@dataclass(frozen=True, slots=True)
class HonoProfile:
    """One vintage of the API."""

    name: str
    tenant_id: re.Pattern[str]
    device_id: re.Pattern[str]
    tenant: Shape
    device: Shape
    credential: Shape
    """Without its secrets, whose shape depends on the type."""
    secrets: Mapping[str, Shape]
    """By credential type."""
    other_secret: Shape
    """Of the types not listed: they hold what they like."""
    credential_rules: CredentialRules
    """What is asked of names, and which types are known (hono 2.1, 2.5)."""
    hidden_secret_members: Mapping[str, frozenset[str]]
    """By credential type: what a reader is not shown (hono 2.5)."""
    secret_ids: bool
    """Whether secrets are shown with ids, to be named in later writes (hono 3.6)."""
    device_status: bool
    """Whether devices show when they were created and changed (hono 2.4)."""
    tenant_enabled_shown: bool
    """Whether a tenant says `enabled` although nobody gave it (hono 2.2)."""
    adapter_enabled_default: bool | None
    """Written into adapters that do not say (hono 2.2); None: nothing is written."""
    creates_owners: bool
    """Whether a write makes the tenant or device that it hangs on (hono 3.4: 1.1 checks none)."""
    quiet_device_delete: bool
    """Whether deleting a device under a missing tenant is good (204) or not found (404)."""
    json_errors: bool
    """JSON with every error, or plain text with a 400 and nothing with the rest (hono 3.2)."""
    lists: bool
    """Whether tenants and devices can be searched, and all devices of a tenant removed."""


_PERIOD = Shape(members("mode", "no-of-days"))
_LIMITS_11 = Shape(
    members(
        *("max-connections", "max-ttl", "ext"),
        data_volume=Shape(members("effective-since", "max-bytes", period=_PERIOD)),
        connection_duration=Shape(members("effective-since", "max-minutes", period=_PERIOD)),
    )
)
_ANCHOR_11 = Shape(
    members(
        *("cert", "subject-dn", "public-key", "algorithm", "not-before", "not-after"),
        "auto-provisioning-enabled",
    ),
    same_by=("subject-dn", "public-key"),
)
_ADAPTER = Shape(
    members("type", "enabled", "device-authentication-required", "ext"), same_by=("type",)
)
_TENANT_11 = Shape(
    members(
        *("enabled", "ext", "defaults", "minimum-message-size"),
        adapters=_ADAPTER,
        resource_limits=_LIMITS_11,
        tracing=Shape(members("sampling-mode", "sampling-mode-per-auth-id")),
        trusted_ca=_ANCHOR_11,
    ),
    unknown=Unknown.DROP,
)
_TENANT_2X = Shape(
    {
        **_TENANT_11.members,
        **members(
            *("alias", "trust-anchor-group"),
            registration_limits=Shape(members("max-devices", "max-credentials-per-device")),
            resource_limits=Shape(
                {
                    **_LIMITS_11.members,
                    **members(
                        "max-ttl-telemetry-qos0",
                        "max-ttl-telemetry-qos1",
                        "max-ttl-command-response",
                    ),
                },
                # Hono prints these beside the dashed ones and reads them back (hono 2.2).
                ignored=frozenset({"maxTtlTelemetryQoS0", "maxTtlTelemetryQoS1"}),
            ),
            trusted_ca=Shape(
                {
                    **_ANCHOR_11.members,
                    **members(
                        *("id", "auth-id-template", "auto-provision-as-gateway"),
                        "auto-provisioning-device-id-template",
                        *("ocsp-revocation-enabled", "ocsp-responder-uri"),
                        *("ocsp-responder-cert", "ocsp-nonce-enabled"),
                    ),
                },
                same_by=("subject-dn", "public-key"),
            ),
        ),
    },
    null_matters=frozenset({"alias"}),
)
_DEVICE_11 = Shape(members("enabled", "ext", "defaults", "via"))
_DEVICE_2X = Shape(
    {
        **_DEVICE_11.members,
        **members(
            *("viaGroups", "memberOf", "authorities"),
            *("downstream-message-mapper", "upstream-message-mapper"),
            command_endpoint=Shape(members("uri", "headers", "payload-properties")),
        ),
    },
    ignored=frozenset({"status"}),
    null_matters=frozenset({"command-endpoint"}),
)
_CREDENTIAL_11 = Shape(
    members("type", "auth-id", "enabled", "ext", "secrets"), unknown=Unknown.DROP
)
_CREDENTIAL_2X = Shape(members("type", "auth-id", "enabled", "comment", "ext", "secrets", "cert"))
_COMMON = ("enabled", "not-before", "not-after", "comment")
_SECRETS_11 = {
    HASHED_PASSWORD: Shape(members(*_COMMON, "hash-function", "pwd-hash", "salt", "pwd-plain")),
    PSK: Shape(members(*_COMMON, "key")),
    X509: Shape(members(*_COMMON)),
}
_SECRETS_2X = {kind: Shape({"id": None, **shape.members}) for kind, shape in _SECRETS_11.items()}

HONO_2X = HonoProfile(
    name="2.x",
    tenant_id=HONO_TENANT_ID,
    device_id=HONO_DEVICE_ID,
    tenant=_TENANT_2X,
    device=_DEVICE_2X,
    credential=_CREDENTIAL_2X,
    secrets={**_SECRETS_2X, RPK: Shape(members("id", *_COMMON, "key", "algorithm", "cert"))},
    other_secret=Shape(members("id", *_COMMON), unknown=Unknown.KEEP),
    credential_rules=CredentialRules(),
    hidden_secret_members={
        HASHED_PASSWORD: frozenset({"hash-function", "pwd-hash", "salt"}),
        PSK: frozenset({"key"}),
    },
    secret_ids=True,
    device_status=True,
    tenant_enabled_shown=False,
    adapter_enabled_default=None,
    creates_owners=False,
    quiet_device_delete=True,
    json_errors=True,
    lists=True,
)
HONO_11 = replace(
    HONO_2X,
    name="1.1",
    tenant_id=ANY_ID,
    device_id=ANY_ID,
    tenant=_TENANT_11,
    device=_DEVICE_11,
    credential=_CREDENTIAL_11,
    secrets=_SECRETS_11,
    other_secret=Shape(members(*_COMMON), unknown=Unknown.KEEP),
    credential_rules=CredentialRules(patterns=False, raw_keys=False),
    hidden_secret_members={},
    secret_ids=False,
    device_status=False,
    tenant_enabled_shown=True,
    adapter_enabled_default=True,
    creates_owners=True,
    quiet_device_delete=False,
    json_errors=False,
    lists=False,
)
PROFILES: Mapping[str, HonoProfile] = {profile.name: profile for profile in (HONO_2X, HONO_11)}
"""By the name an operator gives."""
