"""A call to an Identity Service, and what it would answer and why."""

from __future__ import annotations

from pathlib import Path

from registry_backend.domain.document import Value
from registry_backend.domain.permissions import Operation, Role

LATEST_VERSION = "2022-08-01"
API_VERSIONS = ("2020-09-01", "2021-12-01", LATEST_VERSION)
"""The ones a service takes; there are no others (identityd 1)."""


class CallRequest(Value):
    """One request as it would arrive, decoded no further than HTTP does."""

    method: str
    path: str
    """Percent-encoded, without the query."""
    query: tuple[tuple[str, str], ...] = (("api-version", LATEST_VERSION),)
    """Decoded, in its order."""
    body: bytes = b""
    content_type: str | None = "application/json"


class Answer(Value):
    """What a service would say to a uid, and for which reason."""

    uid: int
    role: Role
    operation: Operation | None
    """Which of the ten calls it is; None when it is none of them."""
    status: int
    """Of HTTP; where `decided_by` is set, the one of success."""
    message: str = ""
    """The error's text, all its lines; empty on success."""
    decided_by: str = ""
    """Who has the last word, such as the hub: it may still refuse; empty when nobody has."""
    who: str = ""
    """In a sentence: what the service takes the uid for, and by which table."""
    why: str
    """In sentences: why it answers so."""
    caveat: str = ""
    """In a sentence: why the service may answer otherwise, or not start; empty when it will."""
    principal: str = ""
    """The name of the principal that decides; empty when none does."""
    file: Path | None = None
    line: int = 0

    @property
    def allowed(self) -> bool:
        """Whether the service does what was asked, as far as it is for the service to say."""
        return self.status < 400
