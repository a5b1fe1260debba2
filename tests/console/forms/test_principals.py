"""What the form of a principal makes of what was entered."""

from __future__ import annotations

import pytest

from console.forms.fields import Values
from console.forms.principals import principal_fields, read_principal
from registry_backend.domain.errors import Invalid
from registry_backend.domain.principals import IdType, Principal


def as_filled(principal: Principal, **changes: str | bool) -> Values:
    """The values of an untouched form, but for some."""
    return {field.name: field.value for field in principal_fields(principal)} | changes


@pytest.mark.parametrize("name", [" spaced ", "plain", "", "\ttab"])
def test_a_name_that_is_not_touched_stays_as_it_is(name: str) -> None:
    """With the blanks around it: it is a module's, or local identity's, and another one without."""
    before = Principal(uid=1, name=name, idtype=(IdType.LOCAL,), other={"note": 1})
    changed = read_principal(as_filled(before, uid="2"), before)
    assert changed == before.model_copy(update={"uid": 2})


def test_a_name_that_is_typed_has_no_blanks_around_it() -> None:
    """And none is none."""
    before = Principal(uid=1, name=" spaced ", idtype=())
    assert read_principal(as_filled(before, name=" new "), before).name == "new"
    assert read_principal(as_filled(before, name="spaced"), before).name == "spaced"
    with pytest.raises(Invalid, match="name"):
        read_principal(as_filled(before, name=" "), before)
