"""Ids that imports need by the million."""

from __future__ import annotations

import os
from threading import Thread
from uuid import RFC_4122, UUID

from registry_backend.domain.identifiers import generate_id


def test_ids_are_random_uuids_and_all_differ() -> None:
    """Version 4 in the usual spelling, whichever thread asks."""
    found: list[str] = []
    threads = [
        Thread(target=lambda: found.extend(generate_id() for _ in range(2000))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 8000
    for text in found:
        parsed = UUID(text)
        assert str(parsed) == text
        assert (parsed.version, parsed.variant) == (4, RFC_4122)


def test_a_forked_process_draws_its_own() -> None:
    """Numbers drawn before a fork are not given out on both sides of it."""
    generate_id()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, generate_id().encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    theirs = {os.read(reading, 36).decode()}
    os.close(reading)

    assert theirs.isdisjoint(generate_id() for _ in range(300))
