"""The processes that a load run starts, watches, kills and restarts. It signals no others."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sagacheck.load.system.start_up import uninterrupted
from sagacheck.parent_death import kill_at_exit_of_this_process

START_SECONDS = 120.0
"""Only for a process that is alive and not ready: one that has ended is seen at once."""
ENDED = "ended at once"
POLL_SECONDS = 0.05
TAIL_CHARACTERS = 2000


class SystemStartError(Exception):
    """Part of the system under load failed to start; the message says which and why."""


class Child:
    """One process, which may be started many times. All its output goes to one file.

    It has a session of its own, so Ctrl-C reaches only the run, which then stops the process. Where
    the run is killed and cannot do so, the process is killed too.

    Args:
        name: Its name in reports.
        command: The command line.
        log: The file that takes its output.
        environment: Variables beside those that are inherited.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._command = list(command)
        self._log = log
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._log_begins = 0
        self._release: Callable[[], None] = lambda: None

    @property
    def pid(self) -> int | None:
        """Its process id; ``None`` while it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def ended_how(self) -> str:
        """How it has ended, in words; empty while it runs, or if it was never started."""
        code = self._process.poll() if self._process else None
        if code is None:
            return ""
        if code < 0:
            return f"{self.name} was killed by {signal.Signals(-code).name}"
        last = self.last_output().splitlines()[-1]
        return f"{self.name} ended with exit code {code}: {last}"

    def start(self) -> None:
        """Start it, for the first time or again."""
        assert self.pid is None, f"{self.name} is running already"
        with uninterrupted():
            self._start()

    def _start(self) -> None:
        self._release()
        with self._log.open("ab") as log:
            self._log_begins = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - the command is our own
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        self._release = kill_at_exit_of_this_process(self._process.pid)

    def kill(self) -> None:
        """Kill it, as `kill -9` does."""
        self._end(signal.SIGKILL)

    def stop(self, seconds: float) -> None:
        """Ask it to stop, and kill it if it has not done so after so many seconds."""
        self._end(signal.SIGTERM, seconds)

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        """Wait until it is `ready`.

        Args:
            ready: Whether it is.
            what: What it does then, for the error: "begin to poll".

        Raises:
            SystemStartError: It has ended, or it takes too long.
        """
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.pid is None:
                raise SystemStartError(f"{self.name} {ENDED}: {self.last_output()}")
            if time.monotonic() > deadline:
                limit = f"within {START_SECONDS:g} s"
                raise SystemStartError(f"{self.name} did not {what} {limit}: {self.last_output()}")
            time.sleep(POLL_SECONDS)

    def has_printed(self, text: str) -> bool:
        """Whether `text` is in its output since it was last started."""
        return text in self._output()

    def last_output(self) -> str:
        """The end of its output."""
        return self._output()[-TAIL_CHARACTERS:].strip() or "it printed nothing"

    def _output(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._log_begins)
            return log.read().decode(errors="replace")

    def _end(self, how: signal.Signals, seconds: float | None = None) -> None:
        self._release()
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
