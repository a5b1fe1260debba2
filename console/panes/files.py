"""Small files a person names in a form, read off the event loop."""

from __future__ import annotations

import asyncio
from pathlib import Path

from console.forms.certificates import MAX_FILE_BYTES
from console.forms.fields import Values, text_of
from registry_backend.domain.errors import Invalid


async def read_named_file(values: Values, name: str) -> bytes:
    """The bytes of the file whose path stands in a field.

    Raises:
        Invalid: naming the field, when there is no path, or it cannot be read, or it is too large.
    """
    text = text_of(values, name)
    if not text:
        raise Invalid.at(name, "give the path of a file")
    try:
        content = await asyncio.to_thread(_read, text)
    except OSError as error:
        raise Invalid.at(name, f"cannot be read: {error.strerror or error}") from None
    except (RuntimeError, ValueError):  # a home that is none, a NUL in the path
        raise Invalid.at(name, "is no path of a file") from None
    if len(content) > MAX_FILE_BYTES:
        raise Invalid.at(
            name, f"is larger than {MAX_FILE_BYTES // 1024} KiB: no certificate or key"
        )
    return content


def _read(text: str) -> bytes:
    path = Path(text).expanduser()
    if not path.is_file():  # a pipe or a device would hold the thread for ever
        path.stat()
        raise OSError(0, "it is no file")
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)
