"""What If-Match says (iothub 5.3). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from registry_backend.wire.iothub import ANY_ETAG, etag_of

# No two ways to read a header, so that none takes long to refuse: a quote that nothing closes
# stands for itself.
_ITEM = re.compile(r'(?:[^,"]|"[^"]*"|")+')


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
    return EtagCondition(frozenset(_bare(item) for item in _ITEM.findall(header)) - {""})


def _bare(item: str) -> str:
    """An ETag of a list without its quotes; as it stands where it has none, or only one."""
    text = item.strip().removeprefix("W/")
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
