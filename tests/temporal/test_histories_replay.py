"""What tests write is replayed, and a refused history fails the run by the name of its test."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity, workflow

from tests.cli._commands import process
from tests.replaying import Gathered
from tests.temporal.simulation import in_virtual_time, simulation

SHORT = timedelta(seconds=5)
TEST = """
from itertools import count
from pathlib import Path

import pytest
from temporalio import workflow

from sagacheck.temporal import VirtualTimeLoop
from tests.temporal.simulation import in_virtual_time, simulation

RUNS = count(1)

@workflow.defn
class Sleeps:
    @workflow.run
    async def run(self) -> None:
        await workflow.sleep(1)

@workflow.defn
class SleepsLater:
    @workflow.run
    async def run(self) -> None:
        if next(RUNS) == 1:
            await workflow.sleep(1)

async def _play(which) -> None:
    async with simulation(which) as simulated:
        await simulated.run(which.run)

def test_good() -> None:
    in_virtual_time(lambda: _play(Sleeps))

MARK
def test_bad() -> None:
    in_virtual_time(lambda: _play(SleepsLater))

def test_last() -> None:
    pass
"""
CONFTEST = """
from tests.replaying import *
from tests.replaying import _gathered, _replayed, _told
def pytest_configure(config):
    config.addinivalue_line("markers", "does_not_replay: x")
"""
PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "-q")


@activity.defn
async def charge() -> str:
    """Give something back."""
    return "pay_1"


@workflow.defn
class Charges:
    """Takes one step."""

    @workflow.run
    async def run(self) -> str:
        """Take it."""
        return await workflow.execute_activity(charge, start_to_close_timeout=SHORT)


def _written(gathered: Gathered, *, corrupt: bool) -> None:
    async def play() -> None:
        async with simulation(Charges, activities=[charge]) as simulated:
            await simulated.run(Charges.run)
            [run] = simulated.temporal.runs()
            if corrupt:
                scheduled = run.history.events[4].activity_task_scheduled_event_attributes
                scheduled.activity_type.name = "refund"
            gathered.listen_to(simulated.temporal)

    in_virtual_time(play)


@pytest.mark.does_not_replay
def test_a_refused_history_is_named_with_its_test() -> None:
    """Of two histories, only the one with another activity's name in it is refused."""
    gathered = Gathered()
    for gathered.test, corrupt in (("test_good", False), ("test_bad", True)):
        _written(gathered, corrupt=corrupt)

    [refusal] = gathered.refusals()

    assert refusal.startswith("test_bad: Charges: ")
    assert "TMPRL1100" in refusal
    assert gathered.replayed == 2


def test_the_same_history_is_replayed_once() -> None:
    """What two plays leave alike is one history."""
    gathered = Gathered()
    for _ in range(2):
        _written(gathered, corrupt=False)

    assert gathered.refusals() == []
    assert gathered.replayed == 1


@pytest.mark.parametrize("marked", [False, True])
def test_a_run_fails_with_the_name_of_the_test(tmp_path: Path, marked: bool) -> None:
    """The test itself has passed; the error says which it was. A mark takes it out."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    mark = "@pytest.mark.does_not_replay" if marked else ""
    (tmp_path / "test_it.py").write_text(TEST.replace("MARK", mark))

    done = process(*PYTEST, f"--rootdir={tmp_path}", "test_it.py", cwd=tmp_path)

    refused = "the SDK's replayer refuses:\ntest_it.py::test_bad: SleepsLater: "
    assert (refused in done.stdout) is not marked, done.stdout + done.stderr
    assert done.returncode == (0 if marked else 1)
    assert ("3 passed, 1 error" in done.stdout) is not marked
