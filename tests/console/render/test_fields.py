"""Two changes of one document side by side, and merged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.render.fields import FieldRow, compare, flatten, merge
from registry_backend.domain.document import JsonObject

SECRET = "dG9wLXNlY3JldC1rZXk="

leaves = st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=2)
documents = st.dictionaries(
    st.sampled_from(["enabled", "via", "ext"]),
    leaves | st.dictionaries(st.sampled_from(["site", "floor"]), leaves, max_size=2),
    max_size=3,
)


def test_only_members_that_differ_are_rows() -> None:
    """In the order of the document; absent is empty."""
    base = {"enabled": True, "via": ["g1"], "ext": {"site": "a", "floor": 1}, "same": 0}
    mine = {"enabled": False, "via": ["g1"], "ext": {"site": "b", "floor": 1}, "same": 0}
    theirs = {"enabled": True, "via": [], "ext": {"site": "c", "floor": 1, "new": 2}, "same": 0}
    assert compare(base, mine, theirs) == (
        FieldRow("enabled", "true", "false", "true"),
        FieldRow("via", '["g1"]', '["g1"]', "[]"),
        FieldRow("ext.site", '"a"', '"b"', '"c"'),
        FieldRow("ext.new", "", "", "2"),
    )


def test_it_is_a_clash_only_where_both_changed_it_differently() -> None:
    """One side's change, or the same on both, can stand."""
    assert FieldRow("a", "1", "2", "3").clash
    assert not FieldRow("a", "1", "2", "1").clash
    assert not FieldRow("a", "1", "1", "2").clash
    assert not FieldRow("a", "1", "2", "2").clash


@pytest.mark.parametrize(("left", "right"), [(1, True), (1, "1"), (0, None), ([], {})])
def test_values_of_different_types_differ(left: object, right: object) -> None:
    """JSON's types are kept apart where Python would call them equal; null is not absent."""
    assert len(compare({"a": left}, {"a": right}, {"a": left})) == 1
    assert len(compare({}, {"a": None}, {})) == 1
    assert merge({"a": left}, {"a": right}, {"a": left}).document == {"a": right}


def test_each_path_names_one_place() -> None:
    """A name with a dot in it hides no other member."""
    rows = compare({"a.b": 1, "a": {"b": 1}}, {"a.b": 2, "a": {"b": 1}}, {"a.b": 1, "a": {"b": 3}})
    assert [(row.path, row.mine, row.theirs) for row in rows] == [
        ('["a.b"]', "2", "1"),
        ("a.b", "1", "3"),
    ]


def test_secrets_differ_without_being_shown() -> None:
    """Each value gets a letter, so that a difference is seen."""
    documents: list[JsonObject] = [
        {"secrets": [{"id": "s", "key": key}]} for key in (SECRET, "bWluZQ==", SECRET)
    ]
    (row,) = compare(*documents)
    assert (row.base, row.mine, row.theirs) == ("(secret A)", "(secret B)", "(secret A)")
    assert SECRET not in repr(row)


def test_objects_in_a_list_go_by_what_names_them() -> None:
    """One added in front is one addition; the others keep their rows."""
    base = {"adapters": [{"type": "mqtt", "enabled": True}]}
    mine = {"adapters": [{"type": "coap"}, {"type": "mqtt", "enabled": True}]}
    theirs = {"adapters": [{"type": "mqtt", "enabled": False}]}
    assert [row.path for row in compare(base, mine, theirs)] == [
        "adapters[mqtt].enabled",
        "adapters[coap].type",
    ]
    merged = merge(base, mine, theirs)
    assert merged.clashes == ()
    found = {adapter["type"]: adapter for adapter in merged.document["adapters"]}
    assert found == {"coap": {"type": "coap"}, "mqtt": {"type": "mqtt", "enabled": False}}


def test_both_changes_stand_where_they_do_not_touch() -> None:
    """A clash takes mine and is named."""
    base = {"enabled": True, "ext": {"site": "a"}}
    merged = merge(base, {"enabled": True, "ext": {"site": "b"}}, {"ext": {"site": "c"}})
    assert merged.document == {"ext": {"site": "b"}}
    assert merged.clashes == ("ext.site",)


def test_a_truth_value_is_no_number_at_any_depth() -> None:
    """Python calls `False` and `0` equal, a registry does not."""
    merged = merge({"ext": {"a": [0]}}, {"ext": {"a": [False]}}, {"ext": {"a": [0]}})
    assert flatten(merged.document) == {"ext.a": "[false]"}


@given(base=documents, mine=documents, theirs=documents)
def test_a_merge_without_clash_holds_each_sides_change(
    base: JsonObject, mine: JsonObject, theirs: JsonObject
) -> None:
    """And it does not matter whose side is called mine."""
    merged = merge(base, mine, theirs)
    if not merged.clashes:
        assert flatten(merged.document) == flatten(merge(base, theirs, mine).document)
    assert merge(base, mine, base).document == mine
    assert merge(base, base, theirs).document == theirs


@given(base=documents, mine=documents)
def test_nothing_differs_from_itself(base: JsonObject, mine: JsonObject) -> None:
    """Rows are there exactly when the documents are not alike."""
    assert compare(base, base, base) == ()
    assert bool(compare(base, mine, base)) == (flatten(base) != flatten(mine))
