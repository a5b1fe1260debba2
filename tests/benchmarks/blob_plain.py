"""A blob as a file to read or write, by the standard library's HTTP: what references go through."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import quote
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BLOCK_BYTES = 4 << 20
"""As the product writes them."""
_READ_BYTES = 1 << 20


def blob_address(container: str, name: str, query: str = "") -> str:
    """The address of a blob of a container whose address has its signature."""
    base, _, signature = container.partition("?")
    return f"{base}/{quote(name)}?{signature}{query}"


@contextmanager
def reading_blob(container: str, name: str) -> Iterator[BinaryIO]:
    """A blob as it comes, in one request."""
    with urlopen(blob_address(container, name)) as answer:  # noqa: S310 - loopback
        yield cast("BinaryIO", io.BufferedReader(answer, _READ_BYTES))


class BlobWriter(io.RawIOBase):
    """A blob written block by block; it is there once this is closed."""

    def __init__(self, container: str, name: str) -> None:
        self._container = container
        self._name = name
        self._kept = bytearray()
        self._blocks: list[str] = []

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: ReadableBuffer, /) -> int:
        """Append."""
        content = memoryview(text)
        self._kept += content
        while len(self._kept) >= _BLOCK_BYTES:
            self._send_block()
        return content.nbytes

    def close(self) -> None:
        """Send what is left, then name the blocks."""
        if not self.closed:
            while self._kept:
                self._send_block()
            listed = "".join(f"<Latest>{block}</Latest>" for block in self._blocks)
            body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
            self._put("&comp=blocklist", body.encode("ascii"))
        super().close()

    def _send_block(self) -> None:
        self._blocks.append(base64.b64encode(b"%010d" % len(self._blocks)).decode("ascii"))
        self._put(f"&comp=block&blockid={quote(self._blocks[-1])}", self._kept[:_BLOCK_BYTES])
        del self._kept[:_BLOCK_BYTES]

    def _put(self, query: str, content: bytes | bytearray) -> None:
        address = blob_address(self._container, self._name, query)
        request = Request(address, bytes(content), method="PUT")  # noqa: S310 - loopback
        request.add_header("Content-Type", "application/octet-stream")
        with urlopen(request):  # noqa: S310 - loopback
            pass
