"""Saving a document that somebody else may have saved meanwhile.

Every pane needs this module, and no first row any of its dialogs: they are loaded when asked for.
"""

# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual.app import App

from console.saving import Saves
from registry_backend.domain.document import JsonObject, format_json, parse_json
from registry_backend.domain.errors import Invalid, RegistryError, VersionMismatch

ModelT = TypeVar("ModelT")


class LeftOpen(Exception):
    """The person turned away from a question; whatever was typed must stay."""

    def __init__(
        self, message: str = "It was changed elsewhere; nothing has been written yet."
    ) -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class DocumentEdit(Generic[ModelT]):
    """One record being changed.

    Args:
        app: Shows the dialogs.
        saves: Runs the writes.
        subject: Such as `device sensor-1`; writes to one subject wait for one another.
        base: The record as it was when the person began.
        document: A record as JSON.
        version: A record's version.
        write: Saves a document based on a version; returns what was saved.
        fetch: Reads the record as it is now.
        amend: Asks the person for what a refused document lacks; raises the refusal where there is
            nothing to ask for, or LeftOpen.
    """

    app: App[None]
    saves: Saves
    subject: str
    base: ModelT
    document: Callable[[ModelT], JsonObject]
    version: Callable[[ModelT], str]
    write: Callable[[JsonObject, str], Awaitable[ModelT]]
    fetch: Callable[[], Awaitable[ModelT]]
    amend: Callable[[JsonObject, Invalid], Awaitable[JsonObject]] | None = None

    async def save(self, mine: JsonObject) -> ModelT:
        """Write, and settle conflicts until one side stands.

        What was decided in a conflict, and is refused then, comes back as JSON with the reason.

        Raises:
            RegistryError: when the registry refuses for another reason, and nothing was decided.
            LeftOpen: when the person leaves the conflict undecided.
        """
        from console.dialogs.conflict import ConflictScreen
        from console.render.fields import compare, merge

        base, decided = self.base, False
        while True:
            try:
                return await self._write(mine, self.version(base))
            except VersionMismatch:
                current = await self.fetch()
            except RegistryError as error:
                mine = await self._refused(mine, error, decided=decided)
                continue
            rows = compare(self.document(base), mine, self.document(current))
            decision = await self.app.push_screen_wait(ConflictScreen(self.subject, rows))
            if decision == "theirs":
                return current
            if decision is None:
                raise LeftOpen
            if decision in ("merge", "edit"):
                theirs = self.document(current)
                mine = merge(self.document(base), mine, theirs).document
            if decision == "edit":
                mine = await self._edit(mine)
            base, decided = current, True

    async def _refused(
        self, mine: JsonObject, error: RegistryError, *, decided: bool
    ) -> JsonObject:
        """What the person makes of a refusal. Raises it where there is nothing to ask."""
        try:
            if isinstance(error, Invalid) and self.amend is not None:
                return await self.amend(mine, error)
            raise error
        except RegistryError as refusal:
            if not decided:
                raise
            return await self._edit(mine, problem=str(refusal))

    async def _write(self, mine: JsonObject, version: str) -> ModelT:
        return await self.saves.run(self.subject, lambda: self.write(mine, version))

    async def _edit(self, document: JsonObject, *, problem: str = "") -> JsonObject:
        edited = await ask_document(self.app, self.subject, document, problem=problem)
        if edited is None:
            raise LeftOpen
        return edited

    async def edit_as_json(self) -> ModelT | None:
        """Let the person edit the whole document; asks again until it could be saved."""
        from console.dialogs.document import DocumentScreen

        text = format_json(self.document(self.base))
        problem, changed = "", False
        while True:
            screen = DocumentScreen(f"Edit {self.subject}", text, problem=problem, changed=changed)
            answer = await self.app.push_screen_wait(screen)
            if answer is None:
                return None
            text, changed = answer, True
            try:
                return await self.save(as_object(parse_json(text)))
            except LeftOpen as left:
                problem = str(left)
            except RegistryError as error:
                problem = str(error)


async def ask_document(
    app: App[None], subject: str, document: JsonObject, *, problem: str = ""
) -> JsonObject | None:
    """Let the person edit a document until it is a JSON object; None when they leave."""
    from console.dialogs.document import DocumentScreen

    text = format_json(document)
    while True:
        screen = DocumentScreen(f"Edit {subject}", text, problem=problem, changed=bool(problem))
        answer = await app.push_screen_wait(screen)
        if answer is None:
            return None
        try:
            return as_object(parse_json(answer))
        except Invalid as error:
            text, problem = answer, str(error)


def as_object(value: object) -> JsonObject:
    """A JSON object, or the reason why not.

    Raises:
        Invalid: for any other JSON value.
    """
    if not isinstance(value, dict):
        raise Invalid("The document must be a JSON object: {...}.")
    return value
