"""What If-Match says (iothub 5.3). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from registry_backend.wire.iothub import ANY_ETAG, etag_of

_ITEM = re.compile(r'\s*(?:W/)?(?:"([^"]*)"|([^,"]*))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class EtagCondition:
    """The versions that a write may replace."""

    etags: frozenset[str]
    """In their body form, without quotes; `*` is any."""

    def allows(self, revision: int) -> bool:
        """Whether that revision is one of them."""
        return ANY_ETAG in self.etags or etag_of(revision) in self.etags


def read_condition(header: str | None) -> EtagCondition | None:
    """The condition of a header: star, one ETag or a list, quoted, bare or weak; None: absent.

    >>> read_condition('"MA=="').allows(0), read_condition("*").allows(7)
    (True, True)
    """
    if header is None or not header.strip():
        return None
    found = (
        match[1] if match[1] is not None else match[2].strip() for match in _ITEM.finditer(header)
    )
    return EtagCondition(frozenset(found) - {""})
