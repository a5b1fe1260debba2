"""Secrets in configuration files of an Identity Service: told by their key or look, and hidden.

The daemon wants names of keys only; somebody may have written a key itself all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "(hidden: it looks like a secret)"

_SECRET_KEYS = frozenset({"connection_string"})
_KEY = re.compile(r"[A-Za-z0-9+/]{42,}={1,2}")
"""What a symmetric key looks like in base64."""
_IN_TEXT = re.compile(
    r"""(?P<member>connection_string["']?\s*=\s*)("(?:[^"\\\n]|\\.)+"|'[^'\n]+')"""
    r"""|(?P<part>SharedAccessKey=)[^;"'\s]+"""
    rf"""|(?<![A-Za-z0-9+/]){_KEY.pattern}(?![A-Za-z0-9+/=])"""
)


def is_secret(key: str, value: object) -> bool:
    """Whether a key was written where the daemon wants the name of one, or nothing at all."""
    if not isinstance(value, str):
        return False
    return key in _SECRET_KEYS or "SharedAccessKey=" in value or bool(_KEY.fullmatch(value))


def hidden_members(value: Any, key: str = "") -> Any:
    """A copy of a value with every secret text in it replaced.

    Args:
        value: As TOML or JSON is read.
        key: What it stands under.
    """
    if isinstance(value, Mapping):
        return {name: hidden_members(below, name) for name, below in value.items()}
    if isinstance(value, list | tuple):
        return [hidden_members(below, key) for below in value]
    return HIDDEN if is_secret(key, value) else value


def hidden_text(text: str) -> str:
    """A piece of a file as it stands, comments too, with every secret in it replaced."""
    return _IN_TEXT.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    if found["member"]:
        return f'{found["member"]}"{HIDDEN}"'
    return f"{found['part'] or ''}{HIDDEN}"
