"""Lists of a remote hub on the command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from console.adapters import iothub_lists
from console.cli import main
from tests.contract.adapter_help import device, need
from tests.contract.hub_serving import HUB, Hub, on_hub, serving_hub

Run = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub with eighteen devices."""
    async with serving_hub(tmp_path) as hub:
        async with on_hub(hub) as adapter:
            port = need(adapter.devices)
            await asyncio.gather(*(port.create(HUB, f"pump-{n:02}", device()) for n in range(18)))
        yield hub


@pytest.fixture
def run(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """A command line on that hub by a policy: exit code, data, messages."""
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    contexts = tmp_path / "CONFIG" / "idconsole" / "contexts.toml"
    contexts.parent.mkdir(parents=True)
    contexts.write_text(
        f"[contexts.hub]\nkind='iothub'\nconnection-string-env='HUB'\nca-file='{hub.ca_file}'\n",
        "utf-8",
    )

    async def call(*words: str, policy: str = "iothubowner") -> tuple[int, str, str]:
        monkeypatch.setenv("HUB", hub.connection(policy))
        code = await asyncio.to_thread(main, [*words, "--context", "hub"])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


async def test_a_hub_is_its_one_tenant(run: Run) -> None:
    """Listed and counted, so that a script need not know what kind of registry it has."""
    code, table, _ = await run("list", "tenants")
    assert code == 0
    assert [line.split() for line in table.splitlines()[1:]] == [[HUB, "enabled"]]
    _, rows, _ = await run("list", "tenants", "--json")
    assert [row["tenant-id"] for row in json.loads(rows)] == [HUB]
    assert (await run("count", "tenants"))[:2] == (0, "1\n")
    assert (await run("count", "tenants", "--filter", "elsewhere"))[:2] == (0, "0\n")
    assert (await run("count", "tenants", "--filter", "disabled"))[:2] == (0, "0\n")


async def test_a_list_cut_short_gives_advice_that_this_policy_can_follow(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that may query filters and exports; one that may not does neither."""
    monkeypatch.setattr(iothub_lists, "AT_MOST", 5)
    monkeypatch.setattr(iothub_lists, "MOST_READ", 10)
    code, _, told = await run("list", "devices", "--all")
    assert code == 1
    assert "--filter 'BEGIN*' lists others" in told
    code, _, told = await run("list", "devices", "--all", policy="registryReadWrite")
    assert code == 1
    assert "--filter 'BEGIN*' lists others" not in told
    assert "into a blob container" in told
    assert (await run("get", "device", "pump-17", policy="registryReadWrite"))[0] == 0
