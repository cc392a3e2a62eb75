"""Running `locust -f load/` as a person would, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCUST = Path(sys.executable).with_name("locust")
NAIVE = "tests/sagas/naive.py:SAGA"
LIMIT_SECONDS = 100


@dataclass
class LoadRun:
    """A run of Locust, and what it left behind.

    Attributes:
        process: Locust.
        folder: The folder for its runs.
        log: Takes all that it says.
    """

    process: subprocess.Popen[bytes]
    folder: Path
    log: Path

    @property
    def said(self) -> str:
        """What it has said so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def left(self) -> Path:
        """What the run has left behind."""
        return self.folder / "latest" / "load"

    @property
    def verdict(self) -> dict[str, Any]:
        """Its verdict, with all that stands beside it."""
        found: dict[str, Any] = json.loads((self.left / "verdict.json").read_text())
        return found

    def journal(self, kind: str) -> list[dict[str, Any]]:
        """The lines of one kind in its journal."""
        text = (self.left / "journal.ndjson").read_text(encoding="utf-8")
        return [line for line in map(json.loads, text.splitlines()) if line["kind"] == kind]

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Wait for something that the run does by itself."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while not happened():
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def orders_ended(self, count: int) -> Callable[[], bool]:
        """Whether so many orders are known to have ended."""

        def happened() -> bool:
            return (self.left / "journal.ndjson").exists() and len(self.journal("ended")) >= count

        return happened

    def exit_code(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(LIMIT_SECONDS)


@contextmanager
def locust_workers(count: int, master_port: str) -> Iterator[None]:
    """Start so many of Locust's workers, which know where their master is and nothing else."""
    command = [str(LOCUST), "-f", "load/", "--worker", "--master-port", master_port, "--skip-log"]
    quiet = subprocess.DEVNULL
    workers = [
        subprocess.Popen(command, cwd=ROOT, stdin=quiet, stdout=quiet, stderr=quiet)
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def _hear_ctrl_c() -> None:
    """What a shell starts in the background, such as CI, is deaf to it, and so are its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextmanager
def locust(folder: Path, *arguments: str, headless: bool = True) -> Iterator[LoadRun]:
    """Start Locust; it is ended with all its children when the context is left."""
    log = folder / "said.txt"
    basics = ("--headless", "-u", "4", "-r", "4", "--only-summary") if headless else ()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(LOCUST), "-f", "load/", *basics, "--runs", str(folder / "runs"), *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_hear_ctrl_c,  # noqa: PLW1509 - no threads here
            env={name: value for name, value in os.environ.items() if "TEMPORAL" not in name},
        )
    run = LoadRun(process, folder / "runs", log)
    try:
        yield run
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
