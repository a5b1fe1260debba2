"""A process of another uid, which passes bytes to a socket and back: `python caller.py UID`.

Each line it reads is a JSON array of a socket's path and bytes in base64; each it writes is what
came back until the other side closed, in base64, or `null` where the connection was refused or cut.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
from collections.abc import Sequence


def exchange(path: str, data: bytes, *, seconds: float = 30) -> bytes:
    """What a socket answers to bytes until it closes. Raises OSError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        connection.connect(path)
        connection.sendall(data)
        received = bytearray()
        while chunk := connection.recv(65536):
            received += chunk
    return bytes(received)


def main(words: Sequence[str]) -> None:
    """Become the uid, then pass on what is asked until the input ends."""
    uid = int(words[0])
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    for line in sys.stdin:
        path, encoded = json.loads(line)
        try:
            answer = base64.b64encode(exchange(path, base64.b64decode(encoded))).decode()
        except OSError:
            answer = None
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
