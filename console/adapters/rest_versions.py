"""Versions of remote things: of what comes without one, and those that our writes moved on. Pure.

In some registries a device and its credentials share one version, so that a write to one makes the
version that is known of the other an old one, although nobody else has changed anything.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Hashable
from typing import Literal

SEEN = "~"
"""Begins the version of what was shown without one: a digest of its content follows."""
Part = Literal["device", "credentials"]
"""What a version is of."""


def seen_version(canonical: str) -> str:
    """A version for content in the one form that it has; equal content has equal versions."""
    return SEEN + hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:24]


class MovedVersions:
    """Which version became which by a write of ours.

    Args:
        most: How many are remembered; the oldest go first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._followers: OrderedDict[tuple[Hashable, str], str] = OrderedDict()

    def moved(self, key: Hashable, old: str, new: str) -> None:
        """A write of ours elsewhere made one version of this thing into another."""
        if old and new:
            self._followers[key, old] = new
            while len(self._followers) > self._most:
                self._followers.popitem(last=False)

    def latest(self, key: Hashable, version: str) -> str:
        """What our own writes have made of a version."""
        seen = {version}
        while (after := self._followers.get((key, version))) is not None:
            if after in seen:
                break
            seen.add(after)
            version = after
        return version
