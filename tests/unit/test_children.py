"""Processes that tests start receive Ctrl-C, also where the tests run in the background."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.children import let_children_receive_sigint

ASK = "import signal; print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)"


@pytest.fixture
def _ignored() -> Iterator[None]:
    """This process ignores SIGINT, as a background job does."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def _a_child_ignores_sigint() -> bool:
    asked = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    return asked.stdout == "True\n"


@pytest.mark.usefixtures("_ignored")
def test_children_of_a_background_job_receive_sigint() -> None:
    """They would ignore it, as it does; after the call they do not, and it still does."""
    inherited = _a_child_ignores_sigint()

    let_children_receive_sigint()

    assert (inherited, _a_child_ignores_sigint()) == (True, False)
    signal.raise_signal(signal.SIGINT)


def test_a_process_that_listens_is_left_alone() -> None:
    """Ctrl-C still ends the tests where they run in the foreground."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        let_children_receive_sigint()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
