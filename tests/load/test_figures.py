"""The figures of a run: latency, and throughput over time."""

from __future__ import annotations

import pytest

from sagacheck.load.results.figures import Ended, latencies, over_time


def test_percentiles_lie_between_the_nearest_values() -> None:
    """Of a hundred values the 99th percentile is not the maximum: one in a hundred lies above."""
    orders = [Ended(at=float(each), latency=float(each)) for each in range(1, 101)]

    assert latencies(orders) == {"p50": 50.5, "p95": 95.05, "p99": 99.01}


def test_percentiles_of_one_value_are_that_value() -> None:
    """And there are none where no order has ended."""
    assert latencies([Ended(at=1.0, latency=0.25)]) == dict.fromkeys(("p50", "p95", "p99"), 0.25)
    assert latencies([]) == {}


def test_every_order_is_in_one_span_of_time() -> None:
    """Also the first and the last, and none before the run began."""
    orders = [Ended(at, 0.1) for at in (99.9, 100.0, 130.0, 220.0)]

    spans = over_time(orders, began_at=100.0)

    assert len(spans) <= 61
    assert sum(each.per_second * 2 for each in spans) == pytest.approx(len(orders))
