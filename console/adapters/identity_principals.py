"""The configuration of the service that is called, with the caller's own tables marked."""

from __future__ import annotations

from pathlib import Path

from registry_backend.domain.effective import EffectivePrincipal, EffectiveView
from registry_backend.identityd.principals import PrincipalFiles
from registry_backend.identityd.users import Users


class ServicePrincipals(PrincipalFiles):
    """As PrincipalFiles.

    Args:
        main_file: As there.
        config_dir: As there.
        read_only: As there.
        users: As there.
        caller_uid: Whose tables are marked.
    """

    def __init__(
        self,
        main_file: Path,
        config_dir: Path,
        *,
        read_only: bool,
        users: Users | None,
        caller_uid: int,
    ) -> None:
        super().__init__(main_file, config_dir, read_only=read_only, users=users)
        self._caller_uid = caller_uid

    async def view(self) -> EffectiveView:
        """As PrincipalsPort."""
        view = await super().view()
        return view.model_copy(
            update={"principals": tuple(self._marked(each) for each in view.principals)}
        )

    def _marked(self, found: EffectivePrincipal) -> EffectivePrincipal:
        principal = found.entry.principal
        if principal is None or principal.uid != self._caller_uid:
            return found
        return found.model_copy(update={"is_caller": True})
