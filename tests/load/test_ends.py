"""Runs that end badly: each with a sentence and an exit code, and nothing is left."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from bench.load.cluster import Cluster
from sagacheck.load.connection import Connection
from sagacheck.load.run_spec import RunSpec
from sagacheck.load.system.control_client import ControlClient
from sagacheck.load.system.processes import Child
from sagacheck.load.system.stack import Stack
from sagacheck.load.users.bridge import Bridge
from sagacheck.load.users.order_client import OrderClient
from sagacheck.load.users.order_plans import Planner, Shares
from sagacheck.load.workload import Workload
from tests.load._runs import locust
from tests.load.test_options import read
from trip.saga import SAGA

with pytest.MonkeyPatch.context() as patch:
    # Imported as usual, Locust would replace sockets and threads of this whole process.
    patch.setenv("LOCUST_SKIP_MONKEY_PATCH", "1")
    from sagacheck.load import load_generator
    from sagacheck.load.load_run import LoadRun

NOTHING = Shares()


def test_a_server_that_is_silent_is_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """It accepts connections, and says nothing: the error has the address and the limit."""
    monkeypatch.setattr(load_generator, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        generator = load_generator.LoadGenerator(Workload(saga="trip.saga:SAGA"))
        spec = RunSpec(
            run="r",
            seed=1,
            shares=NOTHING,
            rate=None,
            users=1,
            connection=Connection(address),
            saga=None,
            task_queue="load",
        )
        try:
            with pytest.raises(RuntimeError, match=rf"{address} .* was silent for 0\.2 s"):
                generator.client(spec)
        finally:
            generator.bridge.close()


def child(name: str, script: str, folder: Path) -> Child:
    """A process that does what a script says, and has ended."""
    found = Child(name, ["/bin/sh", "-c", script], folder / f"{name}.log")
    found.start()
    while found.pid is not None:
        time.sleep(0.01)
    return found


def test_what_has_died_is_said_with_how(tmp_path: Path) -> None:
    """By a signal or by itself; one worker that is left takes over from the others."""
    killed = child("worker-1", "kill -9 $$", tmp_path)
    failed = child("worker-2", "echo no memory; exit 7", tmp_path)
    alive = Child("worker-3", ["/bin/sh", "-c", "sleep 600"], tmp_path / "worker-3.log")
    stack = Stack(Workload(), read(), tmp_path, print)
    stack.workers = [killed, failed]
    how = "worker-1 was killed by SIGKILL; worker-2 ended with exit code 7: no memory"

    assert stack.death(down=()) == how
    assert stack.death(down={"worker-1"}) == "", "it will be back"
    alive.start()
    try:
        stack.workers = [killed, failed, alive]
        assert stack.death(down=()) == ""
        assert [each.name for each in stack.dead(down=())] == ["worker-1", "worker-2"]
    finally:
        alive.kill()
    stack.workers, stack.services = [], child("fakes", "exit 1", tmp_path)
    assert stack.death(down=()) == "fakes ended with exit code 1: it printed nothing"


class _Gone:
    """Services that do not answer, and all that a run has started: nothing."""

    children: tuple[Child, ...] = ()
    fakes = ControlClient("http://127.0.0.1:1")

    def death(self, _down: Any) -> str:
        return ""


def test_a_run_closes_its_journal_with_its_verdict(tmp_path: Path) -> None:
    """The web UI has one after another in a process."""
    run = LoadRun(
        options=read("--seed", "1"),
        stack=cast("Stack", _Gone()),
        bridge=Bridge(),
        client=OrderClient(cast("Any", None), SAGA, "load"),
        planner=Planner("r", 1, NOTHING, cast("Any", None)),
        idempotency_key=None,
        workflow_may_fail=True,
        folder=tmp_path,
        say=print,
    )
    run.begin()
    judgement = run.conclude()

    assert "the services are not answering" in judgement.unmet[0].detail
    opened = [Path(each.path).name for each in psutil.Process().open_files()]
    assert "journal.ndjson" not in opened


def test_a_run_whose_workers_have_died_ends_at_once(tmp_path: Path, elsewhere: Cluster) -> None:
    """Unknown; nobody waits for orders that no worker will ever take."""
    arguments = ["--temporal-address", elsewhere.address, "--fakes-url", elsewhere.url]
    arguments += ["--workers", "1", "--task-queue", "dying", "--faults", "none", "-t", "10m"]
    with locust(tmp_path, *arguments) as run:
        run.wait_until(run.orders_ended(1))
        (worker,) = (
            each for each in psutil.Process(run.process.pid).children() if "dying" in each.cmdline()
        )
        os.kill(worker.pid, signal.SIGKILL)

        assert run.exit_code() == 3, run.output
    assert "load: worker-1 was killed by SIGKILL\n" in run.output
    assert [each["detail"] for each in run.verdict["unmet"]] == ["worker-1 was killed by SIGKILL"]


def test_ctrl_c_twice_while_a_run_starts(tmp_path: Path) -> None:
    """One line; what had been started is ended."""
    with locust(tmp_path) as run:
        run.wait_until(lambda: "load: seed" in run.output)
        started = psutil.Process(run.process.pid).children(recursive=True)
        run.process.send_signal(signal.SIGINT)
        run.process.send_signal(signal.SIGINT)

        assert run.exit_code() == 3, run.output
    assert run.output.endswith("load: interrupted\n"), run.output
    psutil.wait_procs(started, timeout=60)
    assert not any(each.is_running() for each in started)
