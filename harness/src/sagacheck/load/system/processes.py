"""The processes that a load run starts, watches, kills and restarts. It signals no others."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

START_SECONDS = 30.0
POLL_SECONDS = 0.05
TAIL_CHARACTERS = 2000
_PR_SET_PDEATHSIG = 1


class SystemStartError(Exception):
    """Part of the system under load failed to start; the message says which and why."""


class Child:
    """One process, which may be started many times. All its output goes to one file.

    It has a session of its own, so Ctrl-C reaches only the run, which then stops the process.

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

    @property
    def pid(self) -> int | None:
        """Its process id; ``None`` while it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start it, for the first time or again."""
        assert self.pid is None, f"{self.name} is running already"
        with self._log.open("ab") as log:
            self._log_begins = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 - the command is our own
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )

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
                raise SystemStartError(f"{self.name} ended at once: {self.last_output()}")
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
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _die_with_parent() -> None:
    """Let the kernel kill the process when the run is killed and cannot do so itself."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
