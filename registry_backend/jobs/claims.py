"""Which device holds which (type, auth-id) while the lines of a batch take effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import Device
from registry_backend.jobs.ground import Ground
from registry_backend.wire.import_errors import CONFLICT, LineFault


@dataclass(slots=True)
class BatchRow:
    """A device as the lines so far leave it; None: it is not there."""

    stored: Device | None
    device: Device | None
    credentials: tuple[Credential, ...]
    changed: bool = False
    credentials_changed: bool = False


class Claims:
    """What the lines so far have taken, over what is stored.

    Args:
        snapshot: What is stored.
        tenant_id: Whose credentials.
        rows: The devices of the batch as the lines so far leave them.
    """

    def __init__(self, snapshot: Ground, tenant_id: str, rows: Mapping[str, BatchRow]) -> None:
        self._snapshot = snapshot
        self._tenant_id = tenant_id
        self._rows = rows
        self._claimed: dict[tuple[str, str], str] = {}

    def take(
        self, device_id: str, before: Sequence[Credential], after: Sequence[Credential]
    ) -> LineFault | None:
        """Let the device have these; the fault when another has one that is new to it."""
        held = {(credential.type, credential.auth_id) for credential in before}
        for credential in after:
            if (credential.type, credential.auth_id) in held:
                continue
            owner = self._owner_of(credential.type, credential.auth_id)
            if owner not in (None, device_id):
                return LineFault(
                    CONFLICT,
                    f"auth-id {credential.auth_id!r} of type {credential.type} belongs to device "
                    f"{owner!r}",
                    device_id,
                )
        for credential in after:
            self._claimed[credential.type, credential.auth_id] = device_id
        return None

    def _owner_of(self, credential_type: str, auth_id: str) -> str | None:
        """Who holds it after the lines so far: the latest claim, if it still stands."""
        claimed = self._claimed.get((credential_type, auth_id))
        stored = self._snapshot.owner_of(self._tenant_id, credential_type, auth_id)
        for holder in (claimed, stored):
            if holder is None:
                continue
            row = self._rows.get(holder)
            if row is None or any(
                (credential.type, credential.auth_id) == (credential_type, auth_id)
                for credential in row.credentials
            ):
                return holder
        return None
