"""What the processes that tests start inherit."""

from __future__ import annotations

import signal


def let_children_receive_sigint() -> None:
    """Give the processes that tests start the default handler of SIGINT.

    A shell's background jobs (``&``, many CI runners) ignore SIGINT, and a process inherits that.
    A handler of one's own is not inherited: a new program begins with the default (``execve(2)``).
    So SIGINT is handled by doing nothing, which is the same for this process.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda _number, _frame: None)
