"""Measures ``python -m fakes`` and the checks of finished orders: ``nox -s bench``.

Requests a second and core are requests by the CPU-seconds of the process that serves them, so that
the load generator and whatever else this computer does at the time count for nothing. Memory of the
checks is what Python has; SQLite's own cache (2 MiB at most) comes on top.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import click
import psutil
from rich.console import Console
from rich.table import Table

from fakes import ORDER_OPERATIONS, order_network
from sagacheck.checks import (
    Ending,
    Evidence,
    FinishedOrder,
    OrderOutcome,
    OrderStatus,
    OrderTerms,
    StreamingChecks,
    check_all,
)
from sagacheck.network import call_of
from sagacheck.world import Journal, Ledger, OrderRecord, Settings

CONNECTIONS = 8
BATCH = 100
"""Orders that are said to be finished at once."""
PLENTY = 100_000_000
"""Pieces of stock."""

_ADDRESS = {"street": "1 Main Street", "city": "Springfield", "zip": "62701", "country": "US"}
COMPLETED_MEANS = tuple(operation.name for operation in ORDER_OPERATIONS.creates)
_TERMS = OrderTerms(price=1999, lines={"WIDGET": 1})
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)

Ask = tuple[str, str, dict[str, Any]]
"""Method, path and body of a request."""


def is_undone(number: int) -> bool:
    """Whether the order with this number is one of those that are undone: every fourth."""
    return number % 4 == 0


def requests_of(number: int) -> Iterator[Ask]:
    """The requests of one order: four creates, or three and their undos."""
    order, key = f"o{number}", f"order-o{number}"
    who = {"order_id": order, "idempotency_key": key}
    payment = {"customer_id": "c1", "payment_method_id": "pm_1", "currency": "USD"}
    yield "POST", "/reservations", {**who, "items": [{"sku": "WIDGET", "qty": 1}]}
    yield "POST", "/charges", {**who, **payment, "amount": "19.99"}
    yield "POST", "/shipments", {**who, "address": _ADDRESS}
    if not is_undone(number):
        yield "POST", "/emails", {**who, "customer_id": "c1", "tracking_number": "T-1"}
        return
    refund = {"charge_idempotency_key": key, "reason": "r", "idempotency_key": key}
    yield "POST", "/shipments/cancel", {"idempotency_key": key}
    yield "POST", "/refunds", refund
    yield "DELETE", "/reservations", {"idempotency_key": key}


# -- over HTTP --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Served:
    """A process that serves fakes."""

    process: psutil.Process
    port: int

    @property
    def cpu_seconds(self) -> float:
        """CPU-seconds that it has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    @property
    def mebibytes(self) -> float:
        """Memory that it has."""
        return float(self.process.memory_info().rss) / 2**20


