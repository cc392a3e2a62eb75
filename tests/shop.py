"""The harness in the words of this shop, for tests that are about something else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sagacheck import language
from sagacheck.language import Dialect, Scenario
from scenarios import SAGA

DIALECT = SAGA.dialect
SCHEMA_FILE = Path(__file__).parents[1] / "scenarios" / "schema.json"
CATALOGUE = Path(__file__).parents[1] / "scenarios" / "catalogue"


def find(paths: Iterable[str | Path] = ()) -> list[Path]:
    """The scenario files in files and folders; in the catalogue, where there are none."""
    here = Path.cwd()
    folder = CATALOGUE.relative_to(here) if CATALOGUE.is_relative_to(here) else CATALOGUE
    return language.find(list(paths) or [folder])


def load(paths: Iterable[str | Path] = ()) -> list[Scenario]:
    """The scenarios of files and folders; of the catalogue, where there are none."""
    return language.load(find(paths), DIALECT)


def load_file(path: str | Path, dialect: Dialect = DIALECT) -> Scenario:
    """The scenario of a file."""
    return language.load_file(path, dialect)


def load_text(text: str | bytes, file: str = "<text>", dialect: Dialect = DIALECT) -> Scenario:
    """The scenario of a text."""
    return language.load_text(text, file, dialect=dialect)


def as_yaml(scenario: Scenario, *, comment: str = "", dialect: Dialect = DIALECT) -> str:
    """The text of a scenario."""
    return language.as_yaml(scenario, dialect, comment=comment)


def json_schema(dialect: Dialect = DIALECT) -> dict[str, Any]:
    """The JSON Schema of scenario files."""
    return language.json_schema(dialect)


def schema_text(dialect: Dialect = DIALECT) -> str:
    """The text of the schema's file as it should be."""
    return language.schema_text(dialect)


def plain_orders(count: int, dialect: Dialect = DIALECT) -> Scenario:
    """The scenario that a search begins with."""
    return language.plain_orders(count, dialect)
