"""Models as the text that stores keep, and back. Shared by every store."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from registry_backend.domain.document import AS_FOUND, Document, Value
from registry_backend.domain.errors import Fault, Invalid

ModelT = TypeVar("ModelT", bound=BaseModel)


def document_text(document: Document) -> str:
    """The members that were given, as compact JSON; the text of `Document.to_json`.

    Raises:
        Invalid: when it holds half a surrogate pair, or is nested too deeply.
    """
    return document.to_text()


def value_text(value: Value) -> str:
    """A whole value as compact JSON, times exact to the microsecond."""
    return value.model_dump_json()


def restore(model: type[ModelT], text: str, *, what: str) -> ModelT:
    """The model that a stored text holds.

    Raises:
        Fault: when the text breaks the model's rules, naming `what` and the members.
    """
    try:
        return model.model_validate_json(text, context=AS_FOUND)
    except ValidationError as error:
        problems = Invalid.from_validation(error)
        raise Fault(f"The stored document of {what} cannot be read: {problems}") from None
