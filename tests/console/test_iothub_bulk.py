"""Writes that a hub is sent together let go of everybody who waits for them."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from console.adapters.iothub_bulk import WORTH, Gatherer
from console.adapters.iothub_session import HubSession
from console.adapters.rest import RestClient
from console.adapters.rest_answer import Answer
from console.adapters.rest_endpoint import Endpoint
from registry_backend.wire.connection_strings import HubConnection


class Broken(HubSession):
    """A session with a bug: its calls end in what is no error of a registry."""

    def __init__(self) -> None:
        super().__init__(
            RestClient(Endpoint("https://hub.example")),
            HubConnection("hub.example", "owner", "c2VjcmV0"),
            api_version="2021-04-12",
            tell=lambda _text: None,
            on_health=lambda _text: None,
        )

    async def send(self, *_args: object, **_options: Any) -> Answer:
        """Fail."""
        raise ArithmeticError("a bug")


async def test_nobody_waits_for_ever_for_a_call_that_ends_in_a_bug() -> None:
    """Each writer is cancelled, and the loop is told of the bug."""
    bugs: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _loop, told: bugs.append(told.get("exception"))
    )
    gatherer = Gatherer(Broken())
    async with asyncio.timeout(10):
        outcomes = await asyncio.gather(
            *(
                gatherer.write({"id": f"d{number}", "importMode": "delete"})
                for number in range(WORTH)
            ),
            return_exceptions=True,
        )
    assert [type(each) for each in outcomes] == [asyncio.CancelledError] * WORTH
    await asyncio.sleep(0)  # the call itself ends behind those who waited for it
    gc.collect()
    assert [type(each) for each in bugs] == [ArithmeticError]


@pytest.mark.parametrize("count", range(1, WORTH))
async def test_a_few_writes_go_out_by_themselves(count: int) -> None:
    """Each answer tells the new version then."""
    gatherer = Gatherer(Broken())
    elements = [{"id": f"d{number}"} for number in range(count)]
    async with asyncio.timeout(10):
        assert not any(await asyncio.gather(*map(gatherer.write, elements)))
