"""Measures how long ``sagacheck run ONE`` takes: ``nox -s bench``."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

import click

from sagacheck.language.loader import find

AT_MOST_SECONDS = 1.5


@click.command()
@click.option("--runs", default=5, show_default=True, type=click.IntRange(min=1))
def main(runs: int) -> None:
    """Start a run of one scenario in virtual time, in a fresh process each time."""
    one = str(find([])[0])
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "scenarios", "run", one, "--runs", folder]
        for _ in range(runs):
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds.append(time.perf_counter() - started)
    median = statistics.median(seconds)
    click.echo(f"run of one scenario: {median:.2f} s (median; at most {AT_MOST_SECONDS} s)")


if __name__ == "__main__":
    main()
