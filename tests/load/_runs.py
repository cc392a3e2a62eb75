"""Runs of `locust -f load/` in a process of their own, as a person starts them."""

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

from sagacheck.parent_death import kill_at_exit_of_this_process

ROOT = Path(__file__).resolve().parents[2]
LOCUST = Path(sys.executable).with_name("locust")
NAIVE = "tests/sagas/naive.py:SAGA"
LIMIT_SECONDS = 300


@dataclass
class LocustRun:
    """A run of Locust, and its results.

    Attributes:
        process: Locust.
        folder: The folder for its runs.
        log: The file that takes its output.
    """

    process: subprocess.Popen[bytes]
    folder: Path
    log: Path

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def results(self) -> Path:
        """The folder of the run's results."""
        return self.folder / "latest" / "load"

    @property
    def verdict(self) -> dict[str, Any]:
        """What its ``verdict.json`` holds."""
        found: dict[str, Any] = json.loads((self.results / "verdict.json").read_text())
        return found

    def journal(self, kind: str) -> list[dict[str, Any]]:
        """The lines of one kind in its journal."""
        text = (self.results / "journal.ndjson").read_text(encoding="utf-8")
        return [line for line in map(json.loads, text.splitlines()) if line["kind"] == kind]

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while not happened():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    def orders_ended(self, count: int) -> Callable[[], bool]:
        """Whether clients know of so many orders that they have ended."""

        def happened() -> bool:
            return (self.results / "journal.ndjson").exists() and len(
                self.journal("ended")
            ) >= count

        return happened

    def exit_code(self) -> int:
        """Its exit code, once it has ended."""
        return self.process.wait(LIMIT_SECONDS)


@contextmanager
def locust_workers(count: int, master_port: str) -> Iterator[None]:
    """Start so many of Locust's workers, which are given nothing but the port of their master."""
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


@contextmanager
def locust(
    folder: Path, *arguments: str, headless: bool = True, file: str = "load/", cwd: Path = ROOT
) -> Iterator[LocustRun]:
    """Start Locust; it is killed with all its children when the context is left."""
    log = folder / "output.txt"
    basics = ("--headless", "-u", "4", "-r", "4", "--only-summary") if headless else ()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(LOCUST), "-f", file, *basics, "--runs", str(folder / "runs"), *arguments],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={name: value for name, value in os.environ.items() if "TEMPORAL" not in name},
        )
    run = LocustRun(process, folder / "runs", log)
    release = kill_at_exit_of_this_process(process.pid)
    try:
        yield run
    finally:
        release()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
