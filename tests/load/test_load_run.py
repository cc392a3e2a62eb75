"""A run of `locust -f load/`, from the first order to the exit code."""

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

from sagacheck.engines import free_ports
from sagacheck.saga import load_saga
from tests.load._runs import LOCUST, NAIVE, ROOT, LocustRun, locust, locust_workers

ENDS = {"Ctrl-C": signal.SIGINT, "SIGTERM": signal.SIGTERM}
A_CLIENT_DIES = "a client dies, then SIGTERM"
HOW = ("-t", *ENDS)
USUAL = {("naive", 2, "Ctrl-C")}
"""The case of every run of the tests; the rest takes minutes (pytest -m long). `nox -s load` has
those with `-t` and one process, of both sagas."""
MATRIX = [
    pytest.param(*case, marks=() if case in USUAL else pytest.mark.long)
    for case in (
        *itertools.product(("ours", "naive"), (1, 2), HOW),
        *itertools.product(("ours", "naive"), (2,), (A_CLIENT_DIES,)),
    )
]


def _processes(count: int) -> list[str]:
    """Options for so many load generators, with a master at a free port."""
    (port,) = map(str, free_ports(1))
    return ["--processes", str(count), "--master-bind-port", port, "--master-port", port]


def _disturbed(folder: Path) -> list[str]:
    """Disturbances that break a bad saga for certain: of each parcel the first reply is lost."""
    mix = folder / "mix.yaml"
    mix.write_text("- {on: shipping.create, calls: 1, fault: reset_after_effect}\n")
    return ["--faults", str(mix), "--resubmits", "1", "--cancels", "0.3"]


def _end(run: LocustRun, how: str) -> None:
    if how == "-t":
        return
    run.wait_until(run.orders_ended(8))
    if how == A_CLIENT_DIES:
        first, _ = _clients(run)
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    run.process.send_signal(ENDS.get(how, signal.SIGTERM))


def _clients(run: LocustRun) -> list[psutil.Process]:
    """Locust's workers."""
    children = psutil.Process(run.process.pid).children()
    return [child for child in children if str(LOCUST) in child.cmdline()]


@pytest.mark.parametrize(("saga", "processes", "how"), MATRIX)
def test_exit_code_is_the_verdict_however_the_run_ends(
    tmp_path: Path, saga: str, processes: int, how: str
) -> None:
    """Exit code, report and JSON have the verdict: 0 for our saga, 1 for a bad one.

    Orders of a client that was killed are found on the server, and judged like the others.
    """
    arguments = [*_disturbed(tmp_path), "--workers", "1", "--html", str(tmp_path / "page.html")]
    arguments += ["--json-file", str(tmp_path / "stats")]
    arguments += ["--saga", NAIVE] if saga == "naive" else []
    arguments += _processes(processes) if processes > 1 else []
    arguments += ["-t", "3s"] if how == "-t" else []
    verdict = "valid" if saga == "ours" else "invalid"

    with locust(tmp_path, *arguments) as run:
        _end(run, how)

        assert run.exit_code() == ("valid", "invalid").index(verdict), run.output
    assert run.verdict["verdict"] == verdict
    placed = {line["order"] for line in run.journal("placed")}
    assert sum(run.verdict["orders"].values()) >= len(placed)
    assert f"Consistency: {verdict}" in (tmp_path / "page.html").read_text(encoding="utf-8")
    rows = json.loads((tmp_path / "stats.json").read_text(encoding="utf-8"))
    (check,) = (row for row in rows if row["method"] == "CHECK")
    assert check["num_failures"] == (0 if saga == "ours" else 1)
    if saga == "naive":
        _assert_histories_are_those_of_bad_orders_and_replay(run)


def _assert_histories_are_those_of_bad_orders_and_replay(run: LocustRun) -> None:
    files = sorted((run.results / "histories").glob("*.json"))
    assert {file.stem for file in files} <= {each["order"] for each in run.verdict["violations"]}
    saga = load_saga(str(ROOT / NAIVE))
    replayer = Replayer(workflows=[saga.workflow], workflow_runner=UnsandboxedWorkflowRunner())
    for file in files:
        history = WorkflowHistory.from_json(f"order-{file.stem}", file.read_text(encoding="utf-8"))
        asyncio.run(replayer.replay_workflow(history))
    assert files, "an order that violates an invariant has its history written"


@pytest.mark.long
@pytest.mark.parametrize(("saga", "exit_code"), [(None, 0), (NAIVE, 1)], ids=["ours", "naive"])
def test_the_master_reaches_the_verdict(tmp_path: Path, saga: str | None, exit_code: int) -> None:
    """Its workers know only its address, and do what the master was asked for."""
    (port,) = map(str, free_ports(1))
    arguments = ["--master", "--master-bind-port", port, "--expect-workers", "2", "-t", "5s"]
    arguments += ["--workers", "1", "--rate", "8", *_disturbed(tmp_path)]
    arguments += ["--saga", saga] if saga else []
    with locust_workers(2, port), locust(tmp_path, *arguments) as run:
        assert run.exit_code() == exit_code, run.output

    orders = [line["order"] for line in run.journal("intent")]
    assert {order.split("-")[1] for order in orders} == {"0", "1"}, "both have placed orders"
    assert 10 < len(orders) < 80, "eight a second of both together, in five seconds"
    assert run.journal("cancel")


def test_stuck_order_is_named_with_what_it_waits_for(tmp_path: Path) -> None:
    """The run ends when no order ends any more; the violation says what the order waits for."""
    arguments = ("--saga", "tests/load/_hanging_saga.py:SAGA", "--workers", "1", "--patience", "2")
    with locust(tmp_path, *arguments, "--faults", "none", "--orders", "2") as run:
        assert run.exit_code() == 1, run.output

    (stuck, *_) = (each for each in run.verdict["violations"] if each["invariant"] == "I16")
    assert "reserve_inventory, attempt" in stuck["detail"]
    assert "out of service for good" in stuck["detail"]


def test_wrong_usage_is_an_error_before_anything_starts(tmp_path: Path) -> None:
    """Exit code 2, and a message that says what is wrong."""
    with locust(tmp_path, "--saga", "tests/sagas/naive.py:SAG") as run:
        assert run.exit_code() == 2, run.output

    assert "did you mean SAGA?" in run.output
    assert not run.folder.exists()
