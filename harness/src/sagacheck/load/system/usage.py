"""What the processes of a run use: CPU time and memory, sampled once a second."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import gevent
import psutil

from sagacheck.plural import count

EVERY_SECONDS = 1.0
BUSY_MACHINE = 0.9
"""From this fraction of all cores on, more load only waits."""
BUSY_PROCESS = 0.9
"""From this fraction of one core on, a Python process cannot do more."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What one process used in one interval.

    Attributes:
        at: The interval's end, in seconds of Unix time.
        name: The process.
        cores: Cores that it kept busy, 1.0 for all of one.
        rss: Bytes of memory that it held.
    """

    at: float
    name: str
    cores: float
    rss: int


@dataclass
class Usage:
    """Takes samples until it is stopped.

    Attributes:
        processes: The processes now, by name.
        samples: All samples.
        machine: Busy fraction of all cores in each interval, by any program.
        cpu_seconds: CPU time that each process used, by name; before and after its restarts.
    """

    processes: Callable[[], Mapping[str, int]]
    samples: list[Sample] = field(default_factory=list)
    machine: list[float] = field(default_factory=list)
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    _last: dict[int, tuple[float, float]] = field(default_factory=dict)
    _greenlet: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        """Begin."""
        psutil.cpu_percent()  # its first result is meaningless by its documentation
        self._take_samples()
        self._greenlet = gevent.spawn(self._sample_again_and_again)

    def stop(self) -> None:
        """Take the last samples."""
        if self._greenlet is not None:
            self._greenlet.kill()
            self._greenlet = None
            self._take_samples()

    def _sample_again_and_again(self) -> None:
        while True:
            gevent.sleep(EVERY_SECONDS)
            self._take_samples()
            self.machine.append(psutil.cpu_percent() / 100)

    def _take_samples(self) -> None:
        for name, pid in self.processes().items():
            try:
                process = psutil.Process(pid)
                times, rss = process.cpu_times(), process.memory_info().rss
            except psutil.Error:  # the nemesis has killed it
                continue
            now, spent = time.time(), times.user + times.system
            if pid in self._last:
                before, had_spent = self._last[pid]
                self.cpu_seconds[name] = self.cpu_seconds.get(name, 0.0) + spent - had_spent
                cores = (spent - had_spent) / max(now - before, 0.001)
                self.samples.append(Sample(now, name, cores, rss))
            self._last[pid] = now, spent

    def cores(self) -> dict[str, float]:
        """Cores that each process kept busy, on average."""
        return {name: sum(each) / len(each) for name, each in self._by_name("cores")}

    def peak_rss(self) -> dict[str, int]:
        """The most bytes of memory that each process held."""
        return {name: int(max(each)) for name, each in self._by_name("rss")}

    def _by_name(self, value: str) -> Iterator[tuple[str, list[float]]]:
        table: dict[str, list[float]] = {}
        for sample in self.samples:
            table.setdefault(sample.name, []).append(getattr(sample, value))
        return iter(table.items())

    def bottleneck(self, orders_per_second: float) -> str:
        """What would have to be faster for more orders per second, in one sentence."""
        cores = self.cores()
        if not cores or not self.machine:
            return "bottleneck unknown: the run was too short"
        all_cores = os.cpu_count() or 1
        busy = sum(self.machine) / len(self.machine)
        ours = sum(cores.values())
        at = f"at {orders_per_second:.1f} orders/s"
        others = max(0.0, busy * all_cores - ours)
        cores_there = count(all_cores, "core")
        shares = f"{busy:.0%} of {cores_there} busy, {ours:.1f} of them by the run"
        if others > 0.2:
            shares += f", {others:.1f} by other programs"
        busiest = max(cores, key=lambda name: cores[name])
        if busy >= BUSY_MACHINE and others > ours:
            return f"bottleneck unknown {at}: other programs kept the computer busy; {shares}"
        if busy >= BUSY_MACHINE:
            return f"{busiest}-bound {at}: {shares}, most by {busiest} ({cores[busiest]:.2f})"
        for name, used in sorted(cores.items()):
            if name != "server" and used >= BUSY_PROCESS:
                return f"{name}-bound {at}: it keeps one core {used:.0%} busy; {shares}"
        return f"no bottleneck {at}: {shares}"
