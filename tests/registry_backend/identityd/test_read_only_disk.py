"""Files on a disk that is mounted read-only are shown, and an edit is refused with that reason."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry_backend.domain.errors import Denied
from registry_backend.domain.principals import Principal
from registry_backend.identityd.principals import PrincipalFiles
from tests.registry_backend.identityd.gateway import BASE, Gateway, principal


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A configuration on such a disk."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this system lets no file system be mounted")
    gateway = Gateway(tmp_path).write(BASE).put({"agent.toml": principal(1, "agent", "")})
    subprocess.run(["mount", "-o", "remount,ro", str(tmp_path)], check=True)
    yield gateway
    subprocess.run(["umount", str(tmp_path)], check=True)


async def test_an_edit_on_a_read_only_disk_is_refused_without_calling_for_root(
    gateway: Gateway,
) -> None:
    """Root could not write there either."""
    port = PrincipalFiles(gateway.main, gateway.folder)
    (agent,) = (await port.load()).principals
    with pytest.raises(Denied, match="mounted read-only") as changed:
        await port.plan_update(agent, Principal(uid=2, name="agent"))
    with pytest.raises(Denied, match="mounted read-only"):
        await port.plan_add(Principal(uid=2, name="other"))
    assert "run as root" not in str(changed.value)
