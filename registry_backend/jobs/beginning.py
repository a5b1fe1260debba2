"""Whether a job could begin, as far as that can be told without its registry."""

from __future__ import annotations

from registry_backend.domain.jobs import JobSpec
from registry_backend.jobs.accepting import check_spec
from registry_backend.jobs.places import places_of, probe, settled


async def check_files(spec: JobSpec) -> None:
    """Look at what a job would read, and at where it would write.

    Raises:
        Invalid: as `JobRunner.create`.
    """
    check_spec(spec)
    places = places_of(spec)
    await probe(settled(spec, places), places)
