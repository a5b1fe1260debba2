"""Versions of the hub's API and what each of them shows (iothub 1, 2.2, 4.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from registry_backend.wire.iothub_device_errors import INVALID_PROTOCOL_VERSION, HubInvalid

OLDEST = "2016-02-03"
_FORM = re.compile(r"(\d{4}-\d{2}-\d{2})(-preview)?")
_THUMBPRINTS_SINCE = "2016-04-30"
_TYPES_SINCE = "2017-01-01"


@dataclass(frozen=True, slots=True)
class HubVersion:
    """One version of the API.

    Args:
        text: As the client wrote it.
        day: Its date, which decides what it shows.
    """

    text: str
    day: str

    @property
    def thumbprints(self) -> bool:
        """Whether devices have `x509Thumbprint`."""
        return self.day >= _THUMBPRINTS_SINCE

    @property
    def types(self) -> bool:
        """Whether devices have `authentication.type`, capabilities and scopes."""
        return self.day >= _TYPES_SINCE

    @property
    def bulk_results(self) -> bool:
        """Whether bulk calls answer with a result object; the oldest has a list of strings."""
        return self.day >= _THUMBPRINTS_SINCE

    @property
    def blob_names(self) -> bool:
        """Whether jobs name the blobs that they read and write (iothub 4.5)."""
        return self.day > OLDEST

    @property
    def exports_keys(self) -> bool:
        """Whether an export that does not say so writes keys (iothub 1, row 7)."""
        return self.day >= _THUMBPRINTS_SINCE


@lru_cache(maxsize=64)
def parse_version(text: str | None) -> HubVersion:
    """The version a request names: the oldest, or any later date (iothub 2.2).

    Raises:
        HubInvalid: where it is missing, older or no date.
    """
    if not text:
        raise HubInvalid(INVALID_PROTOCOL_VERSION, "The query lacks api-version.")
    form = _FORM.fullmatch(text)
    if form is None or not _is_date(form[1]):
        raise HubInvalid(
            INVALID_PROTOCOL_VERSION, f"api-version must be a date such as {OLDEST} or later."
        )
    if form[1] < OLDEST:
        raise HubInvalid(INVALID_PROTOCOL_VERSION, f"The oldest api-version served is {OLDEST}.")
    return HubVersion(text, form[1])


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


VERSION_2016 = parse_version(OLDEST)
VERSION_2021 = parse_version("2021-04-12")
"""What clients of today send, and what the console sends to real hubs (iothub 2.2)."""
