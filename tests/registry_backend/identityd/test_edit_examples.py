"""Files full of examples that are commented out: an edit leaves each of their bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry_backend.domain.principals import IdType, Principal
from registry_backend.identityd.principals import PrincipalFiles
from registry_backend.identityd.users import KnownUsers

EXAMPLES = """\
# ------------------------------------------------------------
# What the service reads at its start. Take the marks away from
# the lines that shall count.
# ------------------------------------------------------------

# hostname = "gateway"
# homedir = "/var/lib/aziot/identityd"

# [provisioning]
# source = "manual"
# iothub_hostname = "hub.azure-devices.net"
# [provisioning.authentication]
# method = "x509"
# device_id_cert = "device-id"   # no such key

#[localid]
#domain = "example.net"

# One table for each program of this machine:
#
# [[principal]]
# uid = 1000
# name = "example"
# idtype = "device"

#[[principal]]
#uid = 1001
#name = "two"
#idtype = ["module", "local"]
#localid = { type = "x509", attributes = "server" }
#   [[principal]]
"""
"""Nothing but comments, in the manner of the file that the daemon's package brings."""
ACTIVE = """\
# the one that counts
[[principal]]
uid = 1002 # by hand
# idtype = "module"
name = "three"
# [[principal]]
# uid = 1003
idtype = ["module"]
"""
NEW = Principal(uid=7, name="new", idtype=(IdType.DEVICE,))
NEW_TEXT = '[[principal]]\nuid = 7\nname = "new"\nidtype = ["device"]\n'

line_ends = pytest.mark.parametrize("line_end", ["\n", "\r\n"], ids=["lf", "crlf"])


class Examples:
    """A folder whose one file holds examples, with these line ends."""

    def __init__(self, root: Path, text: str, line_end: str) -> None:
        self.line_end = line_end
        folder = root / "config.d"
        folder.mkdir()
        self.file = folder / "examples.toml"
        self.file.write_bytes(self.bytes_of(text))
        self.port = PrincipalFiles(root / "config.toml", folder, users=KnownUsers())

    def bytes_of(self, text: str) -> bytes:
        """A text as the file has it."""
        return text.replace("\n", self.line_end).encode()

    async def only(self) -> Principal:
        """The one principal that is there."""
        (found,) = (await self.port.load()).principals
        assert found.principal is not None
        return found.principal

    async def update(self, **changes: object) -> None:
        """Change the one principal."""
        (found,) = (await self.port.load()).principals
        changed = (await self.only()).model_dump() | changes
        plan = await self.port.plan_update(found, Principal.model_validate(changed))
        await self.port.apply(plan.model_copy(update={"forced": True}))

    async def delete(self) -> None:
        """Remove the one principal."""
        (found,) = (await self.port.load()).principals
        await self.port.apply(await self.port.plan_delete(found))


@line_ends
async def test_a_principal_is_added_behind_the_examples_and_leaves_them(
    tmp_path: Path, line_end: str
) -> None:
    """None of them is taken for a table, whatever it looks like."""
    place = Examples(tmp_path, EXAMPLES, line_end)
    assert (await place.port.load()).principals == ()
    await place.port.apply(await place.port.plan_add(NEW, file="examples.toml"))
    assert place.file.read_bytes() == place.bytes_of(EXAMPLES + "\n" + NEW_TEXT)
    await place.delete()
    kept = place.file.read_bytes()
    assert kept.rstrip() == place.bytes_of(EXAMPLES).rstrip()
    assert kept.startswith(place.bytes_of(EXAMPLES))


@line_ends
async def test_a_table_among_examples_changes_alone(tmp_path: Path, line_end: str) -> None:
    """Examples before it, within it and behind it stay to the byte."""
    text = f"{EXAMPLES}\n{ACTIVE}\n{EXAMPLES}"
    place = Examples(tmp_path, text, line_end)
    assert await place.only() == Principal(uid=1002, name="three", idtype=(IdType.MODULE,))
    await place.update(uid=2002)
    assert place.file.read_bytes() == place.bytes_of(text.replace("1002", "2002"))
    await place.update(uid=1002, idtype=None)
    assert place.file.read_bytes() == place.bytes_of(text.replace('idtype = ["module"]\n', ""))


@line_ends
async def test_a_table_among_examples_goes_without_them(tmp_path: Path, line_end: str) -> None:
    """Only comments that touch the table go with it."""
    place = Examples(tmp_path, f"{EXAMPLES}\n{ACTIVE}\n{EXAMPLES}", line_end)
    await place.delete()
    kept = place.file.read_bytes()
    assert kept.startswith(place.bytes_of(EXAMPLES))
    assert kept.endswith(place.bytes_of(EXAMPLES))
    between = kept[len(place.bytes_of(EXAMPLES)) : -len(place.bytes_of(EXAMPLES))]
    assert between.strip() == b""
    assert (await place.port.load()).principals == ()


@line_ends
async def test_an_example_whose_marks_are_taken_away_is_edited_like_any_table(
    tmp_path: Path, line_end: str
) -> None:
    """With the fault that it came with, which the edit mends, and nothing else."""
    first = EXAMPLES[EXAMPLES.index("# [[principal]]") : EXAMPLES.index("\n#[[principal]]")]
    text = EXAMPLES.replace(first, first.replace("# ", ""))
    place = Examples(tmp_path, text, line_end)
    (found,) = (await place.port.load()).principals
    assert "idtype" in found.problem
    mended = Principal(uid=1000, name="example", idtype=(IdType.DEVICE,))
    plan = await place.port.plan_update(found, mended)
    await place.port.apply(plan.model_copy(update={"forced": True}))
    assert place.file.read_bytes() == place.bytes_of(
        text.replace('\nidtype = "device"', '\nidtype = ["device"]')
    )
