"""Which principal a refused caller lacks, and the change of the files that helps (identityd 3).

A name may stand in the files once only, or the service does not start again; of two tables with
one uid the last counts. So what is there already is looked at before anything is advised. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.adapters.identity_caller import Caller
from registry_backend.domain.effective import EffectivePrincipal, EffectiveView, Standing
from registry_backend.domain.permissions import Operation
from registry_backend.domain.principals import Principal

_STANDING = (Standing.COUNTS, Standing.SHADOWED, Standing.SECOND_UNTYPED)
"""Tables that the daemon reads, whether they count or not."""
SOON = "The service reads a changed configuration within about ten seconds."
_UNSEEN = (
    "Look first whether the configuration has the name already: each may stand there once only, or "
    "the service does not start again."
)
_ROOT = "Root may call everything unless a principal has uid 0."
_ALL_RIGHTS = (
    "Only root (while no principal has uid 0) and the first principal without idtype may do this."
)


@dataclass(frozen=True, slots=True)
class Table:
    """A principal that the daemon reads, and how it is called in a sentence."""

    principal: Principal
    standing: Standing
    place: str
    user: str
    """The name of its uid's user; empty where this machine knows none."""

    @property
    def named(self) -> str:
        """Name and place."""
        return f"“{self.principal.name}” ({self.place})"

    @property
    def who(self) -> str:
        """Its uid, and whose that is."""
        return str(Caller(self.principal.uid, self.user))


def what_it_takes(
    operation: Operation, caller: Caller, module_id: str, view: EffectiveView | None
) -> str:
    """What would let the caller do it, in sentences.

    Args:
        operation: What was refused.
        caller: To whom.
        module_id: The module it is about; empty for none.
        view: The configuration, as far as it can be read; None when nothing of it can.
    """
    known = Known(_tables(view), caller, whole=view is not None and _is_whole(view))
    if caller.uid == 0:
        return known.for_root(operation, module_id)
    return known.for_caller(operation, module_id)


_WANTED = {
    Operation.GET_IDENTITY: ("an idtype", "an idtype that is not empty"),
    Operation.GET_DEVICE: ('idtype = ["device"]', "device among its idtype"),
}
"""What a new table needs, and what one that is there needs."""


@dataclass(frozen=True, slots=True)
class Known:
    """What can be said from the tables that were read.

    Args:
        tables: In the daemon's order.
        caller: Who was refused.
        whole: Whether there is no file that could not be read.
    """

    tables: Sequence[Table]
    caller: Caller
    whole: bool

    def for_caller(self, operation: Operation, module_id: str) -> str:
        """What any caller takes."""
        if operation is Operation.GET_MODULE:
            return self.for_module(module_id)
        if operation in _WANTED:
            return self.for_own(*_WANTED[operation])
        return self.for_all()

    def for_own(self, new: str, more: str) -> str:
        """What a call about oneself takes."""
        own = self._own()
        if own is not None:
            return f"Give {own.named} {more}. {SOON}"
        adding = f"It needs a principal with uid = {self.caller.uid} and {new}"
        return f"{adding}, under a name that none has yet. {self._caution()}{SOON}"

    def for_all(self) -> str:
        """What the calls take that only root and the daemon may make."""
        untyped = next((each for each in self.tables if each.principal.idtype is None), None)
        zero = self._of_root()
        if untyped is not None and untyped.standing is Standing.SHADOWED:
            ways = (
                f"The first without idtype is {untyped.named}, which has no effect, since a later "
                f"table has its uid: change one, or run this console {self._as_root()}. {SOON}"
            )
        elif untyped is not None:
            root = "" if zero is not None else ", or with sudo"
            whose = f"{untyped.named} of {untyped.who}"
            ways = (
                f"The first without idtype is {whose}: run this console {self._as(untyped)}{root}."
            )
        elif zero is not None:
            ways = f"There is none without idtype, and root has only the rights of {zero.named}."
        else:
            ways = "Run this console with sudo."
        return ways if self.whole else f"{_ALL_RIGHTS} {ways}"

    def for_root(self, operation: Operation, module_id: str) -> str:
        """What root takes, which is refused only where a principal claims its uid."""
        zero = self._of_root()
        if zero is None:
            return (
                f"{_ROOT} None was found here, so the configuration that the service goes by is "
                "another, or was not read whole."
            )
        ways = self.for_caller(operation, module_id)
        return f"{ways} {_ROOT} {zero.named} takes that away: take it out, or change its uid."

    def for_module(self, module_id: str) -> str:
        """What fetching a module or local identity takes."""
        named = next((each for each in self.tables if each.principal.name == module_id), None)
        if named is None:
            return self._without_name(module_id)
        if named.principal.uid != self.caller.uid:
            return self._of_another(named)
        if named.standing is Standing.SHADOWED:
            own = self._own()
            later = own.named if own is not None else "a later table"
            return f"{named.named} has no effect, since {later} has its uid: change one. {SOON}"
        return f"Give {named.named} module or local among its idtype. {SOON}"

    def _without_name(self, module_id: str) -> str:
        own = self._own()
        if own is None:
            return (
                f'It needs a principal with name = "{module_id}", uid = {self.caller.uid} and the '
                f"idtype module or local; or run this console {self._as_root()}. "
                f"{self._caution()}{SOON}"
            )
        return (
            f"Only root, the daemon and a principal “{module_id}” may have it, and this uid is "
            f"{own.named} already; a second table with the uid would take the place of that one. "
            f"Run this console {self._as_root()}."
        )

    def _of_another(self, named: Table) -> str:
        text = (
            f"The name belongs to {named.who} already, in {named.place}: run this console "
            f"{self._as(named)}"
        )
        if self._own() is None:
            text += f", or change the uid there to {self.caller.uid}"
        return (
            f"{text}. Do not add a second principal of that name: the service would not start "
            f"again. {SOON}"
        )

    def _own(self) -> Table | None:
        """The table that counts for the caller: the last one of its uid."""
        mine = [each for each in self.tables if each.principal.uid == self.caller.uid]
        return mine[-1] if mine else None

    def _as(self, table: Table) -> str:
        if table.principal.uid == 0:
            return "with sudo"
        return f"as that user (`sudo -u {table.user}`)" if table.user else "under that uid"

    def _as_root(self) -> str:
        zero = self._of_root()
        if zero is None:
            return "with sudo"
        return f"as the daemon's user (root has only the rights of {zero.named})"

    def _of_root(self) -> Table | None:
        """The table that takes root's power away."""
        claims = (each for each in self.tables if each.principal.uid == 0)
        return next((each for each in claims if each.standing is Standing.COUNTS), None)

    def _caution(self) -> str:
        return "" if self.whole else f"{_UNSEEN} "


def _tables(view: EffectiveView | None) -> tuple[Table, ...]:
    found = view.principals if view is not None else ()
    return tuple(table for each in found if (table := _table(each)) is not None)


def _table(found: EffectivePrincipal) -> Table | None:
    principal = found.entry.principal
    if principal is None or found.standing not in _STANDING:
        return None
    place = f"{found.entry.file} line {found.entry.line}"
    return Table(principal, found.standing, place, found.user or "")


def _is_whole(view: EffectiveView) -> bool:
    files = view.config.files
    return bool(files) and not any(file.problem for file in files)
