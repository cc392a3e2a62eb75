"""What ends a command from outside: results are kept, the exit code is 3, no process is left."""

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

import psutil
import pytest

from tests.cli._commands import ROOT, VALID, write

LIMIT_SECONDS = 300
SAGA = f"{ROOT / 'tests' / 'sagas' / 'announced.py'}:SAGA"
SEARCHES = {
    "explore": ("explore", "--faults", "3", "--jobs", "2"),
    "simulate": ("simulate", "--runs", "100000", "--jobs", "2"),
}


@dataclass
class Command:
    """A command that runs.

    Attributes:
        process: It.
        folder: Its working folder.
    """

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return (self.folder / "output.txt").read_text(encoding="utf-8")

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Wait until something has happened."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while not happened():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.02)

    def announced(self, count: int) -> bool:
        """Whether so many processes have imported the saga."""
        return len(list((self.folder / "announced").iterdir())) >= count

    def children(self) -> list[psutil.Process]:
        """All processes that it has started, which still run."""
        return psutil.Process(self.process.pid).children(recursive=True)


@contextmanager
def _running(folder: Path, *words: str) -> Iterator[Command]:
    """``sagacheck`` with these words, in a session of its own."""
    (folder / "announced").mkdir()
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "sagacheck", *words, "--saga", SAGA],
            cwd=folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "ANNOUNCED_IN": str(folder / "announced")},
        )
    try:
        yield Command(process, folder)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _ctrl_c_twice(command: Command) -> None:
    """As a terminal does it: to the command and to all that it has started."""
    os.killpg(command.process.pid, signal.SIGINT)
    os.killpg(command.process.pid, signal.SIGINT)


def _terminate(command: Command) -> None:
    command.process.terminate()


def _kill_a_child(command: Command) -> None:
    """One that plays, as the system does where memory is short."""
    players = {int(each.name) for each in (command.folder / "announced").iterdir()}
    player = max(players - {command.process.pid})
    os.kill(player, signal.SIGKILL)


@pytest.mark.parametrize(
    ("search", "end"),
    [
        *(("explore", end) for end in (_ctrl_c_twice, _terminate, _kill_a_child)),
        ("simulate", _ctrl_c_twice),
        *(
            pytest.param("simulate", end, marks=pytest.mark.long)
            for end in (_terminate, _kill_a_child)
        ),
    ],
)
def test_a_search_keeps_what_it_has_found(
    tmp_path: Path, search: str, end: Callable[[Command], None]
) -> None:
    """It prints and writes that, without a traceback, and leaves no process."""
    with _running(tmp_path, *SEARCHES[search], "--json", "out.json") as command:
        command.wait_until(lambda: command.announced(3))
        children = command.children()
        end(command)

        assert command.process.wait(LIMIT_SECONDS) == 3, command.output
        psutil.wait_procs(children, LIMIT_SECONDS)
        assert not [child for child in children if child.is_running()]
    assert "Traceback" not in command.output
    assert "Aborted" not in command.output
    reason = "a process was killed" if end is _kill_a_child else "interrupted"
    assert f"{reason}: not all" in command.output
    assert json.loads((tmp_path / "out.json").read_text())["verdict"] == "unknown"
    assert (tmp_path / "runs" / "latest" / "results.json").exists()


def test_a_search_that_is_killed_takes_its_processes_with_it(tmp_path: Path) -> None:
    """They notice that there is none who has work for them."""
    with _running(tmp_path, *SEARCHES["explore"]) as command:
        command.wait_until(lambda: command.announced(3))
        children = command.children()
        command.process.kill()

        gone, left = psutil.wait_procs(children, LIMIT_SECONDS)

    assert (len(gone), left) == (len(children), [])


@pytest.mark.parametrize(
    ("how", "more"),
    [(signal.SIGTERM, ()), (signal.SIGKILL, ()), (signal.SIGTERM, ("--keep-server",))],
    ids=["terminated", "killed", "kept"],
)
def test_a_run_leaves_no_server(tmp_path: Path, how: signal.Signals, more: tuple[str, ...]) -> None:
    """Whatever ends it, and while the server starts."""
    write(tmp_path, a=VALID)
    with _running(tmp_path, "run", "a.yaml", "--engine", "server", *more) as command:
        command.wait_until(lambda: any(each.name() == "temporal" for each in command.children()))
        children = command.children()
        command.process.send_signal(how)

        code = command.process.wait(LIMIT_SECONDS)
        _gone, left = psutil.wait_procs(children, LIMIT_SECONDS)

    assert (code, left) == (-how if how == signal.SIGKILL else 3, [])
    assert "Traceback" not in command.output


def test_ctrl_c_while_a_command_starts_ends_it(tmp_path: Path) -> None:
    """There is nothing to lose, and nothing to show: no traceback of an import."""
    with _running(tmp_path, *SEARCHES["explore"]) as command:
        command.wait_until(lambda: command.announced(1))
        command.process.send_signal(signal.SIGINT)

        assert command.process.wait(LIMIT_SECONDS) == 3, command.output
    assert "Traceback" not in command.output
