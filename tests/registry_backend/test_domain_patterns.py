"""Patterns with stars and question marks."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.domain.patterns import pattern_test

TEXTS = st.text(alphabet="ab\n.*?", max_size=12)


@given(TEXTS, TEXTS)
def test_a_pattern_means_what_a_regular_expression_would_say(pattern: str, text: str) -> None:
    """A star is any text, a question mark any character, all else itself."""
    expression = "".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern)
    wanted = re.fullmatch(expression, text, re.DOTALL) is not None
    assert pattern_test(pattern)(text) == wanted


@pytest.mark.parametrize("text", ["a" * 5_000, "a" * 5_000 + "c"])
def test_many_stars_are_no_harder_than_one(text: str) -> None:
    """One that tried each way to place them would never come back."""
    assert not pattern_test("*a" * 30 + "*b")(text)
