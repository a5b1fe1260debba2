"""Ids that hold blanks, commas and quotes in forms; what nobody touched stays as it was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.forms.devices import device_document, device_fields
from console.forms.fields import Field, Values
from console.forms.names import names_of, names_text
from console.forms.tenants import members_of, members_text, tenant_document, tenant_fields
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid
from registry_backend.domain.tenants import TenantAttributes

_ODD = st.text(alphabet="ab,= \t\n\"\\'\u2028é{[", min_size=1, max_size=6)


def as_shown(fields: tuple[Field, ...], **typed: str | bool) -> Values:
    """The values of a form in which only these were changed."""
    return {each.name: each.value for each in fields} | typed


@given(st.lists(_ODD, max_size=4))
def test_a_list_of_names_is_read_as_it_was_written(names: list[str]) -> None:
    """Whatever they hold."""
    assert names_of({"via": names_text(names)}, "via") == names


@given(st.dictionaries(_ODD, _ODD | st.sampled_from(["5", "true", "null", "", 5, None, {"a": 1}])))
def test_members_are_read_as_they_were_written(members: dict[str, Any]) -> None:
    """Names with blanks, and texts that look like JSON."""
    assert members_of({"limits": members_text(members)}, "limits") == members


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", []),
        (" , ", []),
        ("gw-1 gw-2,gw-3 ,\n gw-4,", ["gw-1", "gw-2", "gw-3", "gw-4"]),
        ('"group one","x,y" z', ["group one", "x,y", "z"]),
        (r'"say \"a\"" b"c', ['say "a"', 'b"c']),
    ],
)
def test_ordinary_names_need_no_quotes(typed: str, names: list[str]) -> None:
    """Blanks, commas and lines stand between them."""
    assert names_of({"via": typed}, "via") == names


@pytest.mark.parametrize("typed", ['"group one', 'a "b c', '"a"b', r'"\x"'])
def test_a_quote_in_the_wrong_place_is_refused_at_its_field(typed: str) -> None:
    """With the way to write it."""
    with pytest.raises(Invalid) as caught:
        names_of({"via": typed}, "via")
    assert caught.value.problems[0].field == "via"


def test_only_the_changed_field_of_a_device_changes() -> None:
    """Ids with blanks and commas, an empty list, a bare text for a list of one."""
    base: JsonObject = {
        "via": ["gw,1"],
        "viaGroups": ["group one", "x,y"],
        "memberOf": [],
        "ext": {"a": 1},
    }
    fields = device_fields(DeviceAttributes.parse(base))
    document = device_document(base, as_shown(fields, **{"status-reason": "sent back"}))
    assert document == base | {"status-reason": "sent back"}
    document = device_document(base, as_shown(fields, via='"gw,1" gw-2'))
    assert document == base | {"via": ["gw,1", "gw-2"]}
    assert "via" not in device_document(base, as_shown(fields, via=""))


def test_a_form_without_some_fields_leaves_those_members() -> None:
    """A registry that keeps no such members is shown no such fields."""
    base: JsonObject = {"via": ["gw-1"], "enabled": True}
    assert device_document(base, {"enabled": False}) == {"via": ["gw-1"], "enabled": False}


def test_only_the_changed_field_of_a_tenant_changes() -> None:
    """Types of adapters and auth-ids with blanks, and limits that are texts."""
    base: JsonObject = {
        "adapters": [{"type": "my adapter", "enabled": True, "ext": {"a": 1}}],
        "tracing": {"sampling-mode-per-auth-id": {"old lamp": "all"}},
        "minimum-message-size": 0,
    }
    fields = tenant_fields(TenantAttributes.parse(base))
    assert tenant_document(base, as_shown(fields, alias="yard")) == base | {"alias": "yard"}
    shown = as_shown(fields)
    typed: Values = {
        "adapters": f"{shown['adapters']}\nhono-mqtt disabled",
        "sampling-mode-per-auth-id": f"{shown['sampling-mode-per-auth-id']}\nCN=a,O=b none",
    }
    document = tenant_document(base, shown | typed)
    kinds = [each["type"] for each in document["adapters"]]
    assert kinds == ["my adapter", "hono-mqtt"]
    assert document["adapters"][0]["ext"] == {"a": 1}
    assert document["tracing"] == {
        "sampling-mode-per-auth-id": {"old lamp": "all", "CN=a,O=b": "none"}
    }


def test_a_quote_left_open_in_a_line_is_told_with_its_number() -> None:
    """Beside the other faults of the form."""
    typed: Values = {"adapters": 'mqtt\n"my adapter', "sampling-mode-per-auth-id": '"a all\nb'}
    with pytest.raises(Invalid) as caught:
        tenant_document({}, typed)
    told = [(each.field, each.problem.split(":")[0]) for each in caught.value.problems]
    assert told == [
        ("adapters", "line 2"),
        ("sampling-mode-per-auth-id", "line 1"),
        ("sampling-mode-per-auth-id", "line 2"),
    ]
