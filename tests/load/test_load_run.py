"""A run of `locust -f load/` with nothing else started, from the first order to the exit code."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
from pathlib import Path

import psutil
import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from scenarios.saga import load_saga
from tests.load._runs import LOCUST, NAIVE, ROOT, LoadRun, locust

ENDS = {"Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM}
USUAL = {("ours", 2, "SIGTERM"), ("naive", 1, "-t"), ("naive", 2, "Ctrl-C")}
"""What is tried in every run of the tests; the rest takes minutes (pytest -m long)."""
MATRIX = [
    pytest.param(*case, marks=() if case in USUAL else pytest.mark.long)
    for case in itertools.product(("ours", "naive"), (1, 2), ("-t", "Ctrl-C", "SIGTERM"))
]


def _end(run: LoadRun, how: str) -> None:
    if how in ENDS:
        run.wait_until(run.orders_ended(8))
        run.process.send_signal(ENDS[how])


@pytest.mark.parametrize(("saga", "processes", "how"), MATRIX)
def test_exit_code_is_the_verdict_however_the_run_ends(
    tmp_path: Path, saga: str, processes: int, how: str
) -> None:
    """The verdict stands in the exit code, the report and the JSON: 0 for ours, 1 for a bad one."""
    disturbed = ("--resubmits", "1", "--cancels", "0.5")  # so that a bad saga cannot be lucky
    arguments = [*disturbed, "--workers", "1", "--html", str(tmp_path / "page.html")]
    arguments += ["--json-file", str(tmp_path / "stats")]
    arguments += ["--saga", NAIVE] if saga == "naive" else []
    arguments += ["--processes", str(processes)] if processes > 1 else []
    arguments += ["-t", "8s"] if how == "-t" else []
    verdict = "valid" if saga == "ours" else "invalid"

    with locust(tmp_path, *arguments) as run:
        _end(run, how)

        assert run.exit_code() == ("valid", "invalid").index(verdict), run.said
    assert run.verdict["verdict"] == verdict
    assert f"Consistency: {verdict}" in (tmp_path / "page.html").read_text(encoding="utf-8")
    rows = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))
    (check,) = (row for row in rows if row["method"] == "CHECK")
    assert check["num_failures"] == (0 if saga == "ours" else 1)
    if saga == "naive":
        _assert_histories_are_those_of_bad_orders_and_replay(run)


def _assert_histories_are_those_of_bad_orders_and_replay(run: LoadRun) -> None:
    files = sorted((run.left / "histories").glob("*.json"))
    assert {file.stem for file in files} <= {each["order"] for each in run.verdict["violations"]}
    saga = load_saga(str(ROOT / NAIVE))
    replayer = Replayer(workflows=[saga.workflow], workflow_runner=UnsandboxedWorkflowRunner())
    for file in files:
        history = WorkflowHistory.from_json(f"order-{file.stem}", file.read_text(encoding="utf-8"))
        asyncio.run(replayer.replay_workflow(history))
    assert files, "an order that is bad has a history"


def test_locust_worker_that_dies_takes_no_order_with_it(tmp_path: Path) -> None:
    """What a killed client has placed is found on the server, and judged like the rest."""
    with locust(tmp_path, "--processes", "2", "--workers", "1", "-t", "12s") as run:
        run.wait_until(run.orders_ended(8))
        clients = [
            child
            for child in psutil.Process(run.process.pid).children()
            if str(LOCUST) in child.cmdline()
        ]
        os.kill(clients[0].pid, signal.SIGKILL)

        assert run.exit_code() == 0, run.said
    assert len(clients) == 2
    assert run.verdict["verdict"] == "valid"
    assert sum(run.verdict["orders"].values()) >= 8


def test_stuck_order_is_named_with_what_it_waits_for(tmp_path: Path) -> None:
    """Waiting ends when no order ends any more, and what keeps them is in the violation."""
    arguments = ("--saga", "tests/load/_hanging_saga.py:SAGA", "--workers", "1", "--patience", "3")
    with locust(tmp_path, *arguments, "--faults", "none", "-t", "3s") as run:
        assert run.exit_code() == 1, run.said

    (stuck, *_) = (each for each in run.verdict["violations"] if each["invariant"] == "I16")
    assert "reserve_inventory, attempt" in stuck["detail"]
    assert "out of service for good" in stuck["detail"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--faults", "hevy"], "--faults hevy: there is no such file; the mixes are none, light"),
        (["--cancels", "5"], "--cancels 5: it must be at least 0 and at most 1"),
        (["--shape", "ramp"], "--shape ramp: it goes over -t"),
        (["--saga", "tests/sagas/naive.py:SAG"], "did you mean SAGA?"),
    ],
    ids=lambda value: value[0].strip("-") if isinstance(value, list) else "",
)
def test_wrong_usage_is_told_before_anything_starts(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    """Exit code 2, and a sentence with the option, the value and the rule."""
    with locust(tmp_path, *arguments) as run:
        assert run.exit_code() == 2, run.said

    assert message in run.said
    assert not run.folder.exists()
