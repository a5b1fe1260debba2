"""A command that waits for a registry says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from console.adapters.hono import HonoAdapter
from console.cli import build_parser
from console.commands.session import adapter_for
from console.contexts import contexts_path
from registry_backend.domain.errors import Unreachable
from tests.console.test_rest import answering


async def test_a_registry_that_keeps_a_command_waiting_is_told_of_while_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once, to stderr, before the last attempt has failed."""
    said: list[str] = []

    async def silent(_: web.BaseRequest) -> web.StreamResponse:
        said.append(capsys.readouterr().err)
        await asyncio.Event().wait()
        return web.Response()

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    async with answering(silent) as endpoint:
        contexts_path().parent.mkdir(parents=True)
        contexts_path().write_text(f'[contexts.slow]\nkind = "hono"\nurl = "{endpoint.url}"\n')
        contexts_path().chmod(0o600)
        options = build_parser().parse_args(["list", "tenants", "--context", "slow"])
        adapter = adapter_for(options, writes=False)
        assert isinstance(adapter, HonoAdapter)
        adapter._client.endpoint = replace(endpoint, read_seconds=0.1)
        with pytest.raises(Unreachable):
            await adapter.open()
    assert said == ["", "The registry has not answered so far.\n", ""]
