"""What a line of an import does, as one table, and counting that without doing it (iothub 6.4)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from registry_backend.domain.dry_run import DryRun, Effect
from registry_backend.domain.jobs import ImportMode, JobError

ARGUMENT_INVALID = 400004
ARGUMENT_NULL = 400005
DESERIALIZATION_ERROR = 400012
QUOTA_EXCEEDED = 403002
DEVICE_NOT_FOUND = 404001
CONFLICT = 409000
DEVICE_ALREADY_EXISTS = 409001
PRECONDITION_FAILED = 412001
"""Numbers of errors that a line may have (iothub 4.8)."""

CREATES = frozenset(
    {
        ImportMode.CREATE,
        ImportMode.CREATE_OR_UPDATE,
        ImportMode.CREATE_OR_UPDATE_IF_MATCH_ETAG,
    }
)
"""Modes that make a device which is not there."""
COMPARES = frozenset(
    {
        ImportMode.UPDATE_IF_MATCH_ETAG,
        ImportMode.CREATE_OR_UPDATE_IF_MATCH_ETAG,
        ImportMode.DELETE_IF_MATCH_ETAG,
    }
)
"""Modes that ask for the version of a device that is there."""
DELETES = frozenset({ImportMode.DELETE, ImportMode.DELETE_IF_MATCH_ETAG})

CREATE_HINT = "The mode createOrUpdate would replace it."
"""What may be done about a device that is there already."""
MAX_REFUSED = 1000
"""Refused lines that a dry run keeps; it counts them all."""
_EXAMPLES = 3
ANY_ETAG = "*"


class Refusal(NamedTuple):
    """Why the table lets a line do nothing: the number of the error, and its usual text."""

    code: int
    message: str


Verdict = Literal["create", "update", "delete"] | Refusal


def judge(mode: ImportMode, *, exists: bool, etag_matches: bool) -> Verdict:
    """What a line of this mode does to a device.

    Args:
        mode: The line's own, or the job's.
        exists: Whether the device is there, as the lines before left it.
        etag_matches: Whether the line names its version, or any; only some modes ask.

    >>> judge(ImportMode.CREATE, exists=True, etag_matches=False).code
    409001
    """
    if not exists:
        if mode in CREATES:
            return "create"
        return Refusal(DEVICE_NOT_FOUND, "The device is not registered.")
    if mode is ImportMode.CREATE:
        message = f"A device with this id is already registered. {CREATE_HINT}"
        return Refusal(DEVICE_ALREADY_EXISTS, message)
    if mode in COMPARES and not etag_matches:
        return Refusal(PRECONDITION_FAILED, "Precondition failed: the eTag is not the device's.")
    return "delete" if mode in DELETES else "update"


_TOLD = {
    ARGUMENT_INVALID: "a value is not accepted",
    ARGUMENT_NULL: "the id or the status is missing, which every line needs, even to delete",
    DESERIALIZATION_ERROR: "the line cannot be read",
    QUOTA_EXCEEDED: "a limit of the registry would be passed",
    DEVICE_NOT_FOUND: "the device is not there",
    CONFLICT: "what the line names belongs to another device or tenant",
    DEVICE_ALREADY_EXISTS: "the device is there already",
    PRECONDITION_FAILED: "the device has another version than the line asks for",
}


@dataclass(slots=True)
class DryRunCounter:
    """Counts lines as they would take effect, in the order of the file.

    Holds a hash of each device id, never the lines.

    Args:
        default_mode: For lines that name none.
    """

    default_mode: ImportMode
    _lines: int = 0
    _effects: Counter[Effect] = field(default_factory=Counter)
    _by_mode: dict[str, Counter[Effect]] = field(default_factory=dict)
    _refused: list[JobError] = field(default_factory=list)
    _codes: Counter[int] = field(default_factory=Counter)
    _seen: set[int] = field(default_factory=set)
    _there: dict[int, bool] = field(default_factory=dict)
    _repeated: int = 0
    _new_keys: int = 0
    _losing: int = 0
    _examples: list[str] = field(default_factory=list)

    def skip(self, lines: int = 1) -> None:
        """Lines that ask for nothing."""
        if lines > 0:
            self._lines += lines
            self._effects["skip"] += lines

    def refuse(self, error: JobError, mode: ImportMode | None = None) -> None:
        """A line that would be refused, and why."""
        self._add("refuse", mode)
        self._codes[error.code] += 1
        if len(self._refused) < MAX_REFUSED:
            self._refused.append(error)

    def note(
        self,
        mode: ImportMode | None,
        effect: Effect,
        *,
        lacks_keys: bool = False,
        takes_away: bool = False,
    ) -> None:
        """A line whose effect is known.

        Args:
            mode: None: the default.
            effect: What it does.
            lacks_keys: Whether it leaves keys to be made.
            takes_away: Whether it leaves out what its device has, beside keys.
        """
        self._add(effect, mode)
        if effect == "update":
            self._new_keys += lacks_keys
            self._losing += takes_away

    def name(self, device_id: str) -> None:
        """A device that a line names, so that a second line of it is told of."""
        key = hash(device_id)
        if key not in self._seen:
            self._seen.add(key)
            return
        self._repeated += 1
        if len(self._examples) < _EXAMPLES and device_id not in self._examples:
            self._examples.append(device_id)

    def judge(
        self,
        line: int | None,
        device_id: str,
        mode: ImportMode | None,
        etag: str | None,
        *,
        current: str | None,
        lacks_keys: bool = False,
        takes_away: bool = False,
    ) -> Effect:
        """Judge a line by what a registry says of its device, and remember what it leaves.

        Args:
            line: Counted from 1.
            device_id: Which device.
            mode: None: the default.
            etag: The version that the line names, unquoted.
            current: The version the registry has; None: no such device there.
            lacks_keys: Whether the line leaves keys to be made.
            takes_away: Whether it leaves out what its device has, beside keys.
        """
        self.name(device_id)
        key = hash(device_id)
        touched = key in self._there
        exists = self._there[key] if touched else current is not None
        # Which version an earlier line of this file gave the device is the registry's secret.
        matches = etag == ANY_ETAG or (not touched and etag is not None and etag == current)
        verdict = judge(mode or self.default_mode, exists=exists, etag_matches=matches)
        if isinstance(verdict, Refusal):
            code, message = verdict
            error = JobError(line=line, device_id=device_id, code=code, message=message)
            self.refuse(error, mode)
            return "refuse"
        self.note(mode, verdict, lacks_keys=lacks_keys, takes_away=takes_away)
        self._there[key] = verdict != "delete"
        return verdict

    def result(self, *, exact: bool = True, warnings: tuple[str, ...] = ()) -> DryRun:
        """All lines so far.

        Args:
            exact: False where the registry could not be asked for every device.
            warnings: Sentences to tell before those on the lines.
        """
        return DryRun(
            lines=self._lines,
            effects=dict(self._effects),
            by_mode={mode: dict(found) for mode, found in sorted(self._by_mode.items())},
            refused=tuple(self._refused),
            warnings=(*warnings, *self._warnings()),
            exact=exact,
        )

    def _add(self, effect: Effect, mode: ImportMode | None) -> None:
        self._lines += 1
        self._effects[effect] += 1
        self._by_mode.setdefault((mode or self.default_mode).value, Counter())[effect] += 1

    def _warnings(self) -> list[str]:
        told = []
        if self._repeated:
            named = ", ".join(self._examples)
            lines = "line names" if self._repeated == 1 else "lines name"
            told.append(
                f"{self._repeated:,} {lines} a device that an earlier line names, such as {named}; "
                "each sees what the earlier ones did."
            )
        if self._new_keys:
            told.append(
                "1 line holds no keys for a device that is there: it would get new ones, and those "
                "it uses now would be refused."
                if self._new_keys == 1
                else f"{self._new_keys:,} lines hold no keys for devices that are there: these "
                "would get new ones, and those they use now would be refused."
            )
        if self._losing:
            what = "capabilities, scopes or a status reason"
            told.append(
                f"1 line leaves out {what} that its device has: they would be taken away."
                if self._losing == 1
                else f"{self._losing:,} lines leave out {what} that their devices have: these "
                "would be taken away."
            )
        for code, count in self._codes.most_common():
            why = _TOLD.get(code, f"error {code}")
            told.append(f"{count:,} of {self._lines:,} lines would be refused: {why}.")
        return told
