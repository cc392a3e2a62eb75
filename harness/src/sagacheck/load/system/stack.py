"""What a run needs: a Temporal server, the services, saga workers. What is not given is started.

Ports are chosen once, so that a process that is restarted is found where it was.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from sagacheck.engines import SERVER_ENVIRONMENT, free_ports, server_command
from sagacheck.load.connection import Connection
from sagacheck.load.options import Options
from sagacheck.load.system.control_client import ControlClient, ControlError
from sagacheck.load.system.processes import ENDED, Child, SystemStartError
from sagacheck.load.workload import Workload
from sagacheck.saga import saga_words

START_TRIES = 5
PLENTY = 1_000_000_000
"""Pieces of each SKU that no setting names: enough for any run."""
POLLING = "polling"
"""A worker prints this when it has started to poll."""

Say = Callable[[str], None]
"""Prints a line about the progress of a run."""


class Stack:
    """The system under load: Temporal, the services and the workers.

    Args:
        workload: What is put under load.
        options: The options of the run.
        folder: The run's folder, for the processes' output and the server's database.
        say: Prints each step.

    Attributes:
        connection: The connection to Temporal.
        server: The Temporal server, if the run has started it.
        services: The process of the services, if the run has started it.
        workers: The workers that the run has started.
        fakes: The control routes of the services.
    """

    def __init__(self, workload: Workload, options: Options, folder: Path, say: Say) -> None:
        self._workload = workload
        self._options = options
        self._folder = folder
        self._say = say
        self.connection = options.connection
        self.server: Child | None = None
        self.services: Child | None = None
        self.workers: list[Child] = []
        self.fakes = ControlClient(options.fakes_url or "")

    @property
    def children(self) -> list[Child]:
        """The processes that the run has started."""
        return [child for child in (self.server, self.services, *self.workers) if child]

    def start(self) -> None:
        """Start what was not given, and check that what was given is answering.

        Raises:
            SystemStartError: Something failed to start, or is not answering.
        """
        try:
            self._launch_services()
            self._start_server()
            self._launch_workers()
            self._await_services()
            self._await_workers()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what was started, the last first."""
        for child in reversed(self.children):
            # Their state was read already, and a graceful end takes seconds.
            child.kill()

    def dead(self, down: Collection[str]) -> list[Child]:
        """The processes that have ended, without those that are `down` on purpose."""
        return [each for each in self.children if each.name not in down and each.ended_how]

    def death(self, down: Collection[str]) -> str:
        """What has died so that no order can go on, and how; empty while there is nothing.

        Args:
            down: The names of processes that are down on purpose, and will be back.
        """
        dead = self.dead(down)
        if not {*self.workers} <= {*dead}:  # one that is left takes over what the others were at
            dead = [each for each in dead if each not in self.workers]
        return "; ".join(each.ended_how for each in dead)

    def restart(self, child: Child) -> None:
        """Start a process that has ended, and wait until it is answering.

        Raises:
            SystemStartError: It failed to start.
        """
        child.start()
        if child is self.server:
            child.wait_until(self._server_accepts, "accept connections")
        elif child is self.services:
            child.wait_until(self.fakes.is_answering, "answer")
        else:
            child.wait_until(partial(child.has_printed, POLLING), "begin to poll")

    def _start_server(self) -> None:
        if self._options.brings_temporal:
            self._say(f"Temporal: {self.connection.config().get('target_host')}, as given")
            return
        for tries_left in reversed(range(START_TRIES)):
            self.server = self._server()
            try:
                self.restart(self.server)
            except SystemStartError as error:
                if tries_left and ENDED in str(error):  # one of its ports may be taken
                    continue
                raise
            break
        database = self._options.database(self._folder)
        where = f"database {database}" if database else "in memory"
        self._say(f"Temporal: {self.connection.address}, {where}")

    def _server(self) -> Child:
        ports = free_ports(3)
        self.connection = Connection(f"127.0.0.1:{ports[0]}", "default")
        command = server_command(ports)
        database = self._options.database(self._folder)
        if database is not None:
            # With the default pragmas each commit is flushed to the disk: less than half the
            # orders. So it survives its own end, but not that of the computer.
            command += ["--db-filename", str(database)]
            command += ["--sqlite-pragma", "journal_mode=WAL"]
            command += ["--sqlite-pragma", "synchronous=OFF"]
        return Child("server", command, self._folder / "server.log", SERVER_ENVIRONMENT)

    def _server_accepts(self) -> bool:
        assert self.connection.address is not None, "it was started at a port of ours"
        host, _, port = self.connection.address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True

    def _launch_services(self) -> None:
        if self._options.fakes_url is None:
            (port,) = free_ports(1)
            self.fakes = ControlClient(f"http://127.0.0.1:{port}")
            journal = str(self._folder / "fakes.ndjson")
            command = [*self._serve_command(), "--port", str(port), "--journal", journal]
            self.services = Child("fakes", command, self._folder / "fakes.log")
            self.services.start()

    def _serve_command(self) -> list[str]:
        workload = self._workload
        if workload.services is not None:
            return _program(workload.services)
        serve = [sys.executable, "-m", "sagacheck", "serve", "--default-stock", str(PLENTY)]
        return [*serve, *workload.settings, *saga_words(self._options.saga or workload.saga)]

    def _await_services(self) -> None:
        if self.services is not None:
            self.services.wait_until(self.fakes.is_answering, "answer")
        try:
            self.fakes.health()
        except ControlError as error:
            msg = f"the services at {self.fakes.url} are not answering: {error}"
            raise SystemStartError(msg) from None
        self._say(f"services: {self.fakes.url}")

    def _launch_workers(self) -> None:
        for number in range(1, self._options.workers + 1):
            self.workers.append(self._worker(f"worker-{number}"))
        for worker in self.workers:
            worker.start()

    def _worker(self, name: str) -> Child:
        options, workload = self._options, self._workload
        where = [*self.connection.arguments, "--task-queue", options.task_queue]
        log = self._folder / f"{name}.log"
        own = workload.worker
        if own and options.saga is None:
            environment = own.environment(self.fakes.url, options.call_timeout)
            return Child(name, [*_program(own.command), *where], log, environment)
        command = [sys.executable, "-m", "sagacheck.load.worker", *where]
        command += ["--services-url", self.fakes.url, "--call-timeout", str(options.call_timeout)]
        command += saga_words(options.saga or workload.saga)
        return Child(name, command, log)

    def _await_workers(self) -> None:
        for worker in self.workers:
            worker.wait_until(partial(worker.has_printed, POLLING), "begin to poll")
        queue = f"task queue {self._options.task_queue}"
        self._say(f"workers: {len(self.workers) or 'elsewhere'}, {queue}")


def _program(command: Sequence[str]) -> list[str]:
    """A command, with its program taken from the environment of this Python if it is there."""
    program, *arguments = command
    beside_python = Path(sys.executable).parent / program
    return [str(beside_python) if beside_python.exists() else program, *arguments]
