"""What may be typed after `idconsole list`, `get` and `count`."""

from __future__ import annotations

import argparse

from console.cli_values import positive


def add_listing(listing: argparse.ArgumentParser) -> None:
    """What to list, and how much of it."""
    kinds = ("tenants", "devices", "credentials", "jobs", "principals")
    listing.add_argument("kind", choices=kinds, help="of what")
    listing.add_argument("--filter", metavar="TEXT", default="", help="conditions, see below")
    amount = listing.add_mutually_exclusive_group()
    amount.add_argument("--limit", metavar="N", type=positive, default=100, help="default 100")
    amount.add_argument("--all", action="store_true", help="every row, however many")
    listing.add_argument("--json", action="store_true", help="one JSON array")


def add_getting(getting: argparse.ArgumentParser) -> None:
    """Which one to show."""
    getting.add_argument("kind", choices=("tenant", "device", "credentials", "job"), help="of what")
    getting.add_argument("id", metavar="ID", help="its id; of credentials, the device's")
    getting.add_argument("--json", action="store_true", help="compact JSON on one line")
    getting.add_argument("--reveal", action="store_true", help="show secrets in clear")


def add_counting(counting: argparse.ArgumentParser) -> None:
    """What to count."""
    counting.add_argument("kind", choices=("tenants", "devices", "credentials"), help="of what")
    counting.add_argument("--filter", metavar="TEXT", default="", help="conditions, see below")
