"""``sagacheck``, and ``python -m sagacheck``."""

from __future__ import annotations

import gc
import sys
import traceback

from sagacheck.cli.commands.completion import VARIABLE
from sagacheck.cli.exit_codes import UNKNOWN, WRONG_INPUT
from sagacheck.cli.main import main as command
from sagacheck.process_exit import exit_process

OBJECTS_BETWEEN_COLLECTIONS = 25_000
"""Python looks for garbage after every 700 objects. Almost all that imports make stays, so that the
start of a command is a thirtieth shorter without."""


def main() -> None:
    """Run a command, and end the process with its exit code."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    exit_process(_run())


def _run() -> int:
    try:
        command(prog_name="sagacheck", complete_var=VARIABLE)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except OSError as error:  # a folder that cannot be written, a full disk
        print(error, file=sys.stderr)  # noqa: T201 - there is no console any more
        return WRONG_INPUT
    except Exception:  # noqa: BLE001 - an error of the harness says nothing about the saga
        traceback.print_exc()
        return UNKNOWN
    return 0


if __name__ == "__main__":
    main()
