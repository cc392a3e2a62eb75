"""``python -m scenarios``."""

import os
import sys

from scenarios.cli import main
from scenarios.completion import VARIABLE


def _run() -> int:
    try:
        main(complete_var=VARIABLE)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


if __name__ == "__main__":
    code = _run()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the SDK may touch the interpreter while it is taken down, which aborts the process
    # and would turn a verdict into a crash (temporalio/sdk-python issue 300).
    os._exit(code)
