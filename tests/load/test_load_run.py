"""A run of `locust -f load/` with nothing else started, from the first order to the exit code."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from _runs import NAIVE, LoadRun, locust
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from scenarios.saga import load_saga

SHORT = ("-t", "6s", "--seed", "7")


def _end_by(run: LoadRun, how: str) -> None:
    if how == "-t":
        return
    run.wait_until(run.orders_ended(10))
    run.process.send_signal({"SIGINT": signal.SIGINT, "SIGTERM": signal.SIGTERM}[how])


def _length(how: str) -> tuple[str, ...]:
    return ("-t", "6s") if how == "-t" else ()


@pytest.mark.parametrize("how", ["-t", "SIGINT", "SIGTERM"])
@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize(("saga", "code"), [(None, 0), (NAIVE, 1)], ids=["ours", "naive"])
def test_exit_code_is_the_verdict_however_the_run_ends(
    tmp_path: Path, how: str, processes: int, saga: str | None, code: int
) -> None:
    arguments = [*_length(how), "--resubmits", "0.5", "--html", str(tmp_path / "report.html")]
    arguments += ["--saga", saga] if saga else []
    arguments += ["--processes", str(processes)] if processes > 1 else []

    with locust(tmp_path, *arguments) as run:
        _end_by(run, how)

        assert run.exit_code() == code, run.said
    assert run.verdict["verdict"] == ("valid" if code == 0 else "invalid")
    assert len(run.journal("told")) >= 10
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"Consistency: {run.verdict['verdict']}" in page
