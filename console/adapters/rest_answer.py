"""What a remote registry answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.adapters.rest_repeating import LOOK_FIRST
from console.adapters.rest_words import not_json
from registry_backend.domain.document import parse_json
from registry_backend.domain.errors import Fault, Invalid

_CHECK = "Check the address, and proxies between."


@dataclass(frozen=True, slots=True)
class Answer:
    """A success, or a status that the caller asked to see."""

    status: int
    headers: Mapping[str, str]
    """By their names in lower case."""
    body: bytes = field(repr=False)

    @property
    def etag(self) -> str:
        """The version as it came, quotes included; empty when there is none."""
        return self.headers.get("etag", "")

    @property
    def is_json(self) -> bool:
        """Whether the answer says that it is JSON."""
        return "json" in self.headers.get("content-type", "").lower()

    @property
    def is_success(self) -> bool:
        """Whether it was done, or so it says."""
        return 200 <= self.status < 300

    def check_done(self, what: str) -> None:
        """Raises Fault where a page tells of a write's success, which no registry does."""
        page = not_json(self.body, self.headers.get("content-type", ""), what)
        if self.is_success and self.body and page:
            raise Fault(f"{page} {_CHECK}", hint=LOOK_FIRST)

    def json(self, what: str) -> Any:
        """The body decoded. Raises Fault when it is not JSON."""
        try:
            return parse_json(self.body, what=what)
        except Invalid as error:
            page = not_json(self.body, self.headers.get("content-type", ""), what)
            raise Fault(
                page or f"The registry's answer cannot be read. {error.message}",
                hint=_CHECK,
            ) from None
