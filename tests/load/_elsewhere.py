"""Temporal, services and a worker that no run has started, as they are where a cluster runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from load._fakes import FakesClient
from load._processes import Child
from load._stack import POLLING, SERVICES
from scenarios.engines.embedded import free_ports, server_command

ORDERS = str(Path(sys.executable).with_name("orders"))


@dataclass(frozen=True)
class Elsewhere:
    """What runs, and where it is found.

    Attributes:
        address: Temporal's.
        url: The services'.
        server: Temporal.
        fakes: The services.
        worker: A saga worker.
    """

    address: str
    url: str
    server: Child
    fakes: Child
    worker: Child

    @property
    def arguments(self) -> tuple[str, ...]:
        """What tells a run of it."""
        return ("--temporal-address", self.address, "--fakes-url", self.url, "--workers", "0")


@contextmanager
def running_elsewhere(folder: Path) -> Iterator[Elsewhere]:
    """Start it all, and end it when the context is left."""
    *ports, port = free_ports(4)
    address, url = f"127.0.0.1:{ports[0]}", f"http://127.0.0.1:{port}"
    fakes_command = [sys.executable, "-m", "fakes", "--port", str(port), "--default-stock", "9999"]
    urls = {f"ORDERS_{name}_URL": url for name in SERVICES}
    worker_command = [ORDERS, "worker", "--address", address]
    server = Child("server", server_command(ports), folder / "server.log")
    fakes = Child("fakes", fakes_command, folder / "fakes.log")
    worker = Child("worker", worker_command, folder / "worker.log", urls)
    try:
        for child in (server, fakes):
            child.start()
        server.wait_until(lambda: _is_up(address), "answer")
        worker.start()
        fakes.wait_until(FakesClient(url).answer, "answer")
        worker.wait_until(lambda: worker.has_said(POLLING), "begin to poll")
        yield Elsewhere(address, url, server, fakes, worker)
    finally:
        for child in (worker, fakes, server):
            child.kill()


def _is_up(address: str) -> bool:
    """Whether the server answers that it does not know an order."""
    command = [ORDERS, "status", "o1", "--address", address]
    done = subprocess.run(command, capture_output=True, check=False)
    return b"there is no order" in done.stderr
