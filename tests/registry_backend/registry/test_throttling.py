"""How many calls a hub of each tier takes, and what it tells the next (iothub 8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.api.throttling import (
    TIERS,
    Operation,
    Throttle,
    TokenBucket,
    whole_seconds,
)
from registry_backend.domain.errors import Invalid, Throttled


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    """Stands still until a test moves it."""
    return Clock()


def passed(throttle: Throttle, operation: Operation) -> int:
    """How many operations go through before one is refused."""
    count = 0
    while True:
        try:
            throttle.take(operation)
        except Throttled:
            return count
        count += 1


@pytest.mark.parametrize(
    ("tier", "units", "registry", "queries"),
    [
        ("F1", 1, 100, 20),
        ("b1", 2, 200, 40),
        ("S1", 1, 100, 20),
        ("S2", 3, 300, 60),
        ("S3", 1, 5000, 1000),
        ("B3", 2, 10000, 2000),
    ],
)
def test_each_tier_grants_its_minute_for_each_unit(
    clock: Clock, tier: str, units: int, registry: int, queries: int
) -> None:
    """At once if need be; jobs have as many as the registry, and a bucket of their own."""
    throttle = Throttle(tier, units, clock=clock)
    assert passed(throttle, Operation.REGISTRY) == registry
    assert passed(throttle, Operation.JOB) == registry
    assert passed(throttle, Operation.QUERY) == queries


def test_the_next_call_is_told_when_to_come_again(clock: Clock) -> None:
    """In the hub's words; who waits that long goes through, and only once."""
    throttle = Throttle("S1", clock=clock)
    passed(throttle, Operation.REGISTRY)
    with pytest.raises(Throttled) as raised:
        throttle.take(Operation.REGISTRY)
    assert str(raised.value) == (
        "The request has been throttled. Wait 1 seconds and try again. Operation type: CRUD"
    )
    assert raised.value.retry_after == pytest.approx(0.6)
    clock.at += 0.601
    assert throttle.take(Operation.REGISTRY) == 0.0
    assert passed(throttle, Operation.REGISTRY) == 0


def test_a_minute_of_rest_grants_a_minute_and_no_more(clock: Clock) -> None:
    """However long the rest was."""
    throttle = Throttle("S1", clock=clock)
    passed(throttle, Operation.QUERY)
    clock.at += 30
    assert passed(throttle, Operation.QUERY) == 10
    clock.at += 86400
    assert passed(throttle, Operation.QUERY) == 20


def test_shaping_holds_back_before_it_refuses(clock: Clock) -> None:
    """Each call a little longer, until the next would wait too long."""
    throttle = Throttle("S1", shaping=3.2, clock=clock)
    waits = [throttle.take(Operation.REGISTRY) for _ in range(105)]
    assert waits[:100] == [0.0] * 100
    assert waits[100:] == pytest.approx([0.6, 1.2, 1.8, 2.4, 3.0])
    with pytest.raises(Throttled) as raised:
        throttle.take(Operation.REGISTRY)
    assert raised.value.retry_after == pytest.approx(0.4)


def test_a_clock_that_goes_back_takes_nothing_away(clock: Clock) -> None:
    """Nor does it grant anything."""
    throttle = Throttle("F1", clock=clock)
    throttle.take(Operation.QUERY)
    clock.at -= 500
    assert passed(throttle, Operation.QUERY) == 19
    clock.at += 500
    assert passed(throttle, Operation.QUERY) == 0


@given(st.lists(st.floats(min_value=0, max_value=20), max_size=200))
def test_no_rhythm_of_calls_gets_more_than_was_granted(pauses: list[float]) -> None:
    """A minute's worth, and what the time that passed brought."""
    bucket, at, through = TokenBucket(30), 0.0, 0
    waits: list[float] = []
    for pause in pauses:
        at += pause
        try:
            bucket.take(at)
        except Throttled as refused:
            waits.append(refused.retry_after or 0.0)
        else:
            through += 1
    assert all(0 < wait <= 2.0 for wait in waits)
    assert through <= 30 + at / 2.0 + 1e-6


def test_settings_that_make_no_sense_are_refused() -> None:
    """With what would."""
    with pytest.raises(Invalid, match="tier: is not one of F1, B1"):
        Throttle("S4")
    with pytest.raises(Invalid, match="units: must be 1 or more"):
        Throttle("S1", 0)
    assert TIERS["F1"].max_devices == 500
    assert [whole_seconds(each) for each in (0.0, 0.2, 3.0, 3.1)] == [1, 1, 3, 4]
