"""``[tool.sagacheck]`` of the nearest pyproject.toml: which saga, which scenarios, which engine.

[tool.sagacheck]
saga = "shop.saga:SAGA"
scenarios = ["scenarios"]
engine = "simulated"
horizon = "48h"

The project of a folder is the nearest one above it whose pyproject.toml has this table. Paths and
modules are looked for in the project's own folder, so a command means the same in every folder
below it.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from sagacheck.world import parse_duration

FILE = "pyproject.toml"
TABLE = "tool.sagacheck"
ENGINES = ("simulated", "server")
BOTH = "both"
"""Stands for both engines, whose results are compared."""


EXAMPLE = f"""\
  [{TABLE}]
  saga = "shop.saga:SAGA"
  scenarios = ["scenarios"]"""


def read_horizon(written: object) -> float:
    """The seconds that a horizon means, as text or as a timedelta.

    Raises:
        ValueError: It is neither, or no time at all.
    """
    try:
        is_text = isinstance(written, str)
        seconds: float = parse_duration(written) if is_text else written.total_seconds()  # type: ignore[arg-type,attr-defined]
    except (AttributeError, ValueError):
        seconds = 0.0
    if seconds < 0.001:
        raise ValueError('write how long an order may take, such as "48h" or "30d"')
    return round(seconds, 3)


class ConfigError(Exception):
    """The configuration is wrong; the message names file, key, value, rule, and what was meant."""


class Project(msgspec.Struct, frozen=True):
    """What a project says about its saga.

    Attributes:
        root: The folder of its pyproject.toml; the current one where there is none.
        is_configured: Whether there is a pyproject.toml with the table.
        saga: ``module:NAME`` or ``path/to/file.py:NAME`` of the saga under test, if it is named.
        scenarios: The folders and files with its scenarios.
        engine: The default of ``--engine``: one of `ENGINES`, or `BOTH`.
        horizon: How many seconds an order of `saga` may take, if the saga does not say so itself.
    """

    root: Path
    is_configured: bool = False
    saga: str | None = None
    scenarios: tuple[Path, ...] = ()
    engine: str = "simulated"
    horizon: float | None = None

    @property
    def file(self) -> Path:
        """Its pyproject.toml."""
        return self.root / FILE

    def missing(self, key: str, option: str) -> ConfigError:
        """The error for a key that is needed and not there.

        Args:
            key: The key.
            option: What a command may be given instead, in words.
        """
        if self.is_configured:
            return _wrong(self.file, f"{TABLE}.{key}", "it is not there", f"write it, or {option}")
        where = f"no {FILE} in {self.root} or above it has [{TABLE}]"
        return ConfigError(f"{where}; {option}, or write a {FILE} with\n\n{EXAMPLE}")


def find_project(start: Path | None = None) -> Project:
    """The project of the folder `start`, by default of the current one.

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
    """The table of a pyproject.toml; ``None`` where there is none."""
    if not file.is_file():
        return None
    try:
        tool = _tool_tables(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"{file}: it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        value = f"byte {error.start} is {error.object[error.start]:#04x}"
        raise _wrong(file, "", value, "TOML is written in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise _wrong(file, "", "this is no TOML", str(error)) from None
    table = tool.get("sagacheck") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise _wrong(file, TABLE, repr(table), f"it must be a table, [{TABLE}]")
    return table


@lru_cache(maxsize=1)
def _tool_tables(content: bytes) -> Any:
    # A command asks for its project twice, and a long file takes a hundredth of its time.
    return tomllib.loads(content.decode()).get("tool")


def _project(root: Path, table: Mapping[str, Any]) -> Project:
    reader = _Reader(root, table)
    return Project(
        root,
        is_configured=True,
        saga=reader.saga(),
        scenarios=reader.scenarios(),
        engine=reader.engine(),
        horizon=reader.horizon(),
    )


class _Reader:
    """Reads the keys of a table, and refuses what is wrong.

    Args:
        root: The folder of the pyproject.toml.
        table: The table.
    """

    def __init__(self, root: Path, table: Mapping[str, Any]) -> None:
        self._root = root
        self._table = table
        known = ("saga", "scenarios", "engine", "horizon")
        for key in table:
            if key not in known:
                rule = f"unknown key; the keys are {', '.join(known)}"
                raise self._problem(key, rule, _nearest(key, known))

    def saga(self) -> str | None:
        value = self._table.get("saga")
        if value is None or (isinstance(value, str) and all(value.rpartition(":"))):
            return value
        raise self._problem("saga", "write package.module:NAME or path/to/file.py:NAME")

    def scenarios(self) -> tuple[Path, ...]:
        value = self._table.get("scenarios", [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            rule = 'write a list of folders and files, such as ["scenarios"]'
            meant = f'["{value}"]' if isinstance(value, str) else ""
            raise self._problem("scenarios", rule, meant)
        for name in value:
            if not (self._root / name).exists():
                there = [each.name for each in self._root.iterdir()]
                rule = f"there is no {name} in {self._root}; make the folder, or name another"
                raise self._problem("scenarios", rule, _nearest(name, there))
        return tuple(self._root / name for name in value)

    def engine(self) -> str:
        value = self._table.get("engine", "simulated")
        known = (*ENGINES, BOTH)
        if value in known:
            return str(value)
        rule = f"write one of {', '.join(known)}"
        raise self._problem("engine", rule, _nearest(str(value), known))

    def horizon(self) -> float | None:
        value = self._table.get("horizon")
        try:
            return None if value is None else read_horizon(value)
        except ValueError as error:
            raise self._problem("horizon", str(error)) from None

    def _problem(self, key: str, rule: str, suggestion: str = "") -> ConfigError:
        value = repr(self._table[key])
        return _wrong(self._root / FILE, f"{TABLE}.{key}", value, rule, suggestion)


def _wrong(file: Path, key: str, value: str, rule: str, suggestion: str = "") -> ConfigError:
    hint = f" (did you mean {suggestion}?)" if suggestion else ""
    place = ": ".join(filter(None, (str(file), key, value)))
    return ConfigError(f"{place}; {rule}{hint}")


def _nearest(word: str, known: Sequence[str]) -> str:
    return next(iter(difflib.get_close_matches(word, known, n=1)), "")
