"""Users of this machine are found by number, however many are asked for."""

from __future__ import annotations

import pwd
from pathlib import Path

import pytest

from registry_backend.identityd import users
from registry_backend.identityd.users import SystemUsers


def test_the_thousandth_question_is_answered_like_the_first() -> None:
    """All users are read at once by then, where that leaves none out."""
    asked = SystemUsers()
    numbers = [*range(3_000_000_000, 3_000_000_200), *(entry.pw_uid for entry in pwd.getpwall())]
    for number in numbers:
        try:
            name = pwd.getpwuid(number).pw_name
        except KeyError:
            name = None
        found = asked.by_uid(number)
        assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("passwd: files systemd # local\ngroup: sss\n", True),
        ("passwd:\tfiles sss\n", False),
        ("passwd: files [NOTFOUND=return] ldap\n", False),
        ("group: files\n", False),
        (None, False),
    ],
)
def test_only_where_a_list_is_complete_users_are_listed(
    tmp_path: Path, text: str | None, complete: bool
) -> None:
    """A directory may know users that it does not list; there each one is asked for."""
    path = tmp_path / "nsswitch.conf"
    if text is not None:
        path.write_text(text)
    assert users.can_be_listed(path) is complete
