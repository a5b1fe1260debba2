"""What is said of containers that a program does not take."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import JobSpec, JobType
from registry_backend.jobs.containers import Folder
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


@pytest.mark.parametrize(
    "folder", ["file:fleet", " file:../fleet", "file:~/fleet", "file:", "file://"]
)
def test_a_file_address_names_a_whole_path(folder: str) -> None:
    """A relative one would mean a folder of the server's own, and its error would tell which."""
    spec = JobSpec(type=JobType.IMPORT, tenant_id="T", folder=folder)
    with pytest.raises(Invalid, match=r"whole path.*file:///FOLDER") as refused:
        places_of(spec, OF_A_LOCAL_SERVER)
    assert str(Path.cwd()) not in str(refused.value)


@pytest.mark.parametrize(
    "folder", ["file:///srv/fleet", "FILE:/srv/fleet", "file://localhost/srv/fleet"]
)
def test_each_way_to_write_a_whole_path_is_read(folder: str) -> None:
    """With two slashes, three or one."""
    spec = JobSpec(type=JobType.EXPORT, tenant_id="T", folder=folder)
    assert places_of(spec, OF_A_LOCAL_SERVER).target == Folder(Path("/srv/fleet"))
