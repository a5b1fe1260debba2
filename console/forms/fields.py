"""What a form asks for, and the readings its texts have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from registry_backend.domain.document import JsonObject, format_json, parse_json
from registry_backend.domain.errors import FieldProblem, Invalid

FieldKind = Literal["text", "secret", "lines", "switch", "choice"]
"""`lines`: several lines of text. `choice`: one of `options`."""
Values = dict[str, str | bool]
"""What was entered, by field name: text as typed, a truth value for a switch."""
Suggestions = Sequence[str] | Callable[[], Awaitable[Sequence[str]]]
"""Texts, or how to read them once something is typed: no form waits for what it may offer."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to enter.

    Args:
        name: Key in the result; problems name it.
        label: What stands above the input.
        help: What stands below it: what belongs there, in which form.
        kind: How it is entered.
        value: What it holds at first.
        options: Of a choice: value and label.
        suggestions: Offered while typing.
        read_only: Shown, not changed.
        spills_into: Of an address: the secret field that takes what follows its `?`.
    """

    name: str
    label: str
    help: str = ""
    kind: FieldKind = "text"
    value: str | bool = ""
    options: Sequence[tuple[str, str]] = ()
    suggestions: Suggestions = field(default=())
    read_only: bool = False
    spills_into: str = ""


OTHER_WAY = "(the other way)"
"""Stands among the values, true, when the second button of a form was pressed."""


@dataclass(frozen=True, slots=True)
class OtherWay:
    """A second button of a form.

    Args:
        label: The words on it.
        refused: Why it cannot be pressed; empty when it can.
    """

    label: str
    refused: str = ""


def refilled(fields: Sequence[Field], values: Values | None) -> tuple[Field, ...]:
    """The same fields holding what was entered last time."""
    if values is None:
        return tuple(fields)
    return tuple(replace(spec, value=values.get(spec.name, spec.value)) for spec in fields)


def text_of(values: Values, name: str) -> str:
    """What a text field holds, without blanks around it."""
    return str(values.get(name, "")).strip()


def flag_of(values: Values, name: str) -> bool:
    """What a switch says."""
    return bool(values.get(name, False))


def object_of(values: Values, name: str) -> JsonObject:
    """A JSON object typed into a field; empty for an empty field.

    Raises:
        Invalid: naming the field, with line and column of the fault.
    """
    text = text_of(values, name)
    if not text:
        return {}
    try:
        value = parse_json(text, what="This")
    except Invalid as error:
        raise Invalid.at(name, error.message) from None
    if not isinstance(value, dict):
        raise Invalid.at(name, "must be a JSON object: {...}")
    return value


def number_of(values: Values, name: str) -> int | None:
    """A whole number; None for an empty field.

    Raises:
        Invalid: naming the field.
    """
    text = text_of(values, name)
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise Invalid.at(name, f"{text!r} is not a whole number") from None


def object_text(value: Any) -> str:
    """A JSON object as a form shows it; empty for an empty one."""
    return format_json(value).rstrip() if value else ""


def put(document: JsonObject, name: str, value: Any, *, empty: Any = None) -> None:
    """Set a member, or take it out where it holds nothing."""
    if value in (empty, None, "", [], {}) and not isinstance(value, bool):
        document.pop(name, None)
    else:
        document[name] = value


def read_changed(
    fields: Sequence[Field], values: Values, readings: Mapping[str, Callable[[], Any]]
) -> JsonObject:
    """What the changed fields say, by name; whatever the others hold is not even read.

    Args:
        fields: As they were shown at first.
        values: What they hold now.
        readings: How each of them is read.

    Raises:
        Invalid: with every field that cannot be read.
    """
    shown = {spec.name: spec.value for spec in fields}
    names = [name for name in readings if values.get(name, shown[name]) != shown[name]]
    read, problems = collect(*(readings[name] for name in names))
    if problems:
        raise Invalid(problems=problems)
    return dict(zip(names, read, strict=True))


def collect(*readings: Any) -> tuple[list[Any], list[FieldProblem]]:
    """Call each reading; the values and all problems, so that a form shows every fault at once."""
    values, problems = [], []
    for reading in readings:
        try:
            values.append(reading())
        except Invalid as error:
            values.append(None)
            problems += list(error.problems)
    return values, problems
