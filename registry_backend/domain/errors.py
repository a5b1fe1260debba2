"""The one family of errors that crosses rooms.

RegistryError
├── NotFound          the thing named does not exist
├── AlreadyExists     another thing holds that name or key
├── VersionMismatch   somebody changed it since it was read; carries what is there now
├── Invalid           the input breaks a rule; names the field
├── Denied            this caller may not do that (or the session is read-only)
├── LimitReached      a configured limit would be passed
├── Throttled         the registry asks to slow down; says until when
├── Unreachable       the registry cannot be spoken to; says at which layer
├── Unsupported       this registry has no such operation
└── Fault             the registry failed in a way that the caller cannot mend
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

_BROKEN_RULE = "broken_rule"
_TEXTS = {
    "missing": "must be given",
    "string_type": "must be a text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "tuple_type": "must be an array",
    "list_type": "must be an array",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
}
"""By pydantic's name of what is wrong: our words instead of its own, which speak of Python."""
Layer = Literal["file", "permission", "refused", "dropped", "tls", "timeout", "name", "protocol"]
"""Where a connection ended: no file, no permission, refused, dropped without an answer, ..."""


class RegistryError(Exception):
    """Something a person can be told: what happened, to what, why, and what to do next.

    Args:
        message: What happened, to what and why, in one sentence without secrets.
        hint: What to do next; empty when there is nothing to advise.
    """

    title = "The registry reported an error"
    """A short heading for a dialog or a toast."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        ended = not self.hint or self.message.endswith((".", "!", "?"))
        return f"{self.message}{'' if ended else '.'} {self.hint}".strip()


class NotFound(RegistryError):
    """The thing named does not exist."""

    title = "Not found"


class AlreadyExists(RegistryError):
    """Another thing holds that name or key."""

    title = "Already exists"


class VersionMismatch(RegistryError):
    """The thing was changed by someone else since it was read.

    Args:
        message: As in RegistryError.
        current: What the registry holds now (a domain model), if it is known.
        hint: As in RegistryError.
    """

    title = "Changed elsewhere"

    def __init__(self, message: str, *, current: object | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.current = current


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One broken rule: the path of the field (`secrets[0].key`, empty for the whole) and why."""

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}" if self.field else self.problem


class Invalid(RegistryError):
    """The input breaks one or more rules.

    Args:
        message: The heading; when empty the problems alone are the text.
        problems: Every broken rule found, each with its field's path.
        hint: As in RegistryError.
        code: What a hub calls this error, such as `BlobContainerValidationError` (iothub 4.8);
            empty: nothing more than that the input is invalid.
    """

    title = "Not accepted"

    def __init__(
        self,
        message: str = "",
        *,
        problems: Iterable[FieldProblem] = (),
        hint: str = "",
        code: str = "",
    ) -> None:
        self.problems = tuple(problems)
        self.code = code
        listed = "; ".join(str(problem) for problem in self.problems)
        super().__init__(": ".join(part for part in (message, listed) if part), hint=hint)

    @classmethod
    def at(cls, field: str, problem: str, *, hint: str = "") -> Invalid:
        """One broken rule at one field."""
        return cls(problems=[FieldProblem(field, problem)], hint=hint)

    @classmethod
    def told(cls, field: str, sentence: str, *, hint: str = "", code: str = "") -> Invalid:
        """One broken rule in a whole sentence, which needs no field's name before it.

        A form shows sentence and hint beside the field; elsewhere they stand for themselves.
        """
        error = cls(sentence, hint=hint, code=code)
        error.problems = (FieldProblem(field, str(error)),)
        return error

    @classmethod
    def from_validation(cls, error: ValidationError, *, prefix: str = "") -> Invalid:
        """Pydantic's findings as ours: paths such as `secrets[0].key`, never the input itself."""
        problems = []
        for found in error.errors(include_url=False, include_input=False):
            text = _text(found["type"], found.get("ctx", {}))
            text = text or found["msg"].removeprefix("Value error, ")
            where: tuple[str | int, ...] = found["loc"]
            if found["type"] == _BROKEN_RULE:
                where += found["ctx"]["member"]
            problems.append(FieldProblem(field_path(where, prefix=prefix), text))
        return cls(problems=problems)


class Denied(RegistryError):
    """This caller may not do that."""

    title = "Not permitted"


class LimitReached(RegistryError):
    """A configured limit would be passed."""

    title = "Limit reached"


class Throttled(RegistryError):
    """The registry asks to slow down; `retry_after` is in seconds, None when it did not say."""

    title = "Slow down"

    def __init__(self, message: str, *, retry_after: float | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Unreachable(RegistryError):
    """The registry cannot be spoken to; `layer` says where the attempt ended."""

    title = "Out of reach"

    def __init__(self, message: str, *, layer: Layer, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.layer: Layer = layer


class Unsupported(RegistryError):
    """This registry has no such operation."""

    title = "Not supported"


class Fault(RegistryError):
    """The registry failed in a way that the caller cannot mend."""

    title = "The registry failed"


def _text(kind: str, context: Mapping[str, object]) -> str:
    return _TEXTS.get(kind, "").format_map(context)


def broken_rule(problem: str, *member: str | int) -> PydanticCustomError:
    """What a validator of a whole model raises, with the member that is at fault.

    Args:
        problem: What is wrong, to be read after the member's path; nothing of the input in it
            but names.
        member: The path inside the model, in the protocol's spelling.
    """
    return PydanticCustomError(_BROKEN_RULE, "{problem}", {"problem": problem, "member": member})


def field_path(location: Iterable[str | int], *, prefix: str = "") -> str:
    """A pydantic location as a path a person can follow: ('secrets', 0, 'key') -> secrets[0].key.

    >>> field_path(("secrets", 0, "key"))
    'secrets[0].key'
    """
    path = prefix
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path
