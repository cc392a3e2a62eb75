"""What Hypothesis has found, as a scenario file that people read and every command takes."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from sagacheck.engines import Trial
from sagacheck.explore.counterexamples import write_histories
from sagacheck.run import new_folder, slug
from tests.shop import as_yaml

ROOT = Path(__file__).parents[2]
LONGEST_NAME = 100


class CounterexampleError(AssertionError):
    """A story after which something is wrong.

    Args:
        wrongs: What is wrong.
        file: Where the story stands.
        command: What plays it again.
    """

    def __init__(self, wrongs: Sequence[str], file: Path, command: str) -> None:
        listed = "\n".join(f"  {wrong}" for wrong in wrongs)
        text = file.read_text(encoding="utf-8")
        super().__init__(f"\n{listed}\n\n{text}\n  {command}\n")
        self.wrongs = wrongs
        self.file = file
        self.command = command


def counterexample(
    trial: Trial, wrongs: Sequence[str], *, found_by: str, saga: str = ""
) -> CounterexampleError:
    """Write a story and its Temporal histories down, and say what is wrong after it.

    While Hypothesis makes a story simpler the file is written again and again: in the end it holds
    the simplest.

    Args:
        trial: The story, as it was played.
        wrongs: What is wrong after it.
        found_by: The name of the property; the file has it too.
        saga: What ``--saga`` has to name; our own saga by default.
    """
    file = _folder() / f"{slug(found_by)}.yaml"
    story = replace(
        trial.scenario,
        name=_line(wrongs[0]),
        why=f"Hypothesis has found it: {found_by}",
        tags=("counterexample",),
    )
    words = ["sagacheck", "run", shown(file), *(["--saga", saga] if saga else [])]
    command = shlex.join(words)
    file.write_text(as_yaml(story, comment=f"Runs again with: {command}"), encoding="utf-8")
    write_histories(trial, file)
    return CounterexampleError(wrongs, file, command)


def shown(file: Path) -> str:
    """A file as one would name it here."""
    return str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)


@cache
def _folder() -> Path:
    """One for each run of the tests, made when something is found."""
    return new_folder(ROOT / "runs", "pytest tests/property")


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"
