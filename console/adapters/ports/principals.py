"""The principals of an Identity Service configuration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from registry_backend.domain.effective import EffectiveView
from registry_backend.domain.explanations import Answer, CallRequest
from registry_backend.domain.identities import IdentityKind
from registry_backend.domain.principals import FileChange, FilePrincipal, Principal, PrincipalConfig


class PrincipalsPort(Protocol):
    """The principals of an Identity Service configuration."""

    async def load(self) -> PrincipalConfig:
        """Read all files; a broken one is reported in place, the rest still shown."""

    async def use(self, main_file: Path, config_dir: Path) -> PrincipalConfig:
        """Read other files from now on."""

    async def view(self) -> EffectiveView:
        """Read all files; what each principal comes to, and everything amiss."""

    async def explain(self, uid: int, request: CallRequest) -> Answer:
        """What the daemon would answer to a uid by the files as they are now."""

    async def answers(
        self, user: str, *, module_id: str = "", kind: IdentityKind = "aziot"
    ) -> Sequence[Answer]:
        """What the daemon would answer to a user's ten calls; the user by number or name.

        Calls about a module are about `module_id`, or the user's own. Raises Invalid.
        """

    async def text(self, file: Path) -> str:
        """The text of one file; empty when the main file is not there. Raises RegistryError."""

    async def plan_text(self, file: Path, before: str, after: str) -> FileChange:
        """Plan another text for a whole file. Raises VersionMismatch when it has changed."""

    async def plan_add(self, principal: Principal, *, file: str | None) -> FileChange:
        """Plan a new table at the end of a file; None: in a file of its own in the folder."""

    async def plan_update(self, target: FilePrincipal, principal: Principal) -> FileChange:
        """Plan the change of one table. Raises VersionMismatch when the table has changed."""

    async def plan_delete(self, target: FilePrincipal) -> FileChange:
        """Plan the removal of one table and the comments that belong to it."""

    async def plan_undo(self, change: FileChange) -> FileChange:
        """Plan the way back from what was written. Raises VersionMismatch when it has changed."""

    async def apply(self, change: FileChange) -> PrincipalConfig:
        """Write a plan atomically.

        Raises VersionMismatch when the file has changed since, Invalid when it would stop the
        daemon and is not `forced`.
        """
