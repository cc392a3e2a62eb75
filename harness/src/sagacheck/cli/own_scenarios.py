"""The scenarios of a saga that ``--saga`` names: its own, and no other's."""

from __future__ import annotations

import shlex
from pathlib import Path

from sagacheck.config import Project, find_project
from sagacheck.importing import module_file

FOLDER = "scenarios"


class NoScenariosError(Exception):
    """The saga has no scenarios; the message says how to make one."""


def own_scenarios(reference: str) -> list[Path]:
    """The files and folders with the scenarios of a saga that is loaded.

    These are those of the pyproject.toml above its module, if that names a saga of this module, or
    else a folder ``scenarios`` beside the module or beside its package.

    Args:
        reference: The value of ``--saga``.

    Raises:
        ConfigError: The pyproject.toml above its module is wrong.
        NoScenariosError: There are none.
    """
    module = module_file(reference)
    if module is None:
        raise _none(reference, Path(FOLDER))
    project = find_project(module.parent)
    if _names_module(project, module):
        if project.scenarios:
            return list(project.scenarios)
        raise project.missing("scenarios", "pass files or folders")
    for folder in _beside(module):
        if folder.is_dir() and not _is_of_another(folder, project):
            return [folder]
    raise _none(reference, module.parent / FOLDER)


def _names_module(project: Project, module: Path) -> bool:
    """Whether the project's saga is made in this module, as this one or a variant of it."""
    if project.saga is None:
        return False
    named = module_file(project.saga, project.root)
    return named is not None and named == module


def _beside(module: Path) -> list[Path]:
    folders = [module.parent]
    while (folders[-1] / "__init__.py").is_file():
        folders.append(folders[-1].parent)
    return [folder / FOLDER for folder in folders]


def _is_of_another(folder: Path, project: Project) -> bool:
    """Whether a folder has scenarios of the project, whose saga is another."""
    return any(
        each.resolve().is_relative_to(folder) or folder.is_relative_to(each.resolve())
        for each in project.scenarios
    )


def _none(reference: str, folder: Path) -> NoScenariosError:
    here = Path.cwd()
    shown = folder.relative_to(here) if folder.is_relative_to(here) else folder
    command = shlex.join(["sagacheck", "new", str(shown / "first"), "--saga", reference])
    msg = (
        f"--saga: {reference!r}; it has no scenarios: no [tool.sagacheck] for it names any, and "
        f"there is no folder {shown}; pass files or folders, or begin with: {command}"
    )
    return NoScenariosError(msg)
