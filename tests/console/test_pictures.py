"""The pictures of the README and of reviews: drawn again by the same keys, compared to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from screenshots.tour import PICTURES, SCENES, Scene, draw, stage


@pytest.fixture(scope="module")
def drawn() -> Iterator[Path]:
    """A stage to draw on: the sample registry as working directory."""
    with stage() as folder:
        yield folder


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_the_picture_shows_the_program_as_it_is(scene: Scene, tmp_path: Path) -> None:
    """When a screen changed on purpose, `make screens` draws the pictures again."""
    kept = PICTURES / f"{scene.name}.svg"
    found = await draw(scene)
    fresh = tmp_path / kept.name
    fresh.write_text(found, encoding="utf-8")
    assert kept.exists(), f"There is no picture {kept.name}; `make screens` draws it."
    same = found == kept.read_text(encoding="utf-8")
    assert same, f"{kept.name} differs; the new picture is {fresh}"


def test_every_picture_has_a_scene() -> None:
    """A picture that nobody draws any more would show a program that is gone."""
    assert {path.stem for path in PICTURES.glob("*.svg")} == {scene.name for scene in SCENES}
