"""What one entry of an import file asks for, whatever its format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from registry_backend.domain.credentials import Credential
from registry_backend.domain.devices import DeviceAttributes
from registry_backend.domain.jobs import ImportMode
from registry_backend.storage.base import NewCredential
from registry_backend.wire.import_errors import LineFault
from registry_backend.wire.ndjson import TenantDraft


class DeviceDraft(Protocol):
    """A wish for one device."""

    @property
    def tenant_id(self) -> str | None:
        """None: the job's own tenant."""

    @property
    def device_id(self) -> str:
        """Which device."""

    @property
    def mode(self) -> ImportMode | None:
        """None: the job's default."""

    @property
    def etag(self) -> str | None:
        """The version an IfMatchETag mode asks for; `*` is any."""

    @property
    def generation_id(self) -> str | None:
        """For a faithful copy; None: a new one."""

    @property
    def created_at(self) -> datetime | None:
        """For a faithful copy; None: now."""

    def attributes_over(self, existing: DeviceAttributes | None) -> DeviceAttributes:
        """The attributes the device will have."""

    def credentials_over(self, existing: Sequence[Credential]) -> tuple[Credential, ...]:
        """The credentials the device will have."""


class PlainDevice(NamedTuple):
    """What a line makes of a device that is not there yet, but for when."""

    device_id: str
    enabled: bool
    document: str
    credentials: tuple[NewCredential, ...]


Entry = tuple[int | None, DeviceDraft | TenantDraft | LineFault]
"""A line's number, None where the format has no lines, and what it says."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of the input, ready to apply.

    Args:
        entries: What it asks for, in order.
        lines: Lines or entries consumed, those passed over included.
        offset: Bytes of input consumed once this stretch is applied.
        last: Whether the input ends here.
        unreadable: Lines that are not even text.
        plain: The same as devices to create, where that is all it can mean; see `plain`.
    """

    entries: Sequence[Entry]
    lines: int
    offset: int
    last: bool
    plain: Sequence[PlainDevice] | None = None
    unreadable: int = 0
