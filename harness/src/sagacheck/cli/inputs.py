"""What commands read before they begin: project, saga, scenarios. A wrong one ends the command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from sagacheck.cli.exit_codes import WRONG_INPUT, exit_with
from sagacheck.cli.own_scenarios import NoScenariosError, own_scenarios
from sagacheck.config import ConfigError, Project, find_project
from sagacheck.errors import InvalidScenarioError, Problem
from sagacheck.importing import NotImportableError
from sagacheck.language import Scenario, load
from sagacheck.saga import SagaUnderTest, load_saga


def project_or_exit() -> Project:
    """The project of the current folder."""
    try:
        return find_project()
    except ConfigError as error:
        exit_with(WRONG_INPUT, str(error))


def saga_or_exit(reference: str | None) -> SagaUnderTest:
    """The saga that ``--saga`` names, or else pyproject.toml."""
    try:
        return load_saga(reference)
    except (ConfigError, NotImportableError) as error:
        exit_with(WRONG_INPUT, str(error))


def load_or_exit(
    paths: Sequence[Path], saga: SagaUnderTest, reference: str | None = None
) -> list[Scenario]:
    """The scenarios of files and folders, in the saga's words.

    Args:
        paths: The files and folders; without any, the saga's own.
        saga: The saga under test.
        reference: The value of ``--saga``; ``None`` for the saga named in pyproject.toml.
    """
    try:
        return load(paths or _own(reference), saga.dialect)
    except InvalidScenarioError as error:
        lines = [*map(str, error.problems), *_hint_at_saga(error.problems, saga)]
        exit_with(WRONG_INPUT, "\n".join(lines))


def _own(reference: str | None) -> list[Path]:
    """The files and folders with the saga's scenarios, as one would type them from here."""
    try:
        found = own_scenarios(reference) if reference else _configured(project_or_exit())
    except (ConfigError, NoScenariosError) as error:
        exit_with(WRONG_INPUT, str(error))
    here = Path.cwd()
    return [each.relative_to(here) if each.is_relative_to(here) else each for each in found]


def _configured(project: Project) -> list[Path]:
    """The folders that pyproject.toml names.

    Raises:
        ConfigError: It names none.
    """
    if not project.scenarios:
        raise project.missing("scenarios", "pass files or folders")
    return list(project.scenarios)


def _hint_at_saga(problems: Iterable[Problem], saga: SagaUnderTest) -> Iterator[str]:
    """Without ``--saga`` the scenarios of another saga have only operations that are unknown."""
    unknown = {
        problem.value.strip("'").partition(".")[0]
        for problem in problems
        if problem.what == "unknown operation" and not problem.suggestion
    }
    strangers = unknown.difference(saga.operations.services)
    if strangers:
        names = ", ".join(sorted(strangers))
        yield f"{saga.workflow_name} has no services called {names}; pass --saga for one that has"
