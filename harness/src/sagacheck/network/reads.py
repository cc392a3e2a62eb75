"""Reads for people and reports: without faults, and not in the journal.

What a saga reads is an operation with a row of its own, as what it writes.
"""

from __future__ import annotations

from typing import Any

from sagacheck.network.routes import unknown_route
from sagacheck.services import Services
from sagacheck.world import as_json


def read_collection(services: Services, path: str, order: str | None = None) -> Any:
    """The rows of the read-only collection at `path` as JSON, those of `order` where one is named.

    Raises:
        UnknownRouteError: There is no such collection; the message names the nearest.
    """
    collections = services.reads()
    name = path.strip("/")
    if name not in collections:
        raise unknown_route("GET", path, [f"GET /{name}" for name in collections])
    rows = collections[name]
    if order is not None and isinstance(rows, list):
        rows = [row for row in rows if row.order == order]
    return as_json(rows)
