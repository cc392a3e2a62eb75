"""``sagacheck``, and ``python -m sagacheck``."""

from __future__ import annotations

import errno
import gc
import sys
import traceback

from sagacheck.interrupts import UNKNOWN, handle_signals
from sagacheck.process_exit import exit_process

OF_A_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""It is full or broken, which is no fault of the command's input."""
OBJECTS_OF_A_START = 300_000
"""Almost all that imports make stays, so looking for garbage among it finds nothing: Python looks
after every 700 objects, which takes a twentieth of the start of a command."""
OBJECTS_BETWEEN_COLLECTIONS = 25_000


def main() -> None:
    """Run a command, and end the process with its exit code."""
    handle_signals()
    _collect_no_garbage_of_the_start()
    _leave_out_the_command_of_httpx()
    exit_process(_run())


def _collect_no_garbage_of_the_start() -> None:
    """Look for garbage only in what is made after the start, when there is much of it."""
    gc.set_threshold(OBJECTS_OF_A_START)
    gc.callbacks.append(_begin_to_collect)


def _begin_to_collect(_phase: str, _info: object) -> None:
    gc.callbacks.remove(_begin_to_collect)
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)


def _leave_out_the_command_of_httpx() -> None:
    """Let httpx be imported as where its extra for a command is not installed.

    For that command, ``httpx``, it imports pygments, httpcore and much of rich, if they are there:
    a tenth of the SDK's own imports, and httpcore is needed only where a client has no other
    transport.
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]


def _run() -> int:
    # Imported here, where Ctrl-C ends the process without a traceback.
    from sagacheck.cli.commands.completion import VARIABLE  # noqa: PLC0415
    from sagacheck.cli.exit_codes import WRONG_INPUT  # noqa: PLC0415
    from sagacheck.cli.main import main as command  # noqa: PLC0415

    try:
        command(prog_name="sagacheck", complete_var=VARIABLE)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except OSError as error:  # a folder that cannot be written, a full disk
        print(error, file=sys.stderr)  # noqa: T201 - there is no console any more
        return UNKNOWN if error.errno in OF_A_DISK else WRONG_INPUT
    except Exception:  # noqa: BLE001 - an error of the harness says nothing about the saga
        traceback.print_exc()
        return UNKNOWN
    return 0


if __name__ == "__main__":
    main()
