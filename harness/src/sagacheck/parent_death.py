"""Processes that end with this one, however it ends: killed, it has no time to end them itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

_WATCH = 'read -r _; kill -9 "$0"'
"""Its standard input is a pipe of which this process alone has the other end: the kernel closes it
when this process ends. Unlike ``PR_SET_PDEATHSIG`` that works on macOS too, and does not take the
end of a thread for the end of its process."""


def kill_at_exit_of_this_process(pid: int) -> Callable[[], None]:
    """Let the process `pid` be killed when this one ends.

    Returns:
        Ends the watch. To be called before `pid` is waited for: later it may be another process's.
    """
    read, write = os.pipe()
    try:
        watcher = subprocess.Popen(  # noqa: S603 - the script is our own
            ["/bin/sh", "-c", _WATCH, str(pid)],
            stdin=read,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal would end it too early
        )
    except BaseException:
        os.close(write)
        raise
    finally:
        os.close(read)

    def release() -> None:
        if watcher.returncode is None:
            watcher.kill()
            watcher.wait()
            os.close(write)

    return release
