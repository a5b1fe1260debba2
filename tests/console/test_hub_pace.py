"""A hub that refused to be asked so fast is asked more slowly for a while, not hammered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from console.adapters.iothub_pace import Pace
from registry_backend.api.throttling import TokenBucket, whole_seconds
from registry_backend.domain.errors import Throttled
from tests.console.test_iothub_peers import Peer, reaching, slow

F1_A_MINUTE = 100
"""Calls that the smallest hubs grant (iothub 8)."""


@dataclass(slots=True)
class Meter(Peer):
    """A peer that knows how many requests it had at once."""

    now: int = 0
    most: int = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """As any peer; others may come meanwhile."""
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            for _ in range(20):  # turns in which another request could arrive
                await asyncio.sleep(0)
            return await Peer.answer(self, request)
        finally:
            self.now -= 1


def refusals(pace: Pace, requests: int) -> int:
    """How often a hub of the smallest tier refuses, asked for so much at this pace."""
    bucket, now, refused, done = TokenBucket(F1_A_MINUTE), 0.0, 0, 0
    while done < requests:
        now += pace.delay(now)
        try:
            bucket.take(now)
        except Throttled as full:
            refused += 1
            now += whole_seconds(full.retry_after or 0.0)
            pace.refused()
        else:
            done += 1
            if pace.careful:
                pace.answered(now)
    return refused


def test_few_of_many_requests_are_refused() -> None:
    """Those that find out how fast it may go."""
    assert 0 < refusals(Pace(), 600) < 30


def test_full_speed_comes_back_with_many_answers() -> None:
    """Each makes the pause a little shorter; a further refusal makes it longer again."""
    assert not Pace().careful
    pace = Pace()
    pace.refused()
    delays = [pace.delay(0.0)]  # the hub was waited for
    pace.answered(0.0)
    delays.append(pace.delay(0.0))
    pace.refused()
    pace.answered(0.0)
    delays.append(pace.delay(0.0))
    assert delays == sorted(set(delays))
    assert delays[0] == 0.0
    answers = 0
    for answers in range(1_000):  # noqa: B007
        if not pace.careful:
            break
        pace.answered(0.0)
    assert 50 < answers < 999


async def test_after_a_refusal_requests_go_out_one_at_a_time(tmp_path: Path) -> None:
    """All of those that are under way together, not the first of them alone."""
    async with reaching(tmp_path, Meter()) as there:
        peer = there.peer
        assert isinstance(peer, Meter)
        names = [f"d{number}" for number in range(20)]
        peer.add(*names)
        await asyncio.gather(*(there.devices.get(there.tenant, name) for name in names))
        assert peer.most > 1
        peer.script = [slow("1")]
        await there.devices.get(there.tenant, "d0")
        peer.most = 0
        await asyncio.gather(*(there.devices.get(there.tenant, name) for name in names))
        assert peer.most == 1
