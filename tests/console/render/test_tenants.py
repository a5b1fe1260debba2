"""What stands of a tenant in its row and in the detail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.render import tenants as render
from console.render.expiry import expiry, window
from registry_backend.domain.document import JsonObject
from registry_backend.domain.statistics import Statistics
from registry_backend.domain.tenants import Tenant, TenantAttributes, TenantUsage

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def tenant(**members: object) -> Tenant:
    """A tenant with these members; _ stands for -."""
    document: JsonObject = {name.replace("_", "-"): value for name, value in members.items()}
    return Tenant(
        tenant_id="pier",
        attributes=TenantAttributes.parse(document),
        version="v1",
        created_at=NOW - timedelta(days=3),
    )


def anchor(days: int, name: str = "CA") -> JsonObject:
    """A trust anchor that ends in so many days."""
    return {"subject-dn": f"O=x,CN={name}", "not-after": (NOW + timedelta(days=days)).isoformat()}


@pytest.mark.parametrize(
    ("days", "text", "tone"),
    [
        (-3, "✗ expired 3 d ago", "bad"),
        (0, "✗ expired just now", "bad"),
        (12, "▲ expires in 12 d", "warning"),
        (30, "▲ expires in 30 d", "warning"),
        (31, "until 2026-12-22", "muted"),
    ],
)
def test_what_ends_soon_is_said_by_glyph_word_and_tone(days: int, text: str, tone: str) -> None:
    """Thirty days are soon; the tone never says it alone."""
    assert expiry(NOW + timedelta(days=days), NOW) == (text, tone)


def test_what_has_not_begun_says_when_it_does() -> None:
    """Before its beginning the end does not matter."""
    begins = NOW + timedelta(days=2)
    assert window(begins, begins + timedelta(days=1), NOW) == ("◌ begins in 2 d", "warning")
    assert window(None, None, NOW) == ("", "")


def test_the_row_warns_of_the_anchor_that_ends_first() -> None:
    """One bad anchor among good ones is what matters."""
    found = tenant(trusted_ca=[anchor(900), anchor(5), anchor(60)])
    assert render.trust_cell(found, NOW) == ("▲ expires in 5 d", "warning")
    assert render.trust_cell(tenant(trusted_ca=[anchor(900), anchor(60)]), NOW)[0] == "✓ 2"
    assert render.trust_cell(tenant(), NOW) == ("", "")


def test_the_number_of_devices_is_open_until_it_is_known() -> None:
    """Dots first; a lagging figure carries a sign."""
    assert render.devices_cell(None)[0] == "…"
    assert render.devices_cell(Statistics(total=1234, enabled=1))[0] == "1,234"
    assert render.devices_cell(Statistics(total=7, enabled=1, exact=False))[0] == "~7"


def test_the_detail_names_limits_adapters_anchors_and_what_nobody_modelled() -> None:
    """Nothing that a registry holds of a tenant stays hidden."""
    sections = render.detail(
        tenant(
            enabled=False,
            minimum_message_size=4096,
            registration_limits={"max-devices": 5, "max-credentials-per-device": -1},
            resource_limits={
                "max-ttl": 60,
                "data-volume": {
                    "effective-since": "2026-11-01T00:00:00Z",
                    "max-bytes": 1000,
                    "period": {"mode": "days", "no-of-days": 30},
                },
            },
            adapters=[
                {"type": "mqtt", "enabled": True, "device-authentication-required": False},
                {"type": "coap"},
            ],
            trusted_ca=[anchor(-1, "Old"), anchor(900, "New")],
            odd={"x": 1},
        ),
        NOW,
        usage=TenantUsage(devices=3, credentials=4),
        statistics=Statistics(total=3, enabled=2),
        history=(),
    )
    lines = {(part.title, line.label): line.value for part in sections for line in part.lines}
    assert lines["pier", "state"] == "○ disabled"
    assert lines["pier", "devices"] == "3"
    assert lines["pier", "disabled"] == "1"
    assert lines["pier", "credentials"] == "4"
    assert lines["Limits", "message size"] == "at least 4,096 bytes"
    assert lines["Limits", "devices"] == "5"
    assert lines["Limits", "credentials"] == "no limit per device"
    assert lines["Limits", "data"] == "1,000 bytes in 30 days, since 2026-11-01"
    assert lines["Adapters", "mqtt"] == "● enabled, no authentication"
    assert lines["Adapters", "coap"] == "○ disabled"
    assert lines["Trust anchor Old", "validity"] == "✗ expired 1 d ago"
    assert lines["Trust anchor New", "validity"].startswith("until ")
    assert lines["More", "odd"] == '{"x":1}'
    assert lines["Record", "version"] == "v1"
