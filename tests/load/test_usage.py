"""What a run is bound by, as its report says it."""

from __future__ import annotations

import os

import pytest

from sagacheck.load.system.usage import Sample, Usage


def usage(machine: float, **cores: float) -> Usage:
    """The usage of a run on two cores: of the whole computer, and of each process."""
    samples = [Sample(1.0, name, used, 0) for name, used in cores.items()]
    return Usage(dict, samples=samples, machine=[machine])


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (
            usage(0.95, server=1.2, worker=0.6),
            (
                "server-bound at 12.0 orders/s: 95% of 2 cores busy, 1.8 of them by the run, "
                "most by server (1.20)"
            ),
        ),
        (
            usage(0.99, server=0.3, worker=0.2),
            (
                "bottleneck unknown at 12.0 orders/s: other programs kept the computer busy; "
                "99% of 2 cores busy, 0.5 of them by the run, 1.5 by other programs"
            ),
        ),
        (
            usage(0.7, server=0.4, worker=0.97),
            (
                "worker-bound at 12.0 orders/s: it keeps one core 97% busy; "
                "70% of 2 cores busy, 1.4 of them by the run"
            ),
        ),
        (
            usage(0.3, server=0.4, worker=0.2),
            "no bottleneck at 12.0 orders/s: 30% of 2 cores busy, 0.6 of them by the run",
        ),
        (Usage(dict), "bottleneck unknown: the run was too short"),
    ],
)
def test_the_bottleneck_is_named(
    measured: Usage, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the numbers that it is read off, or why it is unknown."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    assert measured.bottleneck(12.0) == sentence
