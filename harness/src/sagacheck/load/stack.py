"""What a run needs: a Temporal server, the services, saga workers. What is not given is started.

Ports are chosen once, so that a process that is started again is found where it was.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from orders.client import connection_config
from sagacheck.engines import SERVER_ENVIRONMENT, free_ports, server_command
from sagacheck.load.control_client import FakesClient, FakesError
from sagacheck.load.options import Options
from sagacheck.load.order_plans import DECLINED_CARD, SCARCE
from sagacheck.load.processes import Child, StackError

START_TRIES = 5
POLLING = "polling"
PORT_TAKEN = "address already in use"
SERVICES = ("INVENTORY", "PAYMENTS", "SHIPPING", "NOTIFICATIONS")
PIECES, LAST_PIECES = 10_000_000, 100
"""How much there is of each article, and of the one that runs out."""
SHIPS_AFTER = "2s"
"""Parcels leave so soon that some are gone when their orders are to be undone."""

Say = Callable[[str], None]
"""Tells whoever watches what is being done."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where Temporal is, so that every process of a run finds the same one.

    Attributes:
        address: ``host:port``; ``None`` leaves it to the environment, as do the others.
        namespace: The namespace.
        profile: The profile of the configuration file.
    """

    address: str | None
    namespace: str | None = None
    profile: str | None = None

    @property
    def arguments(self) -> list[str]:
        """The place as ``orders worker`` takes it."""
        named = {
            "--address": self.address,
            "--namespace": self.namespace,
            "--profile": self.profile,
        }
        return [word for name, value in named.items() if value for word in (name, value)]


class Stack:
    """All that a run needs beside itself.

    Args:
        options: What was asked for.
        folder: The run's folder, for the processes' output and the server's database.
        say: Told each step.
    """

    def __init__(self, options: Options, folder: Path, say: Say) -> None:
        self._options = options
        self._folder = folder
        self._say = say
        self.place = Place(options.temporal_address, options.namespace, options.profile)
        self.server: Child | None = None
        self.services: Child | None = None
        self.workers: list[Child] = []
        self.fakes = FakesClient(options.fakes_url or "")

    @property
    def children(self) -> list[Child]:
        """The processes that the run has started."""
        return [child for child in (self.server, self.services, *self.workers) if child]

    def start(self) -> None:
        """Start what was not given, and see that what was given is there.

        Raises:
            StackError: Something cannot be had.
        """
        try:
            self._launch_fakes()
            self._start_server()
            self._launch_workers()
            self._await_fakes()
            self._await_workers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what was started, the last first."""
        for child in reversed(self.children):
            # What they hold is read or of no use any more, and a graceful end takes seconds.
            child.kill()

    def restart(self, child: Child) -> None:
        """Start a process again that has ended, and wait until it is there."""
        child.start()
        if child is self.server:
            child.wait_until(self._server_answers, "accept connections")
        elif child is self.services:
            child.wait_until(self.fakes.answer, "answer")
        else:
            child.wait_until(partial(child.has_said, POLLING), "begin to poll")

    def _start_server(self) -> None:
        if self._options.brings_temporal:
            config = connection_config(
                address=self.place.address,
                namespace=self.place.namespace,
                profile=self.place.profile,
            )
            self._say(f"Temporal: {config.get('target_host')}, as given")
            return
        for tries_left in reversed(range(START_TRIES)):
            self.server = self._server()
            try:
                self.restart(self.server)
            except StackError as error:
                if tries_left and PORT_TAKEN in str(error):
                    continue
                raise
            break
        db = self._options.database(self._folder)
        self._say(f"Temporal: {self.place.address}, {f'database {db}' if db else 'in memory'}")

    def _server(self) -> Child:
        ports = free_ports(3)
        self.place = Place(f"127.0.0.1:{ports[0]}", "default")
        command = server_command(ports)
        database = self._options.database(self._folder)
        if database is not None:
            # With the default pragmas each commit is flushed to the disk: less than half the
            # orders. So it survives its own end, but not that of the computer.
            command += ["--db-filename", str(database)]
            command += ["--sqlite-pragma", "journal_mode=WAL"]
            command += ["--sqlite-pragma", "synchronous=OFF"]
        return Child("server", command, self._folder / "server.log", SERVER_ENVIRONMENT)

    def _server_answers(self) -> bool:
        assert self.place.address is not None, "it was started at a port of ours"
        host, _, port = self.place.address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True

    def _launch_fakes(self) -> None:
        if self._options.fakes_url is None:
            (port,) = free_ports(1)
            self.fakes = FakesClient(f"http://127.0.0.1:{port}")
            self.services = Child("fakes", self._fakes_command(port), self._folder / "fakes.log")
            self.services.start()

    def _await_fakes(self) -> None:
        if self.services is not None:
            self.services.wait_until(self.fakes.answer, "answer")
        try:
            self.fakes.health()
        except FakesError as error:
            raise StackError(f"the services at {self.fakes.url} do not answer: {error}") from None
        self._say(f"services: {self.fakes.url}")

    def _fakes_command(self, port: int) -> list[str]:
        return [
            *(sys.executable, "-m", "fakes", "--port", str(port)),
            *("--default-stock", str(PIECES), "--stock", f"{SCARCE}={LAST_PIECES}"),
            *("--declined-card", DECLINED_CARD, "--ships-after", SHIPS_AFTER),
            *("--journal", str(self._folder / "fakes.ndjson")),
        ]

    def _launch_workers(self) -> None:
        limit = str(self._options.call_timeout)
        environment = {f"ORDERS_{service}_URL": self.fakes.url for service in SERVICES}
        environment |= {f"ORDERS_{service}_TIMEOUT": limit for service in SERVICES}
        for number in range(1, self._options.workers + 1):
            name = f"worker-{number}"
            log = self._folder / f"{name}.log"
            self.workers.append(Child(name, self._worker_command(), log, environment))
        for worker in self.workers:
            worker.start()

    def _await_workers(self) -> None:
        for worker in self.workers:
            worker.wait_until(partial(worker.has_said, POLLING), "begin to poll")
        queue = f"task queue {self._options.task_queue}"
        self._say(f"workers: {len(self.workers) or 'elsewhere'}, {queue}")

    def _worker_command(self) -> list[str]:
        at = [*self.place.arguments, "--task-queue", self._options.task_queue]
        if self._options.saga is None:
            return [*_program("orders"), "worker", *at]
        return [sys.executable, "-m", "load._worker", "--saga", self._options.saga, *at]


def _program(name: str) -> list[str]:
    beside_python = Path(sys.executable).with_name(name)
    return [str(beside_python)] if beside_python.exists() else [name]


def environment_names_temporal() -> bool:
    """Whether the environment says where Temporal is, as `temporalio.envconfig` reads it."""
    return any(os.environ.get(name) for name in ("TEMPORAL_ADDRESS", "TEMPORAL_PROFILE"))
