"""The artifacts of a run: ``runs/<time>/`` with results, journal and histories."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sagacheck.checks import NO_ORDERS, Verdict
from sagacheck.result_files import named_in_errors, write_text
from sagacheck.run.events import Listener
from sagacheck.run.run_log import journal_lines
from sagacheck.run.run_result import RunResult
from sagacheck.run.scenario_result import ScenarioResult


class Artifacts(Listener):
    """Writes the artifacts of a run once it has finished.

    Args:
        root: The folder that holds a folder for each run.
        command: The command that repeats the run.

    Attributes:
        folder: The run's folder; there is none before the run has finished.
    """

    def __init__(self, root: Path, command: str) -> None:
        self._root = root
        self._command = command
        self.folder: Path | None = None

    def run_finished(self, run: RunResult) -> None:
        """Write all of it."""
        self.folder = write_artifacts(run.results, self._root, self._command)


def results_json(results: Sequence[ScenarioResult]) -> dict[str, Any]:
    """The results as ``--json`` writes them."""
    return {
        "scenarios": [result.as_json() for result in results],
        "verdict": str(Verdict.merge(result.verdict for result in results)),
        **sum((result.orders for result in results), NO_ORDERS).as_json(),
    }


def results_text(results: Sequence[ScenarioResult]) -> str:
    """The same as the text of a file."""
    return json.dumps(results_json(results), indent=2) + "\n"


def write_artifacts(results: Sequence[ScenarioResult], root: Path, command: str) -> Path:
    """Write results, journal and histories below `root`, and let ``latest`` point there.

    Args:
        results: The results of the run.
        root: The folder that holds a folder for each run.
        command: The command that repeats the run.

    Returns:
        The run's folder.
    """
    folder = new_folder(root, command)
    write_text(folder / "results.json", results_text(results))
    _write_journal(results, folder / "journal.ndjson")
    _write_histories(results, folder / "histories")
    return folder


def new_folder(root: Path, command: str) -> Path:
    """A fresh folder below `root` for a run, to which ``latest`` points.

    Args:
        root: The folder that holds a folder for each run.
        command: The command that repeats the run.
    """
    folder = root / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    folder.mkdir(parents=True)
    write_text(folder / "command.txt", f"{command}\n")
    _point_latest_to(folder)
    return folder


def slug(name: str) -> str:
    """`name` as a part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80].rstrip("-") or "scenario"


def _write_journal(results: Sequence[ScenarioResult], file: Path) -> None:
    with named_in_errors(file), file.open("w", encoding="utf-8") as journal:
        for result in results:
            for line in journal_lines(result):
                journal.write(json.dumps(line, default=str) + "\n")


def _write_histories(results: Sequence[ScenarioResult], folder: Path) -> None:
    folder.mkdir()
    for number, result in enumerate(results, 1):
        for order, outcome in result.trial.outcomes.items():
            history = outcome.history  # it is made when it is asked for
            if history:
                name = f"{number:03d}-{slug(result.scenario.name)}.{order}.json"
                write_text(folder / name, history)


def _point_latest_to(folder: Path) -> None:
    latest = folder.parent / "latest"
    fresh = folder.parent / f".latest-{folder.name}"
    fresh.symlink_to(folder.name)
    fresh.replace(latest)  # in one step, for runs that end at the same time
