"""``[tool.sagacheck]`` of the nearest pyproject.toml: which saga, which scenarios, which engine.

[tool.sagacheck]
saga = "shop.saga:SAGA"
scenarios = ["scenarios"]
engine = "simulated"
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = "pyproject.toml"
ENGINES = ("simulated", "server", "both")


class ConfigError(Exception):
    """The configuration is wrong; the message names file, key, value and rule."""


@dataclass(frozen=True)
class Project:
    """What a project says of its saga.

    Attributes:
        root: The folder of its pyproject.toml; the current one where there is none.
        saga: ``module:NAME`` or ``path/to/file.py:NAME`` of the saga under test, if it is named.
        scenarios: The folders and files with its scenarios.
        engine: What plays them by default.
    """

    root: Path
    saga: str | None = None
    scenarios: tuple[Path, ...] = ()
    engine: str = "simulated"


def find_project(start: Path | None = None) -> Project:
    """The project around `start`, by default around the current folder.

    Raises:
        ConfigError: Its configuration is wrong.
    """
    folder = (start or Path.cwd()).resolve()
    for each in (folder, *folder.parents):
        table = _table_in(each / FILE)
        if table is not None:
            return _project(each, table)
    return Project(folder)


def _table_in(file: Path) -> Mapping[str, Any] | None:
    if not file.is_file():
        return None
    try:
        tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file}: it cannot be read: {error}") from None
    table = tool.get("sagacheck")
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{file}: tool.sagacheck: {table!r}; it must be a table")
    return table


def _project(root: Path, table: Mapping[str, Any]) -> Project:
    known = ("saga", "scenarios", "engine")
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            rule = f"the keys are {', '.join(known)}"
            raise _wrong(root, key, table[key], f"unknown key; {rule}{hint}")
    saga, engine = table.get("saga"), table.get("engine", "simulated")
    if saga is not None and not (isinstance(saga, str) and ":" in saga):
        raise _wrong(root, "saga", saga, "write package.module:NAME or path/to/file.py:NAME")
    if engine not in ENGINES:
        near = difflib.get_close_matches(str(engine), ENGINES, n=1)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise _wrong(root, "engine", engine, f"write one of {', '.join(ENGINES)}{hint}")
    return Project(root, saga, _folders(root, table.get("scenarios", [])), engine)


def _folders(root: Path, value: Any) -> tuple[Path, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _wrong(root, "scenarios", value, 'write a list of folders, such as ["scenarios"]')
    folders = tuple(root / each for each in value)
    for name, folder in zip(value, folders, strict=True):
        if not folder.exists():
            raise _wrong(root, "scenarios", name, f"there is no such folder in {root}")
    return folders


def _wrong(root: Path, key: str, value: Any, rule: str) -> ConfigError:
    return ConfigError(f"{root / FILE}: tool.sagacheck.{key}: {value!r}; {rule}")
