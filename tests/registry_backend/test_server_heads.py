"""Heads of requests as they come from hand-written callers."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry_backend.server_heads import LIMIT, FirstHead

BARE = b"GET /a HTTP/1.1\r\nAccept: x\r\n\r\n"
GIVEN = b"GET /a HTTP/1.1\r\nhOsT : b\r\n\r\n"


def passed(*pieces: bytes) -> bytes:
    """What comes through of a connection's bytes."""
    head = FirstHead("a")
    return b"".join(ready for piece in pieces for ready in head.feed(piece))


def test_a_head_without_a_host_gets_one() -> None:
    """Right after the first line; what follows the head stays as it is."""
    assert passed(BARE + b"host: body\r\n") == (
        b"GET /a HTTP/1.1\r\nHost: a\r\nAccept: x\r\n\r\nhost: body\r\n"
    )


@pytest.mark.parametrize(
    ("data", "mended"),
    [
        (b"GET /a HTTP/1.0\n\n", b"GET /a HTTP/1.0\r\n\r\n"),
        (b"GET /a HTTP/1.1\nHost: b\n\n\n", GIVEN.replace(b"hOsT :", b"Host:") + b"\n"),
        (b"GET /a HTTP/1.1\nAccept: x\r\n\n", BARE.replace(b"Acc", b"Host: a\r\nAcc")),
        ("GET /é HTTP/1.0\r\nX: é\r\n\r\né".encode(), None),
        (b"GET /\xff HTTP/1.0\r\n\r\n", b"GET /%FF HTTP/1.0\r\n\r\n"),
        (b"FOO /a HTTP/1.0\r\n\r\n", b"PATCH /a HTTP/1.0\r\n\r\n"),
        (b"get /a HTTP/1.0\r\n\r\n", b"PATCH /a HTTP/1.0\r\n\r\n"),
        (b"M-SEARCH /a HTTP/1.0\r\n\r\n", b"PATCH /a HTTP/1.0\r\n\r\n"),
    ],
)
def test_a_head_written_by_hand_is_mended(data: bytes, mended: bytes | None) -> None:
    """Newlines alone end lines, and names may be spelled as they are; bodies stay."""
    assert passed(data) == (mended or "GET /%C3%A9 HTTP/1.0\r\nX: é\r\n\r\né".encode())


@pytest.mark.parametrize(
    "data",
    [
        GIVEN,
        b"GET /a HTTP/1.0\r\n\r\n",
        b"garbage\r\n\r\n",
        b"\x16\x03\x01",
        b"GET /a\r\n\r\n",
        b"\r\n",
        b"{}",
        b"GET /" + b"a" * LIMIT,
        b"A" * 17,
    ],
)
def test_everything_else_passes_as_it_is(data: bytes) -> None:
    """Whether it is a request is for others to say, and at once."""
    assert passed(data) == data


def test_the_head_is_a_piece_of_its_own() -> None:
    """So that it is read, and answered, before what follows it."""
    assert [*FirstHead("a").feed(GIVEN + BARE)] == [GIVEN, BARE]


def test_only_the_first_head_is_looked_at() -> None:
    """What follows on a connection may be a body as well as a head."""
    assert passed(GIVEN, BARE) == GIVEN + BARE


@given(st.sampled_from([BARE, GIVEN]), st.sets(st.integers(1, len(GIVEN) - 1), max_size=5))
def test_pieces_make_no_difference(data: bytes, cuts: set[int]) -> None:
    """However the bytes arrive, the same come through."""
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[begin:end] for begin, end in pairwise(places)]
    assert passed(*pieces) == passed(data)
