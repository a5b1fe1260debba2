"""Files that cannot be what an import reads are refused before a job begins."""

from __future__ import annotations

import gzip
import io
import zipfile
from random import Random

import pytest

from registry_backend.domain.errors import Invalid
from registry_backend.domain.jobs import JobFormat
from registry_backend.jobs.sniffing import HEAD_BYTES, seems_from
from tests.registry_backend.jobs.support import TESTER, Jobs, hub_line

TEXT = f"{hub_line('a')}\n"


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("devices.txt", TEXT)
    return buffer.getvalue()


NO_TEXTS = {
    "gzip": (gzip.compress(TEXT.encode()), "compressed with gzip", "Unpack it"),
    "zip": (_zipped(), "a ZIP archive", "Unpack it"),
    "utf-16": (TEXT.encode("utf-16"), "text in UTF-16", "Save it as UTF-8"),
    "utf-16-be": (TEXT.encode("utf-16-be"), "text in UTF-16", "Save it as UTF-8"),
    "utf-16-le": (TEXT.encode("utf-16-le"), "text in UTF-16", "Save it as UTF-8"),
    "utf-32": (TEXT.encode("utf-32"), "text in UTF-32", "Save it as UTF-8"),
    "random": (Random(1).randbytes(3_000_000), "no text at all", "the right file"),
    "zeros": (bytes(5000), "no text at all", "the right file"),
    "high bytes": (bytes(range(128, 256)) * 9, "no text at all", "the right file"),
}


@pytest.mark.parametrize("name", NO_TEXTS)
@pytest.mark.parametrize("job_format", ["devices.txt", "ndjson"])
async def test_a_file_that_is_no_text_is_refused(
    jobs: Jobs, name: str, job_format: JobFormat
) -> None:
    """At the file's field, with what it seems to be and what to do; there is no job."""
    content, what, advice = NO_TEXTS[name]
    path = jobs.folder / "devices.txt"
    path.write_bytes(content)

    with pytest.raises(Invalid) as refused:
        await jobs.runner.create(jobs.spec(format=job_format), actor=TESTER)

    (problem,) = refused.value.problems
    assert problem.field == "blob_name"
    assert str(refused.value) == problem.problem
    assert problem.problem.startswith(f"{path} cannot be imported: it seems to be {what}.")
    assert advice in problem.problem
    assert await jobs.runner.list(None) == []


async def test_one_of_honos_files_that_is_no_text_is_named(jobs: Jobs) -> None:
    """They are known by their folder."""
    (jobs.folder / "tenants.json").write_text("[]")
    (jobs.folder / "credentials.json").write_bytes(gzip.compress(b"[]"))

    with pytest.raises(Invalid, match=r"credentials\.json .* compressed with gzip") as refused:
        await jobs.runner.create(jobs.spec(format="hono-1.1", tenant_id="*"), actor=TESTER)

    assert [problem.field for problem in refused.value.problems] == ["folder"]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xef\xbb\xbf{}",
        '{"id":"ä€😀"}'.encode() * 9000,
        '{"id":"d","statusReason":"größer, kälter, früher"}'.encode("latin-1"),
    ],
)
def test_what_may_be_text_is_let_through(text: bytes) -> None:
    """Odd lines of it become errors of those lines; a character cut in two is no sign."""
    assert seems_from(text[:HEAD_BYTES]) is None
