"""What a run leaves behind: ``runs/<time>/`` with results, journals and histories."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from sagacheck.checks import Verdict
from sagacheck.run.judge import ScenarioResult


def results_json(results: Sequence[ScenarioResult]) -> dict[str, Any]:
    """The results as ``--json`` writes them."""
    return {
        "scenarios": [result.as_json() for result in results],
        "verdict": str(Verdict.merge(result.verdict for result in results)),
    }


def leave_behind(results: Sequence[ScenarioResult], root: Path, command: str) -> Path:
    """Write everything about a run below `root`, and let ``latest`` point there.

    Args:
        results: The results of the run.
        root: The folder that holds a folder for each run.
        command: The command that repeats the run.

    Returns:
        The run's folder.
    """
    folder = new_folder(root, command)
    (folder / "histories").mkdir()
    _write(folder / "results.json", json.dumps(results_json(results), indent=2) + "\n")
    with (folder / "journal.ndjson").open("w", encoding="utf-8") as journal:
        for result in results:
            for line in _journal_lines(result):
                journal.write(json.dumps(line, default=str) + "\n")
    for number, result in enumerate(results, 1):
        for order, outcome in result.trial.outcomes.items():
            if outcome.history:
                name = f"{number:03d}-{slug(result.scenario.name)}.{order}.json"
                _write(folder / "histories" / name, outcome.history)
    return folder


def new_folder(root: Path, command: str) -> Path:
    """A fresh folder below `root` for a run, to which ``latest`` points.

    Args:
        root: The folder that holds a folder for each run.
        command: The command that repeats the run.
    """
    folder = root / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    folder.mkdir(parents=True)
    _write(folder / "command.txt", f"{command}\n")
    _point_latest_to(folder)
    return folder


def _journal_lines(result: ScenarioResult) -> list[dict[str, Any]]:
    attempts = [
        {"scenario": result.scenario.name, "kind": "attempt", **msgspec.to_builtins(attempt)}
        for attempt in result.trial.world.journal
    ]
    entries = [
        {"scenario": result.scenario.name, "kind": "entry", **msgspec.to_builtins(entry)}
        for entry in result.trial.world.ledger.entries
    ]
    violations = [
        {"scenario": result.scenario.name, "kind": "violation", **asdict(violation)}
        for violation in result.violations
    ]
    return [*attempts, *entries, *violations]


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _point_latest_to(folder: Path) -> None:
    latest = folder.parent / "latest"
    fresh = folder.parent / f".latest-{folder.name}"
    fresh.symlink_to(folder.name)
    fresh.replace(latest)  # in one step, for runs that end at the same time


def slug(name: str) -> str:
    """`name` as a part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80].rstrip("-") or "scenario"
