"""What commands have in common: options, and what they make of their values."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from sagacheck.checks import Verdict
from sagacheck.config import ConfigError, find_project
from sagacheck.errors import InvalidScenarioError, Problem
from sagacheck.importing import NotImportableError
from sagacheck.language import Scenario, load
from sagacheck.saga import SagaUnderTest, load_saga

WRONG_INPUT = 2
UNKNOWN = Verdict.UNKNOWN.exit_code

EXIT_CODES = """\b
Exit codes:
  0  valid    every scenario came out as it should, and no invariant was broken
  1  invalid  an invariant was broken, or an expectation was not met
  2  usage    wrong usage or wrong input; nothing was run
  3  unknown  something that was to be seen was not: a fault that never fired,
              an event that never happened, a run that came to no end or was
              ended by Ctrl-C, which shows what was found by then
"""


class NewFile(click.Path):
    """A file to be written, in a folder that is there: better known before a run than after it."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, dir_okay=False, writable=True)

    def convert(
        self,
        value: str | os.PathLike[str],
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Any:
        """The file's path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}", param, ctx)
        return path


class Percent(click.FloatRange):
    """A share of the scenarios, whose number may be left out at the end of a command."""

    name = "percent"

    def __init__(self) -> None:
        super().__init__(0, 100)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The share in percent."""
        try:
            share = float(value)
        except ValueError:
            hint = "write --check-determinism=100 where a path follows"
            self.fail(f"{value!r} is no number; {hint}", param, ctx)
        return float(super().convert(share, param, ctx))


class Address(click.ParamType[str]):
    """Where a server listens."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address as it is."""
        host, _, port = str(value).rpartition(":")
        if not (host and port.isdecimal()):
            self.fail(f"{value!r} is no HOST:PORT, such as localhost:7233", param, ctx)
        return str(value)


PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
SAGA = click.option(
    "--saga",
    "saga_reference",
    metavar="M:N",
    help="The saga under test, a SagaUnderTest: module:NAME or path/to/file.py:NAME. "
    "[default: the saga named in pyproject.toml]",
)
RUNS = click.option(
    "--runs",
    "runs_folder",
    type=click.Path(path_type=Path, file_okay=False, writable=True),
    default=Path("runs"),
    show_default=True,
    help="The folder that keeps the results, journal and histories of each run; its link "
    "`latest` points to the last one.",
)
REPORT = click.option(
    "--report",
    "report_folder",
    type=click.Path(path_type=Path, file_okay=False, writable=True),
    metavar="DIR",
    help="Write a page that shows it all into this folder: DIR/index.html, which needs no network.",
)


def load_or_exit(paths: Sequence[Path], saga: SagaUnderTest) -> list[Scenario]:
    """The scenarios of files and folders, in the saga's words.

    Args:
        paths: The files and folders; without any, those that pyproject.toml names.
        saga: The saga under test.
    """
    try:
        return load(paths or _scenario_folders(), saga.dialect)
    except InvalidScenarioError as error:
        lines = [*map(str, error.problems), *_hint_at_saga(error.problems, saga)]
        exit_with(WRONG_INPUT, "\n".join(lines))


def _scenario_folders() -> list[Path]:
    """The folders that pyproject.toml names, as one would type them from here."""
    try:
        project = find_project()
    except ConfigError as error:
        exit_with(WRONG_INPUT, str(error))
    folders = project.scenarios
    if not folders:
        exit_with(WRONG_INPUT, str(project.missing("scenarios", "pass files or folders")))
    here = Path.cwd()
    return [each.relative_to(here) if each.is_relative_to(here) else each for each in folders]


def _hint_at_saga(problems: Iterable[Problem], saga: SagaUnderTest) -> Iterator[str]:
    """Whoever has left out ``--saga`` sees nothing but operations that nobody knows."""
    unknown = {
        problem.value.strip("'").partition(".")[0]
        for problem in problems
        if problem.what == "unknown operation" and not problem.suggestion
    }
    strangers = unknown.difference(saga.operations.services)
    if strangers:
        names = ", ".join(sorted(strangers))
        yield f"{saga.workflow_name} has no services called {names}; --saga names a saga that has"


def saga_or_exit(reference: str | None) -> SagaUnderTest:
    """The saga that ``--saga`` names, or else pyproject.toml."""
    try:
        return load_saga(reference)
    except (ConfigError, NotImportableError) as error:
        exit_with(WRONG_INPUT, str(error))


def exit_with(code: int, message: str) -> NoReturn:
    """End the command."""
    click.echo(message, err=True)
    sys.exit(code)
