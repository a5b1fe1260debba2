"""A path in the form of an import: a file by itself, or a folder and which of its files."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input, Static

from console.adapters.base import RegistryAdapter
from console.dialogs.dry_run import DryRunScreen
from console.dialogs.form import FormScreen
from console.forms.fields import Values
from console.forms.jobs import TOLD, job_spec
from console.panes.job_file import with_file
from registry_backend.domain.jobs import JobSpec, JobType
from tests.console.conftest import RunConsole, make_adapter
from tests.console.waiting import wait_for
from tests.console.yard import YARD, build_yard, dialog

HUB_LINE = '{"id":"new-1","status":"enabled"}\n'
TABLE = "id,status\nnew-1,enabled\n"


@pytest.fixture
async def adapter(tmp_path: Path) -> RegistryAdapter:
    """The yard, whose jobs are real."""
    await build_yard(tmp_path)
    return make_adapter(tmp_path)


def spec_of(path: Path, **entered: str) -> JobSpec:
    """The job that the form would ask for."""
    values: Values = {"folder": str(path), "format": TOLD, **entered}
    return job_spec(JobType.IMPORT, YARD, with_file(values))


@pytest.mark.parametrize(
    ("name", "content", "job_format"),
    [
        ("fleet.csv", TABLE, "csv"),
        ("fleet.txt", TABLE, "csv"),
        ("fleet.txt", HUB_LINE, "devices.txt"),
        ("fleet.ndjson", HUB_LINE, "ndjson"),
        ("tenants.json", "[]", "hono-1.1"),
    ],
)
def test_a_file_is_named_by_its_path_and_tells_its_format(
    tmp_path: Path, name: str, content: str, job_format: str
) -> None:
    """Alone, or as a folder and its name; in a folder with nothing else it is found."""
    (tmp_path / name).write_text(content)
    asked = [spec_of(tmp_path / name), spec_of(tmp_path, blob_name=name)]
    if not name.endswith(".txt"):
        asked.append(spec_of(tmp_path))
    for spec in asked:
        assert (spec.folder, spec.format) == (str(tmp_path), job_format)
        if job_format != "hono-1.1":
            assert spec.blob_name == name


def test_a_format_that_was_chosen_stays(tmp_path: Path) -> None:
    """The registry says what the file looks like instead."""
    (tmp_path / "fleet.csv").write_text(TABLE)
    spec = spec_of(tmp_path / "fleet.csv", format="devices.txt")
    assert (spec.blob_name, spec.format) == ("fleet.csv", "devices.txt")


@pytest.mark.parametrize("entered", ["/nowhere/at/all", "https://a.example/c", "~nobody-x/f"])
def test_what_is_no_file_here_stays_as_it_was_entered(entered: str) -> None:
    """The registry refuses it, or reads a container."""
    spec = job_spec(JobType.IMPORT, YARD, with_file({"folder": entered, "format": TOLD}))
    assert (spec.folder, spec.blob_name, spec.format) == (entered, "devices.txt", "devices.txt")


async def test_a_table_is_tried_by_typing_its_path_alone(
    run_console: RunConsole, adapter: RegistryAdapter, tmp_path: Path
) -> None:
    """No other field needs a touch."""
    (tmp_path / "fleet.csv").write_text(TABLE)
    async with run_console(adapter, pane="jobs") as pilot:
        await pilot.press("i")
        form = await dialog(pilot, FormScreen)
        form.query_one("#field-folder", Input).value = str(tmp_path / "fleet.csv")
        await pilot.press("ctrl+t")
        screen = await dialog(pilot, DryRunScreen)
        effects = screen.query_one("#effects", Static)
        await wait_for(pilot, lambda: "1 create" in str(effects.render()), "one to create")