@contextmanager
def served(*options: str) -> Iterator[Served]:
    """``python -m fakes`` while open."""
    command = [sys.executable, "-m", "fakes", "--port=0", f"--default-stock={PLENTY}", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            yield Served(psutil.Process(process.pid), port)
        finally:
            process.kill()


async def place(fakes: Served, numbers: range, *, finish: bool = False) -> int:
    """Place orders with these numbers over keep-alive connections; how many requests that took."""
    waiting = iter(numbers)
    sent = 0
    ended: list[str] = []

    async def work() -> None:
        nonlocal sent, ended
        reader, writer = await asyncio.open_connection("127.0.0.1", fakes.port)
        for number in waiting:
            for ask in requests_of(number):
                writer.write(_on_the_wire(*ask))
                await _success(reader)
                sent += 1
            ended.append(f"o{number}")
            if finish and len(ended) >= BATCH:
                batch, ended = ended, []
                await _finish(fakes, batch)
        writer.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return sent


def _on_the_wire(method: str, path: str, body: dict[str, Any], version: str = "1.1") -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/{version}\r\nHost: fakes\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def _success(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(f"the fakes answer {head!r}")
    length = _LENGTH.search(head)
    await reader.readexactly(int(length[1]) if length else 0)


async def _finish(fakes: Served, orders: list[str]) -> None:
    """Say that orders have ended, and read all that is sent about them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", fakes.port)
    body = {"orders": {order: [f"order-{order}"] for order in orders}}
    writer.write(_on_the_wire("POST", "/__fakes__/finished", body, version="1.0"))
    answer = await reader.read()
    writer.close()
    if b'{"waiting":[]}' not in answer[-40:]:
        raise RuntimeError(f"the fakes answer {answer[-200:]!r}")


def throughput(orders: int, *options: str) -> list[str]:
    """Requests by CPU-second of the fakes, and by second."""
    with served(*options) as fakes:
        asyncio.run(place(fakes, range(-200, 0)))
        cpu, started = fakes.cpu_seconds, time.perf_counter()
        requests = asyncio.run(place(fakes, range(orders)))
        seconds, cpu = time.perf_counter() - started, fakes.cpu_seconds - cpu
        return [f"{requests / cpu:.0f}", f"{requests / seconds:.0f}"]


def growth(counts: tuple[int, ...], *options: str) -> Iterator[tuple[int, float]]:
    """The memory of the fakes after so many finished orders."""
    done = 0
    with served(*options) as fakes:
        for count in counts:
            asyncio.run(place(fakes, range(done, count), finish=True))
            done = count
            yield count, fakes.mebibytes


def restart(orders: int) -> tuple[float, float]:
    """CPU-seconds that a start takes after so many finished orders, and the file's size in MiB."""
    with tempfile.NamedTemporaryFile() as journal:
        with served(f"--journal={journal.name}") as fakes:
            asyncio.run(place(fakes, range(orders), finish=True))
        with served(f"--journal={journal.name}") as fakes:
            return fakes.cpu_seconds, journal.seek(0, 2) / 2**20


# -- checks -----------------------------------------------------------------------------------


async def order_records(count: int) -> AsyncIterator[OrderRecord]:
    """The records of so many orders, each made when it is asked for."""
    network = order_network(Settings(default_stock=PLENTY))
    for number in range(count):
        for method, path, body in requests_of(number):
            operation, fields = network.routes.match(method, path)
            content = json.dumps(body).encode()
            await network.send(call_of(operation, fields, {}, content, order=f"o{number}"))
        network.services.settle()
        # The opening stock belongs to no order.
        for record in network.services.evict(["", f"o{number}"]):
            yield record


def outcome(record: OrderRecord) -> OrderOutcome:
    """How the order of a record ended."""
    status = OrderStatus.FAILED if is_undone(int(record.order[1:])) else OrderStatus.COMPLETED
    last = max(entry.at for entry in record.entries)
    return OrderOutcome(record.order, Ending(status), ended_at=last)


async def one_by_one(count: int) -> int:
    """Check orders one by one; how many violations there were."""
    checks = StreamingChecks(ORDER_OPERATIONS, COMPLETED_MEANS)
    async for record in order_records(count):
        checks.log(record.entries)
        placed = bool(record.order)
        end = outcome(record) if placed else None
        checks.order(FinishedOrder(record, _TERMS if placed else None, end))
    return len(checks.findings().violations)


async def as_a_whole(count: int) -> int:
    """Check the same orders at once; how many violations there were."""
    ledger, journal, outcomes = Ledger(), Journal(), {}
    async for record in order_records(count):
        ledger.entries += record.entries
        ledger.effects |= {effect.id: effect for effect in record.effects}
        journal.attempts += record.attempts
        if record.order:
            outcomes[record.order] = outcome(record)
    terms = dict.fromkeys(outcomes, _TERMS)
    evidence = Evidence(ORDER_OPERATIONS, ledger, journal, terms, outcomes, COMPLETED_MEANS)
    return len(check_all(evidence).violations)


def measured(check: Callable[[int], Coroutine[Any, Any, int]], count: int) -> list[str]:
    """CPU-microseconds an order, its making included, and the most memory at a time, in MiB."""
    started = time.process_time()
    if asyncio.run(check(count)):
        raise RuntimeError("these orders break nothing")
    seconds = time.process_time() - started
    tracemalloc.start()
    asyncio.run(check(count))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return [f"{seconds / count * 1e6:.0f}", f"{peak / 2**20:.1f}"]


# -- tables -----------------------------------------------------------------------------------


@click.command()
@click.option("--orders", default=4000, show_default=True, help="Orders to place for throughput.")
@click.option("--finished", multiple=True, default=(1000, 10_000, 50_000), show_default=True)
@click.option("--checked", multiple=True, default=(1000, 4000, 16_000), show_default=True)
def main(orders: int, finished: tuple[int, ...], checked: tuple[int, ...]) -> None:
    """Measure throughput, memory after many orders, a restart, and the checks."""
    console = Console()
    table = Table("fakes", "requests/CPU-s", "requests/s", title="throughput")
    table.add_row("in memory", *throughput(orders))
    with tempfile.TemporaryDirectory() as folder:
        table.add_row("with --journal", *throughput(orders, f"--journal={folder}/fakes.ndjson"))
    console.print(table)
    table = Table("finished orders", "MiB", title="memory of the fakes")
    for count, mebibytes in growth(finished):
        table.add_row(str(count), f"{mebibytes:.0f}")
    console.print(table)
    seconds, mebibytes = restart(orders)
    console.print(
        f"restart after {orders} finished orders: {seconds:.1f} CPU-s, {mebibytes:.0f} MiB"
    )
    table = Table("orders", "one by one: us", "MiB", "as a whole: us", "MiB", title="checks")
    for count in checked:
        table.add_row(str(count), *measured(one_by_one, count), *measured(as_a_whole, count))
    console.print(table)


if __name__ == "__main__":
    main()
