"""The results of a run: ``verdict.json`` and ``report.html``."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagacheck.load.audit.verdict import Judgement
from sagacheck.load.results.figures import Ended, latencies, over_time, versions
from sagacheck.load.results.report import Chart, write_report
from sagacheck.load.system.usage import Sample, Usage
from sagacheck.result_files import write_text

MB = 1_000_000


@dataclass(frozen=True)
class Results:
    """Everything that is known of a run when it is over.

    Attributes:
        judgement: The verdict, and what it rests on.
        began_at: When the first order could be placed, in seconds of Unix time, as the next.
        stopped_at: When the last one could.
        orders: The orders that have ended.
        nemesis: Each kill and recovery, with its moment.
        faults: How often which fault was injected into which operation, by (fault, operation).
        usage: What the processes used.
        seed: The run's seed.
        again: The command that repeats it.
        saga: What ``--saga`` has named.
        saga_package: The package of the saga under load.
    """

    judgement: Judgement
    began_at: float
    stopped_at: float
    orders: Sequence[Ended]
    nemesis: Sequence[tuple[float, str]]
    faults: Counter[tuple[str, str]]
    usage: Usage
    seed: int
    again: str
    saga: str | None
    saga_package: str

    @property
    def orders_per_second(self) -> float:
        """Throughput: the orders that ended while orders were placed, per second of that time."""
        ended = sum(each.at <= self.stopped_at for each in self.orders)
        return ended / max(self.stopped_at - self.began_at, 0.001)

    def as_json(self) -> dict[str, Any]:
        """The results as ``verdict.json`` holds them."""
        return {
            **self.judgement.as_json(),
            "orders_per_second": round(self.orders_per_second, 2),
            "latency": latencies(self.orders),
            "bottleneck": self.usage.bottleneck(self.orders_per_second),
            "processes": self._processes(),
            "chaos": [{"at": self._since(at), "what": what} for at, what in self.nemesis],
            "faults": [
                {"fault": fault, "on": operation, "fired": times}
                for (fault, operation), times in self.faults.most_common()
            ],
            "seconds": {
                "placing": round(self.stopped_at - self.began_at, 1),
                "until_the_verdict": round(time.time() - self.stopped_at, 1),
            },
            "saga": self.saga,
            "seed": self.seed,
            "again": self.again,
            "versions": versions(self.saga_package),
        }

    def write(self, folder: Path) -> None:
        """Write ``verdict.json`` and ``report.html``."""
        found = self.as_json()
        text = json.dumps(found, indent=2, default=str) + "\n"
        write_text(folder / "verdict.json", text)
        write_report(folder / "report.html", found, list(self._charts()))

    def _processes(self) -> dict[str, dict[str, float]]:
        cores, rss = self.usage.cores(), self.usage.peak_rss()
        count = max(1, len(self.orders))
        return {
            name: {
                "cores": round(cores[name], 2),
                "cpu_ms_per_order": round(self.usage.cpu_seconds[name] * 1000 / count, 2),
                "peak_rss_mb": round(rss[name] / MB, 1),
            }
            for name in cores
        }

    def _charts(self) -> Sequence[Chart]:
        buckets = over_time(self.orders, self.began_at)
        samples = self.usage.samples
        end = max([self.stopped_at, *(each.at for each in samples)]) - self.began_at
        rates = {"orders": [(each.at, each.per_second) for each in buckets]}
        waits = {
            name: [(each.at, each.latencies[name]) for each in buckets if each.latencies]
            for name in ("p50", "p95", "p99")
        }
        return [
            Chart("Orders that ended, per second", rates, end),
            Chart("Latency from when an order was due to its end, seconds", waits, end),
            Chart("Cores busy, by process", self._by_process(lambda each: each.cores), end),
            Chart("Memory by process, MB", self._by_process(lambda each: each.rss / MB), end),
        ]

    def _by_process(self, value: Callable[[Sample], float]) -> dict[str, list[tuple[float, float]]]:
        lines: dict[str, list[tuple[float, float]]] = {}
        for each in self.usage.samples:
            lines.setdefault(each.name, []).append((each.at - self.began_at, value(each)))
        return lines

    def _since(self, at: float) -> float:
        return round(at - self.began_at, 1)
