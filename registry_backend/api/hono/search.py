"""What the lists of tenants and devices share (hono 3.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from registry_backend.api.answers import Answer
from registry_backend.api.hono.bodies import json_answer
from registry_backend.api.hono.service import Call
from registry_backend.domain.errors import NotFound
from registry_backend.domain.query import Found
from registry_backend.wire.hono_search import HonoSearch

RowT = TypeVar("RowT")


def skipped(call: Call, asked: HonoSearch) -> int:
    """How many rows stand before the page: an offset in pages, or in records where so set."""
    records = call.service.options.offset_in_records
    return asked.page_offset if records else asked.page_offset * asked.page_size


def search_answer(
    found: Found[RowT], row: Callable[[RowT], dict[str, object]], *, what: str
) -> Answer:
    """The page and how many fit in all. Raises NotFound when nothing fits (hono 3.7)."""
    if not found.total:
        raise NotFound(f"No {what} fits the search.")
    return json_answer(200, {"total": found.total, "result": [row(each) for each in found.rows]})
