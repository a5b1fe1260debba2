"""What is said of containers that a program does not take."""

from __future__ import annotations

import pytest

from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import JobSpec, JobType
from registry_backend.jobs.places import (
    ANYWHERE,
    OF_A_LOCAL_SERVER,
    OF_A_SERVER,
    ContainerKind,
    places_of,
)


@pytest.mark.parametrize(
    ("folder", "allowed", "why", "instead"),
    [
        ("file:///srv/x", OF_A_SERVER, "open to other machines", "It takes blob containers"),
        ("/srv/x", OF_A_LOCAL_SERVER, "a path means nothing", "file: addresses, such as file:///"),
        (
            "https://a.example/c?sig=secret",
            ANYWHERE - {"blob"},
            "no folder beside",
            "by their path",
        ),
    ],
)
def test_a_container_that_is_not_taken_is_told_why_and_what_is_taken(
    folder: str, allowed: frozenset[ContainerKind], why: str, instead: str
) -> None:
    """At its field, without its secret."""
    spec = JobSpec(type=JobType.IMPORT, tenant_id="T", folder=folder)
    with pytest.raises(Invalid) as refused:
        places_of(spec, allowed)
    assert [problem.field for problem in refused.value.problems] == ["folder"]
    assert why in str(refused.value)
    assert instead in str(refused.value)
    assert "secret" not in str(refused.value)
