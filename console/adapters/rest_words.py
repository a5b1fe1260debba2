"""What a remote registry says of its own accord, fit to stand in a message. Pure.

Short, on one line, without markup, and without the secrets that were sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import unescape
from typing import Any

from registry_backend.domain.secrets import MASK

MAX_WORDS = 300
"""Characters of a server's own words that a message repeats."""
_OF_A_PAGE = 4_096
"""Characters of an HTML page that are looked at: its title stands at the beginning."""


def words_of(body: bytes, content_type: str, hidden: Iterable[str] = ()) -> str:
    """What a server says in the body of an error: JSON, plain text, an HTML page, or nothing.

    Args:
        body: As it came.
        content_type: What the server says that it is; empty when it does not.
        hidden: Texts not to repeat; looked for before anything is cut off.
    """
    text = body[:65536].decode("utf-8", "replace").strip()
    if not text:
        return ""
    if is_html(body, content_type):
        page = hidden_in(text, hidden)[:_OF_A_PAGE]
        title = re.search(r"<title[^>]*>(.*?)</title>", page, re.IGNORECASE | re.DOTALL)
        bare = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
        shown = hidden_in(unescape(title[1] if title else bare), hidden)
        return short(f"“{short(shown)}”")
    try:
        members = json.loads(text)
    except (ValueError, RecursionError):
        return short(hidden_in(text, hidden))
    if isinstance(members, dict):
        for name in ("error", "message", "Message", "detail"):
            said = members.get(name)
            if isinstance(said, str) and said:
                return "" if said == "N/A" else short(hidden_in(said, hidden))
    return short(hidden_in(members if isinstance(members, str) else text, hidden))


def not_json(body: bytes, content_type: str, what: str) -> str:
    """What came with a success instead of JSON, in one sentence; empty when it is no page."""
    if not is_html(body, content_type):
        return ""
    return f"{what[:1].upper()}{what[1:]}: an HTML page came, {words_of(body, content_type)}."


def is_html(body: bytes, content_type: str) -> bool:
    """Whether a page came, by its type or by how it begins."""
    start = body[:256].lstrip().lower()
    return "html" in content_type.lower() or start.startswith((b"<!doctype html", b"<html"))


def short(text: str) -> str:
    """Text on one line, cut to what a message may repeat."""
    plain = " ".join(text.split())
    return plain if len(plain) <= MAX_WORDS else plain[: MAX_WORDS - 1] + "…"


def hidden_in(words: str, hidden: Iterable[str]) -> str:
    """The words with each of the secrets replaced by dots."""
    for secret in hidden:
        if secret:
            words = words.replace(secret, MASK)
    return words


def secrets_in(body: Any, names: Iterable[str]) -> list[str]:
    """The values of members with these names, anywhere in a JSON value."""
    wanted = frozenset(names)
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            for name, content in value.items():
                if name in wanted and isinstance(content, str) and content:
                    found.append(content)
                look(content)
        elif isinstance(value, list):
            for each in value:
                look(each)

    look(body)
    return found
