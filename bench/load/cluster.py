"""Temporal, services and workers that run before Locust and after it, as on a cluster."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import click
import psutil

from load._orders import SERVICES
from sagacheck.engines import SERVER_ENVIRONMENT, free_ports, server_command
from sagacheck.load import Child, ControlClient

ORDERS_WORKER = (str(Path(sys.executable).with_name("orders")), "worker")
STOCK = "10000000"


@dataclass
class Cluster:
    """A system for load.

    Attributes:
        folder: Takes the output of its processes.
        address: Where Temporal is.
        url: Where the services are.
        server: Temporal.
        fakes: The services.
        worker_command: Starts a worker; ``--address`` is added.
        workers: The workers that run.
    """

    folder: Path
    address: str
    url: str
    server: Child
    fakes: Child
    worker_command: Sequence[str]
    workers: list[Child] = field(default_factory=list)

    @property
    def arguments(self) -> tuple[str, ...]:
        """The options with which a run of Locust uses it."""
        return ("--temporal-address", self.address, "--fakes-url", self.url, "--workers", "0")

    def set_workers(self, count: int) -> None:
        """Start or end workers until there are so many."""
        while len(self.workers) > count:
            self.workers.pop().kill()
        new = [self._new_worker(number) for number in range(len(self.workers), count)]
        self.workers += new
        for worker in new:
            worker.start()
        for worker in new:
            worker.wait_until(partial(worker.has_printed, "polling"), "begin to poll")

    def cpu_seconds(self) -> Mapping[str, float]:
        """CPU time that each part has used so far."""
        return {
            "server": _cpu_seconds(self.server),
            "workers": sum(map(_cpu_seconds, self.workers)),
            "fakes": _cpu_seconds(self.fakes),
        }

    @contextmanager
    def server_apart(self, *worker_arguments: str) -> Iterator[None]:
        """Give the server a core of its own, and all else the rest; start the workers anew.

        So it is the server that limits how many orders there are, as where workers can be added.

        Raises:
            click.ClickException: There is only one core, or the system cannot assign cores.
        """
        if sys.platform != "linux" or len(cores := sorted(os.sched_getaffinity(0))) == 1:
            msg = "only Linux, with two cores or more, can give the server a core of its own"
            raise click.ClickException(msg)
        first, *rest = cores
        command = self.worker_command
        try:
            self._spread(server={first}, others=set(rest))
            self._start_workers_anew([*command, *worker_arguments])
            yield
        finally:
            self._spread(server=set(cores), others=set(cores))
            self._start_workers_anew(command)

    def _spread(self, server: set[int], others: set[int]) -> None:
        _confine(self.server, server)
        _confine(self.fakes, others)
        os.sched_setaffinity(0, others)  # those that are started inherit it

    def _start_workers_anew(self, command: Sequence[str]) -> None:
        self.worker_command, count = command, len(self.workers)
        self.set_workers(0)
        self.set_workers(count)

    def _new_worker(self, number: int) -> Child:
        command = [*self.worker_command, "--address", self.address]
        log = self.folder / f"worker-{number}.log"
        urls = {f"ORDERS_{service}_URL": self.url for service in SERVICES}
        return Child(f"worker-{number}", command, log, urls)


@contextmanager
def running_cluster(
    folder: Path, *, workers: int = 1, worker_command: Sequence[str] = ORDERS_WORKER
) -> Iterator[Cluster]:
    """Start it all, and end it when the context is left."""
    *ports, port = free_ports(4)
    fakes = [sys.executable, "-m", "fakes", "--port", str(port), "--default-stock", STOCK]
    cluster = Cluster(
        folder=folder,
        address=f"127.0.0.1:{ports[0]}",
        url=f"http://127.0.0.1:{port}",
        server=Child("server", server_command(ports), folder / "server.log", SERVER_ENVIRONMENT),
        fakes=Child("fakes", fakes, folder / "fakes.log"),
        worker_command=worker_command,
    )
    try:
        cluster.server.start()
        cluster.fakes.start()
        cluster.server.wait_until(lambda: _listens(ports[0]), "listen")
        cluster.set_workers(workers)
        cluster.fakes.wait_until(ControlClient(cluster.url).is_answering, "answer")
        yield cluster
    finally:
        for child in (*cluster.workers, cluster.fakes, cluster.server):
            child.kill()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _confine(child: Child, cores: set[int]) -> None:
    """Let all threads of a process run on these cores only; threads to come inherit it."""
    for thread in Path(f"/proc/{child.pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), cores)


def _cpu_seconds(child: Child) -> float:
    times = psutil.Process(child.pid).cpu_times()
    return float(times.user + times.system)
