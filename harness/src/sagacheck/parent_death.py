"""Processes that end with this one, however it ends: killed, it has no time to end them itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

_WATCH = 'exec 3<&0; { read -r _ || kill -9 "$0"; } <&3 &'
"""It reads a pipe of which this process alone has the other end: a line of text releases it, and
the end of this process, where the kernel closes the pipe, is the end of the file. Unlike
``PR_SET_PDEATHSIG`` that works on macOS too, and does not take the end of a thread for the end of
its process. In the background, or it would be one more child of this process."""


def kill_at_exit_of_this_process(pid: int) -> Callable[[], None]:
    """Let the process `pid` be killed when this one ends.

    Returns:
        Ends the watch. To be called before `pid` is waited for: later it may be another process's.
    """
    read, write = os.pipe()
    try:
        subprocess.run(  # noqa: S603 - the script is our own
            ["/bin/sh", "-c", _WATCH, str(pid)],
            stdin=read,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal would end it too early
            check=True,
        )
    except BaseException:
        os.close(write)
        raise
    finally:
        os.close(read)
    open_pipe = [write]

    def release() -> None:
        if open_pipe:
            os.write(open_pipe[0], b"\n")
            os.close(open_pipe.pop())

    return release
