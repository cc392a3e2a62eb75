"""What a run stands on: started by it, struck by chaos, stopped for a while, or elsewhere."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from load._fakes import FakesClient
from load._processes import Child
from scenarios.engines.embedded import free_ports, server_command
from tests.load._runs import LoadRun, locust


def _child(run: LoadRun, *words: str) -> psutil.Process:
    """The process of a run whose command line has these words."""
    children = psutil.Process(run.process.pid).children(recursive=True)
    (found,) = (each for each in children if all(word in each.cmdline() for word in words))
    return found


def test_open_model_waits_for_nobody(tmp_path: Path) -> None:
    """While the server stands still orders are due all the same, and their latency shows it."""
    arguments = ("--rate", "10", "--orders", "60", "--workers", "1", "--faults", "none")
    with locust(tmp_path, *arguments) as run:
        run.wait_until(run.orders_ended(5))
        server = _child(run, "server", "start-dev")
        server.send_signal(signal.SIGSTOP)
        stopped_at = time.time()
        due = len(run.journal("intent"))
        run.wait_until(lambda: len(run.journal("intent")) >= due + 20)
        seconds = time.time() - stopped_at
        server.send_signal(signal.SIGCONT)

        assert run.exit_code() == 0, run.said
    assert seconds < 6, "twenty orders are due in two seconds"
    assert run.verdict["latency"]["p95"] > 1.0


@pytest.mark.long
def test_chaos_leaves_no_order_inconsistent(tmp_path: Path) -> None:
    """Each kind of blow is dealt, all of it is in journal and report, and the verdict stands."""
    arguments = ("--chaos", "--faults", "heavy", "--rate", "4", "-t", "40s", "--seed", "3")
    with locust(tmp_path, *arguments) as run:
        assert run.process.wait(110) == 0, run.said

    blows = {(each["process"].partition("-")[0], each["what"]) for each in run.journal("chaos")}
    assert blows == {
        *((name, "killed") for name in ("worker", "fakes")),
        ("server", "stopped"),
        *((name, "is back") for name in ("worker", "fakes", "server")),
    }
    page = (run.left / "report.html").read_text(encoding="utf-8")
    assert all(blow["what"] in page for blow in run.verdict["chaos"])
    assert run.verdict["processes"].keys() >= {"server", "fakes", "worker-1", "worker-2", "locust"}


def test_everything_may_run_elsewhere(tmp_path: Path) -> None:
    """Nothing is started then, and what ran before the run goes on after it."""
    ports = free_ports(3)
    (port,) = free_ports(1)
    address, url = f"127.0.0.1:{ports[0]}", f"http://127.0.0.1:{port}"
    services = ("INVENTORY", "PAYMENTS", "SHIPPING", "NOTIFICATIONS")
    log = tmp_path / "elsewhere.txt"
    server = Child("server", server_command(ports), log)
    fakes = Child("fakes", [sys.executable, "-m", "fakes", "--port", str(port)], log)
    orders = str(Path(sys.executable).with_name("orders"))
    urls = {f"ORDERS_{name}_URL": url for name in services}
    worker = Child("worker", [orders, "worker", "--address", address], log, urls)
    try:
        for child in (server, fakes):
            child.start()
        fakes.wait_until(FakesClient(url).answer, "answer")
        server.wait_until(lambda: _is_up(orders, address), "answer")
        worker.start()
        arguments = (
            "--temporal-address",
            address,
            "--fakes-url",
            url,
            "--workers",
            "0",
            "--faults",
            "none",
        )

        with locust(tmp_path, *arguments, "-t", "4s") as run:
            assert run.exit_code() == 0, run.said

        assert all(child.pid for child in (server, fakes, worker))
        assert run.verdict["processes"].keys() == {"locust"}
        assert sum(run.verdict["orders"].values()) > 0
    finally:
        for child in (worker, fakes, server):
            child.kill()


def _is_up(orders: str, address: str) -> bool:
    """Whether the server answers that it does not know an order."""
    done = subprocess.run(
        [orders, "status", "o1", "--address", address], capture_output=True, check=False
    )
    return b"there is no order" in done.stderr
