"""A real blob storage for tests: Azurite from npm, in memory, on a free port of loopback.

`.ci/run` and `make tools` put it into `.tools`; where it is not, its tests are skipped.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

PROGRAM = Path(__file__).parents[1] / ".tools/node_modules/azurite/dist/src/blob/main.js"
ACCOUNT = "devstoreaccount1"
_KEY = base64.b64decode(
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
"""Everybody knows it: the account exists in no cloud."""
_VERSION = "2021-08-06"
_START_SECONDS = 60.0
_BLOCK_BYTES = 4 << 20


def is_installed() -> bool:
    """Whether it can be started here."""
    return PROGRAM.exists() and shutil.which("node") is not None


needs_azurite = pytest.mark.skipif(
    not is_installed(),
    reason="Azurite is not installed: make tools",
)


@dataclass(frozen=True, slots=True)
class Azurite:
    """A running storage with one account."""

    port: int

    @property
    def root(self) -> str:
        """The account's address."""
        return f"http://127.0.0.1:{self.port}/{ACCOUNT}"

    def make_container(self, name: str) -> None:
        """Make a container; three characters or more."""
        self._owner("PUT", f"/{name}", {"restype": "container"})

    def remove_container(self, name: str) -> None:
        """Remove it with its blobs."""
        self._owner("DELETE", f"/{name}", {"restype": "container"})

    def sas(
        self, container: str, rights: str = "racwdl", *, minutes: int = 60, key: bytes = _KEY
    ) -> str:
        """A container's address with a shared access signature for these rights."""
        ends = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        fields = [rights, "", ends, f"/blob/{ACCOUNT}/{container}", "", "", "", _VERSION, "c"]
        signed = _sign("\n".join([*fields, "", "", "", "", "", "", ""]), key)
        query = {"sv": _VERSION, "sr": "c", "sp": rights, "se": ends, "sig": signed}
        return f"{self.root}/{container}?{urlencode(query)}"

    def put(self, container: str, blob: str, content: bytes) -> None:
        """Write a blob."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            self._blob(container, blob),
            content,
            {"x-ms-blob-type": "BlockBlob", "Content-Type": "text/plain"},
            method="PUT",
        )
        with urllib.request.urlopen(request):  # noqa: S310 - loopback
            pass

    def put_file(self, container: str, blob: str, path: Path) -> None:
        """Write a file of any size as a blob, block by block."""
        names: list[str] = []
        with path.open("rb") as file:
            while content := file.read(_BLOCK_BYTES):
                names.append(base64.b64encode(b"%010d" % len(names)).decode("ascii"))
                self._part(container, blob, f"comp=block&blockid={quote(names[-1])}", content)
        listed = "".join(f"<Latest>{name}</Latest>" for name in names)
        body = f'<?xml version="1.0" encoding="utf-8"?><BlockList>{listed}</BlockList>'
        self._part(container, blob, "comp=blocklist", body.encode("ascii"))

    def get(self, container: str, blob: str) -> bytes:
        """Read a blob."""
        with urllib.request.urlopen(self._blob(container, blob)) as answer:  # noqa: S310 - loopback
            content: bytes = answer.read()
            return content

    def blobs(self, container: str) -> list[str]:
        """Names of a container's blobs."""
        query = "restype=container&comp=list"
        with urllib.request.urlopen(f"{self.sas(container)}&{query}") as answer:  # noqa: S310 - loopback
            text = answer.read().decode("utf-8")
        return [part.partition("</Name>")[0] for part in text.split("<Name>")[1:]]

    def _part(self, container: str, blob: str, query: str, content: bytes) -> None:
        address = f"{self._blob(container, blob)}&{query}"
        request = urllib.request.Request(address, content, method="PUT")  # noqa: S310 - loopback
        request.add_header("Content-Type", "application/octet-stream")
        with urllib.request.urlopen(request):  # noqa: S310 - loopback
            pass

    def _blob(self, container: str, blob: str) -> str:
        base, _, query = self.sas(container).partition("?")
        return f"{base}/{quote(blob)}?{query}"

    def _owner(self, method: str, path: str, query: dict[str, str]) -> None:
        """A request in the owner's name, by the account's key."""
        date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {"x-ms-date": date, "x-ms-version": _VERSION}
        named = "".join(f"{name}:{value}\n" for name, value in sorted(headers.items()))
        listed = "".join(f"\n{name}:{value}" for name, value in sorted(query.items()))
        unset = "\n" * 12  # after the verb, and one for each header that is not sent
        text = f"{method}{unset}{named}/{ACCOUNT}/{ACCOUNT}{path}{listed}"
        headers["Authorization"] = f"SharedKey {ACCOUNT}:{_sign(text, _KEY)}"
        address = f"{self.root}{path}?{urlencode(query)}"
        request = urllib.request.Request(address, headers=headers, method=method)  # noqa: S310
        with urllib.request.urlopen(request):  # noqa: S310 - loopback
            pass


@contextmanager
def running_azurite() -> Iterator[Azurite]:
    """Start a storage and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *("node", str(PROGRAM), "--blobHost", "127.0.0.1", "--blobPort", str(port)),
        *("--silent", "--disableTelemetry", "--inMemoryPersistence", "--skipApiVersionCheck"),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        try:
            _await(port, child)
            yield Azurite(port)
        finally:
            child.terminate()
            child.wait()


def _await(port: int, child: subprocess.Popen[bytes]) -> None:
    """Wait until it accepts connections."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if child.poll() is not None:
            raise RuntimeError(f"Azurite ended with {child.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("Azurite did not start")


def _sign(text: str, key: bytes) -> str:
    digest = hmac.new(key, text.encode("utf-8"), hashlib.sha256).digest()
    return base64.b64encode(digest).decode("ascii")
