"""A save that is killed half way leaves the old file, and no file that the daemon would read."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from registry_backend.domain.findings import Severity
from registry_backend.identityd.atomic import change_file
from tests.registry_backend.identityd.gateway import BASE, Gateway, principal

KILLED_AT = """\
import os, signal, sys
from pathlib import Path
from registry_backend.identityd import atomic

def die(*arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)

setattr({owner}, {call!r}, die)
path = Path(sys.argv[1])
atomic.change_file(path, before=path.read_bytes(), after=path.read_bytes() * 3)
"""


@pytest.mark.parametrize(
    ("owner", "call"), [("atomic.os", "fchmod"), ("atomic.os", "fsync"), ("Path", "replace")]
)
def test_a_save_that_is_killed_changes_nothing(tmp_path: Path, owner: str, call: str) -> None:
    """What is left of it is told, and the next save goes well."""
    gateway = Gateway(tmp_path).write(BASE).put({"agent.toml": principal(1, "agent", "")})
    path = gateway.folder / "agent.toml"
    before = path.read_bytes()
    script = KILLED_AT.format(owner=owner, call=call)
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_bytes() == before
    (left,) = [other for other in gateway.folder.iterdir() if other != path]
    assert left.suffix != ".toml"
    (found,) = gateway.findings()
    assert (found.rule, found.severity, found.file) == ("left-behind", Severity.NOTE, left)
    change_file(path, before=before, after=b"")
    assert path.read_bytes() == b""
