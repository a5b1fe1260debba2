"""`idconsole hash-password`: a password as the bcrypt hash that files of users and devices take."""

from __future__ import annotations

import argparse
import getpass
import sys

from console.commands.boundary import GOOD, UsageFault
from console.commands.output import write
from registry_backend.domain.secrets import DEFAULT_BCRYPT_COST, check_password, hash_password


def run(options: argparse.Namespace) -> int:
    """Print the hash of what is typed unseen, or of the first line of stdin. Raises UsageFault."""
    password = _asked() if sys.stdin.isatty() else _read()
    problem = check_password(password)
    if problem:
        raise UsageFault(f"The password {problem}.")
    write(hash_password(password, cost=options.cost or DEFAULT_BCRYPT_COST) + "\n")
    return GOOD


def _asked() -> str:
    """Typed twice, so that a slip is noticed before the hash is used; asked on the terminal."""
    try:
        password = getpass.getpass("Password: ")
        again = getpass.getpass("Again: ")
    except EOFError:
        raise UsageFault("No password was typed; nothing was hashed.") from None
    if password != again:
        raise UsageFault("The two differ; nothing was hashed.")
    return password


def _read() -> str:
    try:
        return sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise UsageFault("The password on stdin is no UTF-8 text.") from None
