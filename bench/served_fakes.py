"""Measures ``python -m fakes`` and the checks of finished orders: ``nox -s bench``.

Requests a second and core are requests by the CPU-seconds of the process that serves them, so that
the load generator and whatever else this computer does at the time count for nothing.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
import psutil
from rich.console import Console
from rich.table import Table

_ADDRESS = {"street": "1 Main Street", "city": "Springfield", "zip": "62701", "country": "US"}
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def requests_of(order: str, *, undone: bool) -> Iterator[bytes]:
    """The requests of one order: four creates, or three and their undos."""
    key = f"order-{order}"
    who = {"order_id": order, "idempotency_key": key}
    payment = {"customer_id": "c1", "payment_method_id": "pm_1", "currency": "USD"}
    yield _request("POST /reservations", {**who, "items": [{"sku": "WIDGET", "qty": 1}]})
    yield _request("POST /charges", {**who, **payment, "amount": "19.99"})
    yield _request("POST /shipments", {**who, "address": _ADDRESS})
    if not undone:
        yield _request("POST /emails", {**who, "customer_id": "c1", "tracking_number": "T-1"})
        return
    yield _request("POST /shipments/cancel", {"idempotency_key": key})
    refund = {"charge_idempotency_key": key, "reason": "r", "idempotency_key": key}
    yield _request("POST /refunds", refund)
    yield _request(f"DELETE /reservations?idempotency_key={key}")


def _request(route: str, body: object = None) -> bytes:
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{route} HTTP/1.1\r\nHost: fakes\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"Content-Type: application/json\r\n\r\n" + content


class Client:
    """One keep-alive connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, request: bytes) -> bytes:
        """Send a request; the whole reply, which must be a success."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"{request!r} was answered {head!r}")
        length = _LENGTH.search(head)
        return head + await self._reader.readexactly(int(length[1]) if length else 0)


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
    command = [sys.executable, "-m", "fakes", "--port=0", "--default-stock=100000000", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            yield Served(psutil.Process(process.pid), port)
        finally:
            process.terminate()


async def place(port: int, numbers: range, connections: int = 8) -> int:
    """Place orders with these numbers, every fourth of them undone; how many requests that took."""
    waiting = iter(numbers)
    sent = 0

    async def work() -> None:
        nonlocal sent
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        client = Client(reader, writer)
        for number in waiting:
            for request in requests_of(f"o{number}", undone=number % 4 == 0):
                await client.send(request)
                sent += 1
        writer.close()

    await asyncio.gather(*(work() for _ in range(connections)))
    return sent


def _throughput(orders: int, *options: str) -> tuple[str, ...]:
    with served(*options) as fakes:
        asyncio.run(place(fakes.port, range(-200, 0)))
        cpu, started = fakes.cpu_seconds, time.perf_counter()
        requests = asyncio.run(place(fakes.port, range(orders)))
        seconds, cpu = time.perf_counter() - started, fakes.cpu_seconds - cpu
        return f"{requests / cpu:.0f}", f"{requests / seconds:.0f}", f"{fakes.mebibytes:.0f}"


@click.command()
@click.option("--orders", default=4000, show_default=True, help="Orders to place.")
def main(orders: int) -> None:
    """Measure throughput."""
    table = Table("fakes", "requests/CPU-s", "requests/s", "MiB")
    table.add_row("in memory", *_throughput(orders))
    with tempfile.TemporaryDirectory() as folder:
        table.add_row("with --journal", *_throughput(orders, f"--journal={folder}/fakes.ndjson"))
    Console().print(table)


if __name__ == "__main__":
    main()
