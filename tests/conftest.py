"""How every test runs: the same examples in each run of CI, little time spent on old garbage."""

from __future__ import annotations

import gc
import os

from hypothesis import settings

# Textual's pilot sleeps after each key for a little longer than a frame lasts, most of it idly:
# with shorter frames and sleeps a test waits for the same things and ends sooner. The environment
# tells how many frames there are in a second, before anything imports Textual.
os.environ.setdefault("TEXTUAL_FPS", "150")

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# The interpreter looks for garbage after every 700 allocations, which costs a fifth of a test that
# draws screens. Files and sockets left open are still found, by these collections and at the end.
gc.set_threshold(50_000, 20, 20)


def pytest_collection_finish() -> None:
    """What the imports made stays until the end; no collection need look at it again."""
    gc.collect()
    gc.freeze()
