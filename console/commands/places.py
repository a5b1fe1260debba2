"""Addresses of containers on the command line, which other users of the machine can read."""

from __future__ import annotations

import os
from pathlib import Path

from console.commands.boundary import UsageFault


def is_address(text: str) -> bool:
    """Whether a container is named by its address, not a folder by its path."""
    return "://" in text or text.lower().startswith("file:")


def container_named(text: str) -> str:
    """The address of a container, a secret, from where it is kept: `env:NAME` or `file:PATH`.

    Raises:
        UsageFault: when nothing is there. It repeats neither the address nor what was typed
            instead of a place, which may be the address.
    """
    place, _, name = text.partition(":")
    if place == "env" and name:
        found = os.environ.get(name, "").strip()
        if not found:
            raise UsageFault(f"The environment has no {name}, or it is empty.")
    elif place == "file" and name and not name.startswith("//"):
        try:
            found = Path(name).expanduser().read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise UsageFault(f"The file {name} cannot be read: {why}.") from None
        if not found:
            raise UsageFault(f"The file {name} is empty.")
    else:
        raise UsageFault(
            "Say where the container's address is kept: env:NAME for a variable of the "
            "environment, file:PATH for a file that holds it."
        )
    if not is_address(found):
        raise UsageFault(f"{text} holds no address of a container, such as https://….")
    return found
