from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from sagacheck.world import Entry
from tests.contract.order_requests import CHARGE, RESERVE, SEND, SHIP, Step

pytestmark = pytest.mark.asyncio

STEPS = (RESERVE, CHARGE, SHIP, SEND)
KILLS = 3
CLIENTS = 8


@dataclass
class ClientLog:
    """What clients have seen.

    Attributes:
        answers: The body of the answer, by operation and key.
        in_doubt: Requests without an answer, with their key.
        enough: After so many answers the process is killed.
    """

    answers: dict[tuple[str, str], Any] = field(default_factory=dict)
    in_doubt: list[tuple[Step, str]] = field(default_factory=list)
    enough: int = 0


@asynccontextmanager
async def fakes(journal: Path) -> AsyncIterator[tuple[subprocess.Popen[str], httpx.AsyncClient]]:
    """``python -m fakes --journal`` and a client of it; at the end it is killed."""
    command = [sys.executable, "-m", "fakes", "--port=0", "--default-stock=100000"]
    command.append(f"--journal={journal}")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220 - at once
        try:
            assert process.stdout is not None
            url = (await asyncio.to_thread(process.stdout.readline)).split()[-1]
            async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
                yield process, client
        finally:
            process.kill()


async def ask(client: httpx.AsyncClient, step: Step, order: str) -> Any:
    """Ask for a step of an order by its key; what is answered."""
    body = {**step.body, "order_id": order, "idempotency_key": order}
    response = await client.post(step.path, json=body)
    assert response.status_code == step.success, response.text
    return response.json()


async def load(
    client: httpx.AsyncClient, log: ClientLog, orders: list[str], kill: Callable[[], None]
) -> None:
    """Take the steps of order after order, until there was enough and the fakes are gone."""
    while orders:
        order = orders.pop()
        for step in STEPS:
            try:
                log.answers[step.create, order] = await ask(client, step, order)
            except httpx.TransportError:
                log.in_doubt.append((step, order))
                return
            if len(log.answers) == log.enough:
                kill()


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    """Killed under load again and again: each key keeps its answer, each effect is there once."""
    chance, log, journal = random.Random(5), ClientLog(), tmp_path / "fakes.ndjson"
    for round_ in range(KILLS):
        orders = [f"o{round_}-{number}" for number in range(1000)]
        log.enough += chance.randint(40, 120)
        async with fakes(journal) as (process, client):
            clients = (load(client, log, orders, process.kill) for _ in range(CLIENTS))
            await asyncio.gather(*clients)
        log.enough = len(log.answers)
    assert len(log.in_doubt) == KILLS * CLIENTS, "the kills came in the middle of requests"

    async with fakes(journal) as (_, client):
        for step, order in log.in_doubt:
            log.answers[step.create, order] = await ask(client, step, order)
        by_name = {step.create: step for step in STEPS}
        again = {
            (name, order): await ask(client, by_name[name], order) for name, order in log.answers
        }
        stream = await client.get("/__fakes__/books?after=-1")

    entries = [msgspec.json.decode(line, type=Entry) for line in stream.content.splitlines()]
    created = Counter((entry.operation, entry.key) for entry in entries if entry.order)
    assert log.answers == again
    assert created == Counter(dict.fromkeys(log.answers, 1))
    assert [entry.number for entry in entries] == list(range(len(entries)))


async def test_finished_orders_survive_the_process(tmp_path: Path) -> None:
    """An order that was finished before the kill is found afterwards by key, and is handed over."""
    journal = tmp_path / "fakes.ndjson"
    finished = {"orders": {"o1": ["o1"]}}
    async with fakes(journal) as (_, client):
        answers = [await ask(client, step, "o1") for step in STEPS]
        before = await client.post("/__fakes__/finished", json=finished)
    async with fakes(journal) as (_, client):
        totals = (await client.get("/__fakes__/totals")).json()
        after = await client.post("/__fakes__/finished", json=finished)
        again = [await ask(client, step, "o1") for step in STEPS]

    assert totals["orders"] == {"open": 0, "finished": 1}
    assert before.text == after.text
    assert answers == again


async def test_a_caller_who_waited_at_the_kill_is_in_the_journal(tmp_path: Path) -> None:
    """An attempt that was under way is over, and its outcome is unknown."""
    journal = tmp_path / "fakes.ndjson"
    fault = {"on": "payments.charge", "fault": {"delay_response": "1h"}}
    async with fakes(journal) as (process, client):
        await client.post("/__fakes__/faults", json=fault)
        waiting = asyncio.create_task(ask(client, CHARGE, "o1"))
        shown: list[Any] = []
        while not shown:
            shown = (await client.get("/charges")).json()
        process.kill()
        with suppress(httpx.TransportError):
            await waiting
    async with fakes(journal) as (_, client):
        (attempt,) = (await client.get("/__fakes__/journal")).json()["attempts"]
        assert (await client.delete("/__fakes__/faults")).status_code == 200
        await ask(client, CHARGE, "o1")
        charges = (await client.get("/charges")).json()

    assert (attempt["outcome"], attempt["error"]) == ("unknown", "fakes_restarted")
    assert shown == charges


async def test_a_damaged_journal_is_refused_by_the_command(tmp_path: Path) -> None:
    """Exit code 2, and the place."""
    journal = tmp_path / "fakes.ndjson"
    await asyncio.to_thread(journal.write_text, "dear diary\n")
    command = [sys.executable, "-m", "fakes", "--port=0", f"--journal={journal}"]

    done = await asyncio.to_thread(
        subprocess.run, command, check=False, capture_output=True, text=True
    )

    assert done.returncode == 2
    assert f"{journal}:1: this is not a step of a world" in done.stderr.replace("\n", "")
