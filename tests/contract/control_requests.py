"""What programs ask of the control routes."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.contract.faces import OverHttp


async def finish(face: OverHttp, **keys: list[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """Say that orders have ended: the records that come back, and the orders to wait for."""
    response = await face.post("/__fakes__/finished", {"orders": keys})
    assert response.headers["content-type"] == "application/x-ndjson"
    *records, last = lines(response)
    return records, last["waiting"]


def lines(response: httpx.Response) -> list[dict[str, Any]]:
    """The lines of a stream."""
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]
