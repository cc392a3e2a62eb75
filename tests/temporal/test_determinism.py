"""One seed decides everything."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.temporal.determinism import history


def test_the_same_seed_gives_the_same_history() -> None:
    """Byte for byte, with ids, times and random numbers."""
    assert history(7) == history(7)


def test_another_seed_gives_another_history() -> None:
    """Run ids and the workflow's own random numbers are others."""
    assert history(7) != history(8)


def test_a_worker_that_forgets_makes_no_difference() -> None:
    """Replaying before each task leads to the very same bytes."""
    assert history(7, cached=False) == history(7)


def test_no_process_differs_from_another() -> None:
    """Python's hashes, which differ from process to process, decide nothing."""
    runs = [_in_a_process(hash_seed) for hash_seed in ("1", "2")]

    assert runs == [history(7)] * 2


def _in_a_process(hash_seed: str) -> bytes:
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.temporal.determinism", "7"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        capture_output=True,
        check=True,
    )
    return done.stdout
