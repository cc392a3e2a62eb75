"""Loads scenarios: finds their files, reads them, and says everything that is wrong with them."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import ValidationError

from sagacheck.errors import InvalidScenarioError, Problem
from sagacheck.language.build import build
from sagacheck.language.dialect import Dialect
from sagacheck.language.explain import explain
from sagacheck.language.scenario import Scenario
from sagacheck.language.yaml.reader import MAX_BYTES, read
from sagacheck.language.yaml.source import shortened

_SUFFIXES = (".yaml", ".yml")


def load(paths: Iterable[str | Path], dialect: Dialect) -> list[Scenario]:
    """Load the scenarios of files and directories.

    Args:
        paths: The files and directories.
        dialect: The language that they are written in, `SagaUnderTest.dialect`.

    Raises:
        InvalidScenarioError: With the problems of all the files.
    """
    scenarios: list[Scenario] = []
    problems: list[Problem] = []
    for path in find(paths):
        try:
            scenarios.append(load_file(path, dialect))
        except InvalidScenarioError as error:
            problems.extend(error.problems)
    problems.extend(_same_names(scenarios))
    if problems:
        raise InvalidScenarioError(problems)
    return scenarios


def load_file(path: str | Path, dialect: Dialect) -> Scenario:
    """Load the scenario of one file, written in `dialect`.

    Raises:
        InvalidScenarioError: When it cannot be read or holds no valid scenario.
    """
    try:
        if not _may_be_read(path):
            raise InvalidScenarioError([_no_scenario(path, "it is no regular file")])
        with Path(path).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidScenarioError([_no_scenario(path, reason)]) from None
    return load_text(content, str(path), dialect=dialect)


def load_text(text: str | bytes, file: str = "<text>", *, dialect: Dialect) -> Scenario:
    """Load a scenario from its text, written in `dialect`; `file` is its name in messages.

    Raises:
        InvalidScenarioError: When it is no valid scenario.
    """
    source = read(text, file)
    problems = list(source.problems)
    try:
        written = dialect.written(source.data)
    except ValidationError as error:
        problems.extend(explain(error, source, dialect.file))
    if problems:
        raise InvalidScenarioError(problems)
    return build(written, source, dialect.operations)


def _may_be_read(path: str | Path) -> bool:
    """Whether `path` has an end: a FIFO would be waited for. To open a directory is an error."""
    mode = Path(path).stat().st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def find(paths: Iterable[str | Path]) -> list[Path]:
    """The scenario files among `paths`, each once; directories are searched to their depth.

    Raises:
        InvalidScenarioError: When a path does not exist or holds no scenario file.
    """
    found: dict[Path, Path] = {}
    problems: list[Problem] = []
    for path in map(Path, paths):
        try:
            files = _files(path)
        except OSError as error:  # such as a name that is too long
            reason = error.strerror or str(error)
            problems.append(_no_scenario(shortened(str(path)), reason))
            continue
        found.update((file.resolve(), file) for file in files if file.resolve() not in found)
        if not files:
            reason = "no .yaml file in it" if path.is_dir() else "it does not exist"
            problems.append(_no_scenario(path, reason))
    if problems:
        raise InvalidScenarioError(problems)
    return list(found.values())


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path] if path.exists() else []
    return sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and file.is_file())


def _no_scenario(path: str | Path, reason: str) -> Problem:
    return Problem(str(path), 1, 1, "no scenario", reason, "name a scenario file or a directory")


def _same_names(scenarios: Iterable[Scenario]) -> Iterator[Problem]:
    first: dict[str, Scenario] = {}
    for scenario in scenarios:
        other = first.setdefault(scenario.name, scenario)
        if other is not scenario:
            place = scenario.place
            rule = f"each scenario has its own name; this one is also in {other.place}"
            value = repr(scenario.name)
            yield Problem(place.file, place.line, place.column, "duplicate name", value, rule)
