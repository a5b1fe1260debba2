"""What is explained, held against the table of identityd 3 as its own words have it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from registry_backend.domain.identities import IdentityKind
from registry_backend.domain.permissions import Operation
from registry_backend.identityd.explain import explain_all
from registry_backend.identityd.values import value_text
from registry_backend.identityd.whole import read_whole

MATRIX = """\
operation|root|daemon|device|module|local|module+local|device+module|none|unknown
get-identity|yes|yes|yes|yes|yes|yes|yes|401|401
get-provisioning|yes|yes|yes|yes|yes|yes|yes|yes|yes
get-device|yes|yes|yes|401|401|401|yes|401|401
reprovision|yes|yes|401|401|401|401|401|401|401
list-modules|yes|yes|401|401|401|401|401|401|401
create-module|yes|yes|401|401|401|401|401|401|401
get-module|yes|yes|401|yes|yes|yes|yes|401|401
another-module|yes|yes|401|401|401|401|401|401|401
update-module|yes|yes|401|401|401|401|401|401|401
delete-module|yes|yes|401|401|401|401|401|401|401
get-trust-bundle|yes|yes|yes|yes|yes|yes|yes|yes|yes
"""
HEAD = """\
hostname = "gate"
homedir = "/var/lib/aziot/identityd"
localid = { domain = "example.net" }
provisioning.source = "manual"
provisioning.iothub_hostname = "hub.azure-devices.net"
provisioning.device_id = "gate-1"
provisioning.authentication = { method = "sas", device_id_pk = "device-id" }
"""
UIDS = (0, 1000, 1001, 1002)
COLUMNS: dict[str, list[str] | None] = {
    "daemon": None,
    "device": ["device"],
    "module": ["module"],
    "local": ["local"],
    "module+local": ["local", "module"],
    "device+module": ["device", "module"],
    "none": [],
}

Row = tuple[int, str]
"""A uid, and the column that its types belong to."""


def cells() -> dict[tuple[str, str], bool]:
    """Whether an operation (or `another-module`) is allowed in a column."""
    head, *rows = [[cell.strip() for cell in line.split("|")] for line in MATRIX.splitlines()]
    return {
        (row[0], column): cell == "yes"
        for row in rows
        for column, cell in zip(head, row, strict=True)
    }


def column_of(uid: int, rows: Sequence[Row]) -> tuple[str, int | None]:
    """The column of a uid, and which row puts it there: the last that is not a second untyped."""
    untyped = [number for number, (_, column) in enumerate(rows) if column == "daemon"]
    for number in reversed(range(len(rows))):
        if rows[number][0] == uid and number not in untyped[1:]:
            return rows[number][1], number
    return ("root" if uid == 0 else "unknown"), None


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(UIDS), st.sampled_from(sorted(COLUMNS))), max_size=6),
    st.integers(0, 6),
    st.sampled_from(["aziot", "local"]),
)
def test_who_is_refused_is_who_the_table_refuses(
    rows: list[Row], cut: int, kind: IdentityKind
) -> None:
    """For any principals, spread over any two files, every uid, every call."""
    with TemporaryDirectory() as folder:
        main, below = Path(folder, "config.toml"), Path(folder, "config.d")
        below.mkdir()
        main.write_text(HEAD + written(rows[:cut], 0))
        (below / "10.toml").write_text(written(rows[cut:], cut))
        whole = read_whole(main, below)
        allowed = cells()
        for uid in (*UIDS, 65534):
            column, number = column_of(uid, rows)
            own = f"name-{number}"
            for module_id, row in ((own, "get-module"), ("name-99", "another-module")):
                answers = explain_all(whole, uid, module_id=module_id, kind=kind)
                assert len(answers) == len(Operation)
                for answer in answers:
                    assert answer.operation is not None
                    asked = answer.operation.value
                    cell = row if asked == "get-module" else asked
                    assert (answer.status != 401) == allowed[cell, column], (uid, cell, column)


def written(rows: Sequence[Row], first: int) -> str:
    """Tables, each with a name of its own."""
    text = ""
    for number, (uid, column) in enumerate(rows, start=first):
        types = COLUMNS[column]
        idtype = "" if types is None else f"idtype = {value_text(types)}\n"
        text += f'[[principal]]\nuid = {uid}\nname = "name-{number}"\n{idtype}'
    return text
