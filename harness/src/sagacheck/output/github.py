"""What is wrong, as GitHub shows it beside the lines of a pull request.

The form is that of GitHub's workflow commands: ``::error file=…,line=…,title=…::message``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from sagacheck.checks import Verdict
from sagacheck.output.failure_lines import failure_lines
from sagacheck.printable import printable
from sagacheck.run import Listener, RunResult, ScenarioResult

_LEVELS = {Verdict.INVALID: "error", Verdict.UNKNOWN: "warning"}


class GitHubAnnotations(Listener):
    """Prints what is wrong as workflow commands, where the run is a step of a GitHub workflow."""

    def run_finished(self, run: RunResult) -> None:
        """Print a command for each scenario that is not valid."""
        if is_workflow_step():
            click.echo("".join(f"{line}\n" for line in annotated(run.results)), nl=False)


def is_workflow_step(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the run is a step of a GitHub workflow."""
    return environment.get("GITHUB_ACTIONS") == "true"


def annotated(results: Sequence[ScenarioResult]) -> Iterator[str]:
    """One workflow command for each scenario that is not valid, at the line of its name."""
    for result in results:
        level = _LEVELS.get(result.verdict)
        if level is None:
            continue
        scenario = result.scenario
        properties = {
            "file": _in_workspace(scenario.file),
            "line": str(scenario.place.line),
            "title": f"{result.verdict} on {result.engine}: {scenario.name}",
        }
        shown = {name: printable(value) for name, value in properties.items()}
        listed = ",".join(f"{name}={_property(value)}" for name, value in shown.items())
        yield f"::{level} {listed}::{_data(chr(10).join(failure_lines(result)))}"


def _in_workspace(file: str) -> str:
    """The file's path from the checkout's root, which is where GitHub looks for it."""
    root = os.environ.get("GITHUB_WORKSPACE")
    path = Path(file).resolve()
    if root and path.is_relative_to(Path(root).resolve()):
        return path.relative_to(Path(root).resolve()).as_posix()
    return file


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
