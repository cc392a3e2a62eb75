"""The name of a saga that a test has as an object: a command or another process needs one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import msgspec

from sagacheck.config import Project, find_project
from sagacheck.saga import SagaUnderTest, check_saga


class NamedSaga(msgspec.Struct, frozen=True):
    """A saga under test, and what commands call it.

    Attributes:
        saga: The saga, with the project's horizon if it is the project's saga.
        reference: The value of ``--saga``; ``None`` for the saga named in pyproject.toml, or for
            one that no module names.
        has_name: Whether a command can play it.
    """

    saga: SagaUnderTest
    reference: str | None
    has_name: bool


def named(saga: SagaUnderTest) -> NamedSaga:
    """Find the name of a saga among the modules that are loaded.

    Raises:
        ConfigError: The configuration of the current folder's project is wrong.
        TypeError: It is no `SagaUnderTest`, or its workflow or an activity has no decorator.
        ValueError: A worker could not run it, such as two activities of one name.
    """
    if not isinstance(saga, SagaUnderTest):
        msg = f"{saga!r} is no SagaUnderTest; pass the object that [tool.sagacheck] names as saga"
        raise TypeError(msg)
    check_saga(saga)
    project = find_project()
    places = sorted(_places(saga), key=lambda place: _is_test(place[0].__name__))
    if any(_is_of(project, module, name) for module, name in places):
        if saga.horizon is None and project.horizon is not None:
            saga = replace(saga, horizon=timedelta(seconds=project.horizon))
        return NamedSaga(saga, None, has_name=True)
    for module, name in places:
        return NamedSaga(saga, f"{_as_option(module)}:{name}", has_name=True)
    return NamedSaga(saga, None, has_name=False)


def _places(saga: SagaUnderTest) -> Iterator[tuple[ModuleType, str]]:
    """The modules that have it under a name; the one that makes it is imported last."""
    for module in reversed(list(sys.modules.values())):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is saga and getattr(module, "__file__", None):
                yield module, name


def _is_test(module: str) -> bool:
    """Whether the module is one that a test runner imports by its file, where a command may not."""
    last = module.rpartition(".")[2]
    return last.startswith("test_") or last.endswith("_test") or last in {"conftest", "__main__"}


def _is_of(project: Project, module: ModuleType, name: str) -> bool:
    """Whether this is the saga that pyproject.toml names."""
    place, _, wanted = (project.saga or "").rpartition(":")
    if wanted != name:
        return False
    if place.endswith(".py"):
        return (project.root / place).resolve() == Path(module.__file__ or "").resolve()
    return place == module.__name__


def _as_option(module: ModuleType) -> str:
    """The module as ``--saga`` takes it in the current folder."""
    file = Path(module.__file__ or "").resolve()
    is_package = file.stem == "__init__"
    depth = module.__name__.count(".") + is_package
    root = file.parents[depth] if depth < len(file.parents) else file.parent
    here = Path.cwd().resolve()
    if module.__name__ != "__main__" and (root == here or is_package or "." in module.__name__):
        return module.__name__
    return str(file.relative_to(here) if file.is_relative_to(here) else file)
