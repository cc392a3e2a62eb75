"""``run --keep-server``: a real server's UI shows what was played, after the run is over."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.report._material import ROOT

SCENARIO = """\
scenario: nothing goes wrong
why: w
orders: [{id: o1}]
expect: {o1: {status: completed}}
"""


@dataclass
class Kept:
    """A run that has left its server up."""

    process: subprocess.Popen[str]
    folder: Path
    output: str

    def address(self, pattern: str) -> str:
        """The first address in what was printed that matches."""
        found = re.search(rf"http://127\.0\.0\.1:\d+/{pattern}", self.output)
        assert found, self.output
        return found[0]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A server that several tests look at."""
    with _kept(tmp_path_factory.mktemp("kept")) as found:
        yield found


@contextmanager
def _kept(folder: Path) -> Iterator[Kept]:
    """A scenario is played on both engines; what is printed is read until the server waits."""
    (folder / "a.yaml").write_text(SCENARIO)
    command = [sys.executable, "-m", "sagacheck", "run", "a.yaml", "--engine", "both"]
    process = subprocess.Popen(
        [*command, "--keep-server", "--saga", f"{ROOT}/tests/sagas/small.py:RESERVES"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    try:
        yield Kept(process, folder, "".join(lines))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(timeout=300)
        process.stdout.close()


def test_the_ui_shows_a_workflow_that_was_played(kept: Kept, browser: Browser) -> None:
    """The printed address leads to the workflow, which has completed."""
    page = browser.new_page()
    page.goto(kept.address(r"namespaces/default/workflows/\S+"))

    expect(page.locator("body")).to_contain_text("order-o1~1")
    expect(page.locator("body")).to_contain_text("Completed")
    expect(page.locator("body")).to_contain_text("reserve_goods")
    page.close()


@pytest.mark.long
def test_a_simulated_history_opens_by_import(kept: Kept, browser: Browser) -> None:
    """The UI takes the history of the simulated run for one of its own."""
    (history,) = (kept.folder / "runs" / "latest" / "histories").glob("001-*.json")
    page = browser.new_page()
    page.goto(kept.address("import/events"))

    page.locator("input[type=file]").set_input_files(history)
    page.get_by_role("button", name="Import").click()

    finished = "Workflow Execution Completed"
    expect(page.locator("body")).to_contain_text(finished)
    page.close()


def test_a_server_that_ends_by_itself_is_no_silent_end(tmp_path: Path) -> None:
    """How it has ended is said, and the verdict stands."""
    with _kept(tmp_path) as kept:
        (server,) = (
            child
            for child in psutil.Process(kept.process.pid).children()
            if child.name() == "temporal"
        )
        server.kill()
        assert kept.process.stdout is not None
        rest = kept.process.stdout.read()

    assert "the Temporal server has ended by signal 9: " in rest
    assert kept.process.returncode == 0


def test_ctrl_c_ends_the_server_and_the_verdict_stands(kept: Kept) -> None:
    """The exit code is the verdict's, and nothing is left running."""
    ui = re.search(r"UI at http://127\.0\.0\.1:(\d+)", kept.output)
    assert ui is not None

    kept.process.send_signal(signal.SIGINT)

    assert kept.process.wait(timeout=300) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(ui[1]))) != 0
