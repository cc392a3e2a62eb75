"""While a journal cannot be written nothing happens, and nothing of it is seen."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from fakes import order_services
from sagacheck.http.app import create_app
from sagacheck.world import Settings
from tests.contract.order_requests import CHARGE, RESERVE
from tests.http.full_disk import FullDisk, on_full_disk

pytestmark = pytest.mark.asyncio

PLENTY = 1_000_000
BEGIN = Settings(default_stock=9)
RULE = {"on": "payments.charge", "fault": 500}


@asynccontextmanager
async def fakes(file: Path) -> AsyncIterator[tuple[httpx.AsyncClient, FullDisk]]:
    """A client of fakes with a journal, and the disk on which it stands."""
    app = create_app(order_services, BEGIN, journal=file)
    disk = on_full_disk(app.state.served, file, PLENTY)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        try:
            yield client, disk
        finally:
            app.state.served.close()


async def seen(client: httpx.AsyncClient) -> list[Any]:
    """All that clients see of a world, except the time."""
    paths = ["/reservations", "/charges", "/stock", "/__fakes__/faults"]
    paths += ["/__fakes__/books", "/__fakes__/totals", "/__fakes__/journal?after=-1"]
    return [(await client.get(path)).text for path in paths]


CHANGES: list[tuple[str, str, Any]] = [
    ("POST", RESERVE.path, {**RESERVE.body, "order_id": "o2", "idempotency_key": "k2"}),
    ("POST", CHARGE.path, {**CHARGE.body, "order_id": "o1", "idempotency_key": "k"}),
    ("POST", "/__fakes__/faults", RULE),
    ("DELETE", "/__fakes__/faults", None),
    ("POST", "/__fakes__/finished", {"orders": {"o1": []}}),
    ("POST", "/__fakes__/reset", {"default_stock": 3}),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES, ids=lambda value: str(value)[:20])
@pytest.mark.parametrize("room", [0, 1, 30])
async def test_a_change_that_cannot_be_written_has_not_happened(
    tmp_path: Path, method: str, path: str, body: Any, room: int
) -> None:
    """All is refused while the disk is full; then the world is what it was, and can be changed."""
    file = tmp_path / "fakes.ndjson"
    async with fakes(file) as (client, disk):
        await client.post(RESERVE.path, json={**RESERVE.body, "order_id": "o1"})
        await client.post("/__fakes__/faults", json={"on": "shipping.create", "fault": 503})
        before = await seen(client)
        disk.room = room

        changed = await client.request(method, path, json=body)
        assert (changed.status_code, changed.json()["error"]) == (503, "journal_not_written")
        disk.room = 0
        while_full = [(await client.get(each)).status_code for each in ("/charges", "/emails")]
        begins_anew = path.endswith("reset")  # a world that was not begun leaves the old one whole
        assert set(while_full) == ({200} if begins_anew else {503})

        disk.room = PLENTY
        assert await seen(client) == before
        again = await client.request(method, path, json=body)
        assert again.status_code in (200, 201)
        after = await seen(client)
        if path == CHARGE.path:
            assert len((await client.get(CHARGE.path)).json()) == 1

    async with fakes(file) as (client, _):
        assert await seen(client) == after, "what was acknowledged is on disk"


async def test_what_is_acknowledged_after_a_failed_reset_is_written(tmp_path: Path) -> None:
    """The journal goes on with the old world."""
    file = tmp_path / "fakes.ndjson"
    async with fakes(file) as (client, disk):
        disk.room = 0
        assert (await client.post("/__fakes__/reset")).status_code == 503
        disk.room = PLENTY
        assert (await client.post(CHARGE.path, json=CHARGE.body)).status_code == 201
    async with fakes(file) as (client, _):
        assert len((await client.get(CHARGE.path)).json()) == 1


async def test_an_answer_that_was_under_way_is_not_given(tmp_path: Path) -> None:
    """It tells of a change that is written nowhere."""
    file = tmp_path / "fakes.ndjson"
    async with fakes(file) as (client, disk):
        served = client._transport.app.state.served  # type: ignore[attr-defined]
        old = served.store
        disk.room = 0
        assert (await client.post(CHARGE.path, json=CHARGE.body)).status_code == 503
        disk.room = PLENTY
        assert (await client.get("/charges")).json() == []
        assert served.store is not old
        with pytest.raises(Exception, match="made anew"):
            old.commit()
