"""What may be typed after `idconsole principals`."""

from __future__ import annotations

import argparse


def add_principals(principals: argparse.ArgumentParser) -> None:
    """What to do with the configuration, and whose call to explain."""
    principals.add_argument("action", choices=("list", "check", "explain"), help="see below")
    principals.add_argument("--json", action="store_true", help="one JSON array")
    principals.add_argument("--uid", metavar="N|USER", help="explain: whose call it is")
    principals.add_argument("--call", metavar="OPERATION", help="explain: which call, see below")
    principals.add_argument("--method", metavar="METHOD", help="explain: of a request, with --path")
    principals.add_argument("--path", metavar="PATH", help="explain: its path and query")
    principals.add_argument("--module", metavar="ID", help="explain: the module the call is about")
    principals.add_argument(
        "--type", choices=("aziot", "local"), default="aziot", help="explain: of that module"
    )
