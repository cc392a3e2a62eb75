"""The system under load: started by a run, killed by its nemesis, frozen, or elsewhere."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bench.load.cluster import Cluster
from tests.load._runs import locust


@pytest.mark.long
def test_the_open_model_does_not_wait_for_a_server_that_is_frozen(
    tmp_path: Path, elsewhere: Cluster
) -> None:
    """Everything runs elsewhere. Orders become due while the server is frozen: latency shows it."""
    arguments = (*elsewhere.arguments, "--rate", "20", "--faults", "none")
    assert elsewhere.server.pid is not None, "it runs"
    with locust(tmp_path, *arguments) as run:
        run.wait_until(run.orders_ended(3))
        os.kill(elsewhere.server.pid, signal.SIGSTOP)
        try:
            before = len(run.journal("intent"))
            run.wait_until(lambda: len(run.journal("intent")) >= before + 20)
            due = [line["due_at"] for line in run.journal("intent")[before:]]
        finally:
            os.kill(elsewhere.server.pid, signal.SIGCONT)
        run.wait_until(run.orders_ended(6))
        run.process.terminate()

        assert run.exit_code() == 0, run.output
    assert due[19] - due[0] < 5, "twenty orders are due in one second"
    assert run.verdict["latency"]["p99"] > 0.5, "though a slow machine has many orders before it"
    assert run.verdict["processes"].keys() == {"locust"}
    assert elsewhere.server.pid, "what ran before the run goes on after it"
    assert elsewhere.fakes.pid
    assert all(worker.pid for worker in elsewhere.workers)


def test_a_named_database_outlives_the_run(tmp_path: Path) -> None:
    """Its orders are in the file, with a write-ahead log.

    Each injected fault is counted: here on the first request for each parcel.
    """
    mix, database = tmp_path / "mix.yaml", tmp_path / "orders.db"
    mix.write_text("- {on: shipping.create, calls: 1, fault: reset_after_effect}\n")
    arguments = ["--faults", str(mix), "--cancels", "0", "--seed", "3", "--workers", "1"]
    with locust(tmp_path, *arguments, "--server-db", str(database)) as run:
        run.wait_until(run.orders_ended(4))
        run.process.terminate()
        assert run.exit_code() == 0, run.output

    completed = run.verdict["orders"]["completed"]
    (injected,) = run.verdict["faults"]
    assert (injected["fault"], injected["on"]) == ("reset_after_effect", "shipping.create")
    assert 4 <= injected["fired"] <= completed
    with closing(sqlite3.connect(database)) as file:
        (mode,) = file.execute("PRAGMA journal_mode").fetchone()
        (kept,) = file.execute("SELECT count(*) FROM executions_visibility").fetchone()
    assert mode == "wal"
    assert kept >= completed


def test_the_verdict_is_unknown_where_no_server_is_answering(
    tmp_path: Path, elsewhere: Cluster
) -> None:
    """Exit code 3, and a message; no order was placed."""
    arguments = ("--fakes-url", elsewhere.url, "--workers", "0")
    with locust(tmp_path, "--temporal-address", "127.0.0.1:1", *arguments) as run:
        assert run.exit_code() == 3, run.output

    assert "load: Temporal is not answering: " in run.output
    assert not (run.results / "journal.ndjson").exists()


@pytest.mark.long
def test_chaos_leaves_no_order_inconsistent(tmp_path: Path) -> None:
    """Every kind of process is killed and restarted; journal and report have each event."""
    arguments = ("--chaos", "--faults", "heavy", "--rate", "4", "-t", "40s", "--seed", "3")
    with locust(tmp_path, *arguments) as run:
        assert run.exit_code() == 0, run.output

    events = {(each["process"].partition("-")[0], each["what"]) for each in run.journal("chaos")}
    assert events == {
        *((name, "killed") for name in ("worker", "fakes")),
        ("server", "stopped"),
        *((name, "is back") for name in ("worker", "fakes", "server")),
    }
    page = (run.results / "report.html").read_text(encoding="utf-8")
    assert all(event["what"] in page for event in run.verdict["chaos"])
    assert run.verdict["processes"].keys() >= {"server", "fakes", "worker-1", "worker-2", "locust"}
