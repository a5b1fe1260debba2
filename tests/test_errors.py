"""The error family: one tree, drawn in its docstring, that never repeats what was typed."""

from __future__ import annotations

import inspect
import re
from datetime import datetime
from typing import Literal, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from registry_backend.domain import errors
from registry_backend.domain.credentials import Credential
from registry_backend.domain.errors import (
    FieldProblem,
    Invalid,
    RegistryError,
    broken_rule,
    field_path,
)

EXCEPTIONS = [
    member
    for _, member in inspect.getmembers(errors, inspect.isclass)
    if issubclass(member, Exception) and member.__module__ == errors.__name__
]
FAMILY = [error for error in EXCEPTIONS if issubclass(error, RegistryError)]
CHILDREN = [member for member in FAMILY if member is not RegistryError]
DRAWN = re.findall(r"^[├└]── (\w+) +(\S.*)$", errors.__doc__ or "", re.MULTILINE)

MARKER = "s3cr3t-m4rk3r"

every_error = pytest.mark.parametrize("error", FAMILY, ids=lambda error: error.__name__)


def test_a_rule_over_several_members_names_the_one_at_fault() -> None:
    """The whole model is at fault only where nothing better is known."""

    class Span(BaseModel):
        low: int
        high: int

        @model_validator(mode="after")
        def _rises(self) -> Self:
            if self.low > self.high:
                raise broken_rule("is above high", "low")
            if self.low == self.high:
                raise ValueError("is empty")
            return self

    class Spans(BaseModel):
        spans: list[Span]

    def told(low: int, high: int) -> str:
        with pytest.raises(ValidationError) as refused:
            Spans.model_validate({"spans": [{"low": low, "high": high}]})
        return str(Invalid.from_validation(refused.value, prefix="a"))

    assert told(2, 1) == "a.spans[0].low: is above high"
    assert told(1, 1) == "a.spans[0]: is empty"


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({}, "type: must be given; auth-id: must be given"),
        ({"type": [], "auth-id": "a"}, "type: must be a text"),
        ({"type": "psk", "auth-id": "a", "secrets": {}}, "secrets: must be an array"),
        ({"type": "psk", "auth-id": "a", "secrets": [None]}, "secrets[0]: must be an object"),
        ({"type": "psk", "auth-id": "a", "enabled": "so"}, "enabled: must be true or false"),
    ],
)
def test_what_is_wrong_is_told_in_words_of_json(members: dict[str, object], told: str) -> None:
    """Whoever sent a document knows arrays and objects, not the types of a programming language."""
    with pytest.raises(Invalid) as refused:
        Credential.parse(members)
    assert str(refused.value) == told


def test_a_hint_follows_a_whole_sentence() -> None:
    """Also where the message is the words of a protocol, which have no full stop."""
    assert str(RegistryError("no credentials on record", hint="Leave the id out.")) == (
        "no credentials on record. Leave the id out."
    )
    assert str(RegistryError("It is gone.", hint="Look again.")) == "It is gone. Look again."


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    """Every child is drawn once with what it means, and nothing is drawn that is not there."""
    assert [name for name, _ in DRAWN] == list(dict.fromkeys(name for name, _ in DRAWN))
    assert {name for name, _ in DRAWN} == {child.__name__ for child in CHILDREN}
    assert len(CHILDREN) >= 10


def test_every_error_is_one_of_the_family() -> None:
    """One `except RegistryError` catches whatever a registry can report; the tree is flat."""
    assert EXCEPTIONS == FAMILY
    assert {error.__bases__ for error in CHILDREN} == {(RegistryError,)}


@every_error
def test_every_error_has_a_heading_of_its_own(error: type[RegistryError]) -> None:
    """A dialog's heading is short, a phrase without a full stop, and no sibling's."""
    assert error.title
    assert error.title[0].isupper()
    assert not error.title.endswith(".")
    assert len(error.title) <= 32
    assert [other for other in FAMILY if other.title == error.title] == [error]


def test_a_message_and_its_hint_read_as_one_text() -> None:
    """What happened comes first, what to do next follows; no hint leaves no blank behind."""
    told = RegistryError("The device d1 is locked.", hint="Ask its owner.")
    assert str(told) == "The device d1 is locked. Ask its owner."
    assert str(RegistryError("The device d1 is locked.")) == "The device d1 is locked."


