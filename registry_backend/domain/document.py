"""The base of every model, and JSON as registries carry it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from registry_backend.domain.errors import Invalid
from registry_backend.domain.json_faults import json_fault

JsonObject = dict[str, Any]
"""A JSON object whose members we do not model."""

AS_FOUND = "as found"
"""The validation context of what a registry holds: rules of what may be written do not judge it."""


class Value(BaseModel):
    """A frozen value of the domain; unknown members are a programming error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
    )

    @classmethod
    def parse(cls, members: Any) -> Self:
        """Validate what a person entered.

        Raises:
            Invalid: naming each offending member.
        """
        try:
            return cls.model_validate(members)
        except ValidationError as error:
            raise Invalid.from_validation(error) from None


class Document(BaseModel):
    """A frozen JSON object written by a client: known members typed, unknown ones carried along.

    `to_json()` gives back just the members that were given, in their protocol's spelling.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        populate_by_name=True,
        hide_input_in_errors=True,
        coerce_numbers_to_str=True,
        defer_build=True,
    )

    @classmethod
    def parse(cls, members: Any, *, prefix: str = "", context: str | None = None) -> Self:
        """Validate decoded JSON; with the context `AS_FOUND` only its types.

        Raises:
            Invalid: naming each offending member by its path under `prefix`.
        """
        try:
            return cls.model_validate(members, context=context)
        except ValidationError as error:
            raise Invalid.from_validation(error, prefix=prefix) from None

    def to_json(self) -> JsonObject:
        """The members that were given, by their protocol names, ready for `json.dumps`."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def to_text(self) -> str:
        """`to_json` as compact JSON: what registries store.

        Raises:
            Invalid: when it holds half a surrogate pair, or is nested too deeply.
        """
        try:
            return self.model_dump_json(by_alias=True, exclude_unset=True)
        except UnicodeEncodeError:
            raise not_unicode() from None
        except PydanticSerializationError as error:
            if "surrogates" in str(error):
                raise not_unicode() from None
            raise Invalid("The document is nested too deeply to be stored.") from None

    def without(self, *names: str) -> Self:
        """A copy as if these fields (by their Python names) had never been given."""
        fields = type(self).model_fields
        blank = {name: fields[name].get_default(call_default_factory=True) for name in names}
        copy = self.model_copy(update=blank)
        copy.model_fields_set.difference_update(names)
        return copy

    def given(self) -> set[str]:
        """The protocol names of the members that were given, unknown ones too."""
        fields = type(self).model_fields
        return {
            (fields[name].alias or name) if name in fields else name
            for name in self.model_fields_set
        }

    def unknown(self) -> JsonObject:
        """The members carried along without being modelled."""
        return dict(self.model_extra or {})


def not_unicode() -> Invalid:
    """What to say of a string that cannot be written as UTF-8."""
    return Invalid(
        "A text holds half a surrogate pair, which is no character and cannot be stored.",
        hint=r"Look for a lone \ud800 to \udfff escape.",
    )


def parse_json(text: str | bytes, *, what: str = "The text") -> Any:
    """Decode JSON as the RFC has it: no NaN, no Infinity, no byte-order mark.

    Raises:
        Invalid: with line and column of the first fault.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Invalid(f"{what} is not UTF-8: byte {error.start + 1} cannot be read.") from None
    try:
        members = _STRICT.decode(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise Invalid(f"{what} is not JSON: {json_fault(error)}.") from None
    except ValueError as error:
        raise Invalid(f"{what} is not JSON: {error} is not a JSON value.") from None
    except RecursionError:
        raise Invalid(f"{what} is nested too deeply.") from None
    if (_SURROGATE.search(text) or not text.isascii()) and not _encodable(members):
        raise Invalid(
            f"{what} has half a character: an escape \\ud800 to \\udfff without its pair."
        )
    return members


def stored_json(text: str) -> Any:
    """Decode what a registry wrote itself: nothing is checked that was checked then."""
    return from_json(text)


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def _encodable(members: Any) -> bool:
    try:
        compact_json(members).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _finite(digits: str) -> float:
    """Refuse what only looks finite: 1e999 would be stored as Infinity, which is no JSON."""
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
"""Made once: for a short text, making them takes longer than using them."""

MAX_DEPTH = 100
"""Levels of nesting that a registry keeps: fast JSON readers, ours too, give up near 200."""


def check_depth(value: Any, *, field: str = "") -> None:
    """Refuse a model or JSON value that could be written but not read back.

    Raises:
        Invalid: when it is nested more than `MAX_DEPTH` levels deep.
    """
    if _deeper_than(value, MAX_DEPTH):
        raise Invalid.at(field, f"is nested more than {MAX_DEPTH} levels deep")


_FLAT = frozenset({str, int, float, bool, type(None)})
"""Most values of any document; nothing is inside them."""


def _deeper_than(value: Any, levels: int) -> bool:
    parts: Iterable[Any]
    if isinstance(value, BaseModel):
        parts = (*value.__dict__.values(), *(value.model_extra or {}).values())
    elif isinstance(value, dict):
        parts = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    else:
        return False
    if levels == 0:
        return True
    return any(_deeper_than(part, levels - 1) for part in parts if type(part) not in _FLAT)


def format_json(members: Any) -> str:
    """JSON for people: two blanks of indent, real characters, one trailing newline."""
    return json.dumps(members, indent=2, ensure_ascii=False) + "\n"


def compact_json(members: Any) -> str:
    """JSON for storage and wire: no blanks; refuses values JSON has no word for."""
    return _COMPACT.encode(members)


def json_bytes(members: Any) -> bytes:
    """`compact_json` of what is stored, for the wire, in less than half its time."""
    return to_json(members)


def is_json_number(value: object) -> bool:
    """Whether a value is a finite number and not a truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
