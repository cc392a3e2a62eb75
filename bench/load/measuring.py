"""One measurement: so many orders of one kind by one kind of client, on a cluster that runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from bench.load.cluster import Cluster

LOCUST = str(Path(sys.executable).with_name("locust"))
ROOT = Path(__file__).resolve().parents[2]
UNDISTURBED = ("--faults", "none", "--cancels", "0", "--resubmits", "0", "--queries", "0")

_numbers = count(1)


@dataclass(frozen=True)
class Measured:
    """The result of a measurement.

    Attributes:
        per_second: Orders a second, while all users were there.
        cpu: CPU-milliseconds an order: of the server, the workers, the fakes, the client.
    """

    per_second: float
    cpu: Mapping[str, float]


def bare(cluster: Cluster, orders: int, users: int, *, steps: int | None = None) -> Measured:
    """Orders, or plain steps in their place, by a bare asyncio client."""
    command = [sys.executable, "-m", "bench.load.client", "--address", cluster.address]
    command += ["--name", f"bare{next(_numbers)}", "--orders", str(orders), "--users", str(users)]
    command += [] if steps is None else ["--steps", str(steps)]
    before = cluster.cpu_seconds()
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    after = cluster.cpu_seconds()
    found = json.loads(done.stdout)
    cpu = {name: after[name] - before[name] for name in before} | {"client": found["cpu_seconds"]}
    return Measured(steady_rate(found["ended"], users), _by_order(cpu, orders))


def locust(cluster: Cluster, orders: int, users: int) -> Measured:
    """Orders by Locust, with client log and checks."""
    runs = cluster.folder / f"locust-{next(_numbers)}"
    before = cluster.cpu_seconds()
    found = locust_run(runs, orders, users, *cluster.arguments, *UNDISTURBED)
    after = cluster.cpu_seconds()
    cpu = {name: after[name] - before[name] for name in before}
    client = {"client": found["processes"]["locust"]["cpu_ms_per_order"]}
    lines = (runs / "latest" / "load" / "journal.ndjson").read_text(encoding="utf-8").splitlines()
    ended = [line["at"] for line in map(json.loads, lines) if line["kind"] == "ended"]
    return Measured(steady_rate(ended, users), _by_order(cpu, orders) | client)


def locust_run(runs: Path, orders: int, users: int, *arguments: str) -> dict[str, Any]:
    """A run of Locust; what its ``verdict.json`` holds.

    Raises:
        subprocess.CalledProcessError: Its verdict is not *valid*; it has said why.
    """
    command = [LOCUST, "-f", "load/", "--headless", "--only-summary", "--skip-log"]
    command += ["-u", str(users), "-r", str(users), "--orders", str(orders), "--runs", str(runs)]
    log = runs.with_suffix(".txt")
    with log.open("wb") as output:
        subprocess.run([*command, *arguments], cwd=ROOT, stdout=output, stderr=output, check=True)
    found: dict[str, Any] = json.loads((runs / "latest" / "load" / "verdict.json").read_text())
    return found


def steady_rate(ended: Sequence[float], users: int) -> float:
    """Orders a second, without the beginning, and without the end, when users have gone."""
    moments = sorted(ended)[users : len(ended) - users]
    if len(moments) < 2:
        msg = f"{len(ended)} orders are too few for {users} users: more than twice as many"
        raise ValueError(msg)
    return (len(moments) - 1) / (moments[-1] - moments[0])


def medians(rounds: Iterable[Measured]) -> Measured:
    """The median of each figure."""
    found = list(rounds)
    cpu = {name: median(each.cpu[name] for each in found) for name in found[0].cpu}
    return Measured(median(each.per_second for each in found), cpu)


def _by_order(cpu_seconds: Mapping[str, float], orders: int) -> dict[str, float]:
    return {name: seconds / orders * 1000 for name, seconds in cpu_seconds.items()}