def test_broken_rules_are_listed_with_their_fields() -> None:
    """Every problem is told, each at its field; one for the whole has no field in front."""
    told = Invalid(
        "The tenant t1", problems=[FieldProblem("id", "is empty"), FieldProblem("", "x")]
    )
    assert str(told) == "The tenant t1: id: is empty; x"
    assert Invalid.at("id", "is empty").problems == (FieldProblem("id", "is empty"),)


class Shape(BaseModel):
    """Stands for any model, with a rule of each kind."""

    size: int
    key: bytes = Field(max_length=3)
    kind: str = Field(pattern="^(psk|x509)$")
    mode: Literal["days", "monthly"]
    since: datetime

    @field_validator("kind")
    @classmethod
    def known(cls, kind: str) -> str:
        """A rule of our own, with a message of our own."""
        if kind != "psk":
            raise ValueError("must be known")
        return kind


MARKED = st.text(max_size=5).map(lambda text: f"{MARKER}{text}")
SPOILED = st.recursive(
    MARKED, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(MARKED, inner, max_size=2)
)
SHAPES = st.fixed_dictionaries(dict.fromkeys(Shape.model_fields, SPOILED))
SECRETS = st.dictionaries(
    st.sampled_from(["id", "not-before", "not-after", "hash-function", "pwd-hash", "salt", "key"]),
    SPOILED,
)
CREDENTIALS = st.fixed_dictionaries(
    {"type": SPOILED, "auth-id": SPOILED, "enabled": SPOILED, "secrets": st.lists(SECRETS)},
    optional={"cert": SPOILED, "comment": SPOILED, "ext": SPOILED},
)


def assert_tells_no_secret(told: Invalid) -> None:
    """The marker is in no text that a log, a dialog or a traceback could show."""
    assert told.problems
    for text in (str(told), repr(told), repr(told.problems), repr(told.args)):
        assert MARKER not in text


@given(SHAPES)
def test_a_refusal_never_repeats_the_input(members: dict[str, object]) -> None:
    """Whatever was typed may be a secret: it is in no message, problem or representation."""
    with pytest.raises(ValidationError) as refused:
        Shape.model_validate(members)
    assert_tells_no_secret(Invalid.from_validation(refused.value))


@given(CREDENTIALS)
def test_a_refused_credential_is_not_repeated(members: dict[str, object]) -> None:
    """The model that carries secrets keeps them to itself when it refuses."""
    with pytest.raises(Invalid) as refused:
        Credential.parse(members)
    assert_tells_no_secret(refused.value)
    assert refused.value.__cause__ is None


def test_a_refusal_names_the_field_and_the_rule() -> None:
    """Paths are those of the document, under the prefix of where it lies."""
    members = {"type": "psk", "auth-id": "a", "enabled": "perhaps", "secrets": [{"enabled": 5}]}
    with pytest.raises(Invalid) as refused:
        Credential.parse(members, prefix="[2]")
    assert [problem.field for problem in refused.value.problems] == [
        "[2].enabled",
        "[2].secrets[0].enabled",
    ]
    assert "true or false" in refused.value.problems[0].problem


def test_a_rule_of_our_own_is_told_in_our_own_words() -> None:
    """What a validator says arrives without the decoration of the library."""
    members = {"size": 1, "key": b"a", "kind": "x509", "mode": "days", "since": "2026-01-01T00:00"}
    with pytest.raises(ValidationError) as refused:
        Shape.model_validate(members)
    told = Invalid.from_validation(refused.value, prefix="shape")
    assert told.problems == (FieldProblem("shape.kind", "must be known"),)


@pytest.mark.parametrize(
    ("location", "prefix", "path"),
    [
        ((), "", ""),
        (("id",), "", "id"),
        ((0, "id"), "", "[0].id"),
        (("secrets", 0, "key"), "", "secrets[0].key"),
        (("secrets", 0), "credentials[2]", "credentials[2].secrets[0]"),
    ],
)
def test_a_location_becomes_a_path(location: tuple[str | int, ...], prefix: str, path: str) -> None:
    """Members are joined by dots, positions stand in brackets."""
    assert field_path(location, prefix=prefix) == path
