"""Sagas by their names: on a command line, or in pyproject.toml."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sagacheck.config import TABLE, ConfigError, Project, find_project, read_horizon
from sagacheck.importing import load_object, not_importable
from sagacheck.saga.under_test import SagaUnderTest
from sagacheck.temporal import activity_definition, workflow_definition


def load_saga(
    reference: str | None = None, project: Project | None = None, *, option: str = "--saga"
) -> SagaUnderTest:
    """The saga that ``module:NAME`` or ``path/to/file.py:NAME`` names.

    Args:
        reference: Its name; ``None`` for the one that pyproject.toml names.
        project: The project whose pyproject.toml that is; by default that of the current folder.
        option: What one passes to name a saga, for messages.

    Raises:
        ConfigError: The configuration of the project is wrong, or names no saga.
        NotImportableError: There is no such file, module or name, it is no `SagaUnderTest`, its
            workflow or an activity has no decorator, or two have the same name.
    """
    if reference is not None:
        _find_modules_of_project()
        return _runnable(reference, option, None)
    project = project or find_project()
    if project.saga is None:
        raise project.missing("saga", f"pass {option} module:NAME")
    saga = _runnable(project.saga, f"{project.file}: {TABLE}.saga", project.root)
    if saga.horizon is None and project.horizon is not None:
        return replace(saga, horizon=timedelta(seconds=project.horizon))
    return saga


def _find_modules_of_project() -> None:
    """Let modules be found in the project's root too, from any folder below it.

    Modules of the current folder come first, as they did without a project.
    """
    with suppress(ConfigError):  # who names a saga needs no configuration
        project = find_project()
        if project.is_configured and str(project.root) not in sys.path:
            sys.path.insert(0, str(project.root))


def _runnable(reference: str, place: str, root: Path | None) -> SagaUnderTest:
    """Load a saga, and find out before a run what a worker would find out during it."""
    saga = load_object(reference, SagaUnderTest, place, root)
    try:
        check_saga(saga)
    except (TypeError, ValueError) as error:
        raise not_importable(place, reference, str(error)) from None
    return saga


def check_saga(saga: SagaUnderTest) -> None:
    """Find out before a run what a worker would find out during it.

    Raises:
        TypeError: Its workflow or an activity has no decorator, or a message has no handler.
        ValueError: Two have the same name, or its horizon is no time.
    """
    workflows = [workflow_definition(each) for each in (saga.workflow, *saga.children)]
    _check_names("workflow", [each.name for each in workflows])
    _check_names("activity", [activity_definition(each).name for each in saga.activity_functions])
    saga.check_messages()
    if saga.horizon is not None:
        read_horizon(saga.horizon)


def _check_names(kind: str, names: Sequence[str | None]) -> None:
    """Check that a worker can tell the activities, or the workflows, apart.

    Raises:
        ValueError: It cannot.
    """
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        named = f"named {twice[0]}" if twice[0] else "that is dynamic"
        msg = f"more than one {kind} {named}; a worker takes one"
        raise ValueError(msg)


def saga_words(reference: str | None) -> tuple[str, ...]:
    """The words that name a saga on a command line; none for the one of pyproject.toml."""
    return ("--saga", reference) if reference else ()
