"""A process that is killed leaves none of its children behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress

import psutil
import pytest

from sagacheck.parent_death import kill_at_exit_of_this_process

LIMIT_SECONDS = 300
PARENT = """
import subprocess, sys, time
from sagacheck.parent_death import kill_at_exit_of_this_process
child = subprocess.Popen(["sleep", "3600"], start_new_session=True)
{watch}
print(child.pid, flush=True)
time.sleep(3600)
"""


def _started(watch: str) -> tuple[subprocess.Popen[str], psutil.Process]:
    """A process, and its child, which has a session of its own."""
    command = [sys.executable, "-c", PARENT.format(watch=watch)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    return parent, psutil.Process(int(parent.stdout.readline()))


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_child_of_a_killed_process_is_killed(how: signal.Signals) -> None:
    """By the watcher, which learns from the kernel that the process has ended."""
    parent, child = _started("kill_at_exit_of_this_process(child.pid)")

    with parent:
        parent.send_signal(how)

    child.wait(LIMIT_SECONDS)


def test_without_a_watch_it_would_be_left() -> None:
    """What the test above sees is the work of the watcher."""
    parent, child = _started("")

    with parent:
        parent.kill()

    assert child.is_running()
    child.kill()


def test_a_process_that_is_released_is_left_alone() -> None:
    """Nor is the watcher left: it is no child, and ends when it is told to."""
    before = psutil.Process().children()
    child = subprocess.Popen(["sleep", "3600"])
    release = kill_at_exit_of_this_process(child.pid)
    (watcher,) = (each for each in psutil.process_iter() if _watches(each, child.pid))

    release()

    watcher.wait(LIMIT_SECONDS)
    assert child.poll() is None
    child.kill()
    child.wait()
    assert psutil.Process().children() == before


def _watches(process: psutil.Process, pid: int) -> bool:
    with suppress(psutil.Error):
        _shell, *_script, last = process.cmdline() or ["", ""]
        return last == str(pid)
    return False
