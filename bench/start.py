"""Measures the start of commands beside the SDK's own imports: ``nox -s bench``.

Everything is timed in turns within one run, so that a busy machine slows all of it alike.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
ONE = "scenarios/catalogue/payments/card-declined.yaml"
SDK = [sys.executable, "-c", "import temporalio.client, temporalio.worker"]
LIBRARIES = [
    *SDK[:2],
    (
        f"import sys; sys.modules['httpx._main'] = None; {SDK[2]}, temporalio.contrib.pydantic, "
        "pydantic.dataclasses, httpx, click, rich.console, rich.table, ruamel.yaml, msgspec"
    ),
]
"""What a run of our saga imports before a line of the project: no start is shorter than this."""
AT_MOST = 1.6
"""``run ONE`` takes at most so many times as long as the SDK's imports."""
HELP_SECONDS_AT_MOST = 0.3


@click.command()
@click.option("--runs", default=7, show_default=True, type=click.IntRange(min=1))
def main(runs: int) -> None:
    """Time imports, a run of one scenario, and the help, each in a fresh process."""
    with tempfile.TemporaryDirectory() as folder:
        sagacheck = [sys.executable, "-m", "sagacheck"]
        run = [*sagacheck, "run", ONE, "--runs", folder]
        seconds: dict[str, list[float]] = {"sdk": [], "libraries": [], "run": [], "help": []}
        for _ in range(runs + 1):
            seconds["sdk"].append(_seconds_of(SDK))
            seconds["libraries"].append(_seconds_of(LIBRARIES))
            seconds["run"].append(_seconds_of(run))
            seconds["help"].append(_seconds_of([*sagacheck, "--help"]))
    # The first round fills the caches of the system.
    sdk, libraries, one, help_ = (statistics.median(each[1:]) for each in seconds.values())
    click.echo(f"imports of temporalio.client and temporalio.worker: {sdk:.2f} s (median)")
    click.echo(f"with the other libraries of a run: {libraries / sdk:.2f} times that")
    click.echo(f"run of one scenario: {one:.2f} s, {one / sdk:.2f} times that (at most {AT_MOST})")
    click.echo(f"--help: {help_:.2f} s (at most {HELP_SECONDS_AT_MOST} s)")


def _seconds_of(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
