"""What ``sagacheck new`` does: writes a scenario to begin with, which runs as it is."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from sagacheck.cli.exit_codes import WRONG_INPUT, exit_with
from sagacheck.cli.inputs import project_or_exit, saga_or_exit
from sagacheck.language import SCHEMA_FILE, SKELETON, load_text, resolved
from sagacheck.printable import printable
from sagacheck.result_files import write_text
from sagacheck.saga import SagaUnderTest, saga_words

_SUFFIXES = (".yaml", ".yml")


def write_scenario(name: Path, saga_reference: str | None) -> None:
    """Write a new scenario for a saga, and print how to run it.

    Args:
        name: The file; `.yaml` is added where it has no suffix.
        saga_reference: The value of ``--saga``.
    """
    saga = saga_or_exit(saga_reference)
    file = name if name.suffix in _SUFFIXES else name.with_name(f"{name.name}.yaml")
    folders = () if saga_reference else project_or_exit().scenarios
    schema = schema_file(file, folders)
    _write_or_exit(file, skeleton(file, saga, _path_of(schema, file)))
    option = saga_words(saga_reference)
    command = _command("run", str(file), *option)
    click.echo(f"{printable(str(file))} is written. Run it:\n  {printable(command)}")
    if not schema.exists():
        words = _command("schema", *option)
        words = printable(f"{words} > {shlex.quote(str(schema))}")
        click.echo(f"Editors complete it by its schema:\n  {words}")


def _write_or_exit(file: Path, text: str) -> None:
    if file.exists():
        exit_with(WRONG_INPUT, f"{file} exists already; choose another name")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, text)
    except OSError as error:
        exit_with(WRONG_INPUT, f"{file} cannot be written: {error.strerror}")


def skeleton(file: Path, saga: SagaUnderTest, schema: str) -> str:
    """The text of a new scenario for `file`; `schema` is the path to its schema."""
    words = re.sub(r"[^\w]+|_", " ", file.stem).strip() or "a new scenario"
    title = words if isinstance(resolved(words), str) else f'"{words}"'
    text = SKELETON.format(schema=schema, title=title, **_beginning(saga))
    load_text(text, str(file), dialect=saga.dialect)  # a new scenario must be right
    return text


def schema_file(file: Path, folders: Sequence[Path]) -> Path:
    """The schema for the scenario `file`: one near it, or near the project's scenarios.

    Args:
        file: The scenario.
        folders: The folders of the project's scenarios, where it is for the project's saga.
    """
    places = [file.parent, file.resolve().parent.parent]
    places += [place for folder in folders for place in (folder, folder.parent)]
    near = (place / SCHEMA_FILE for place in places)
    return next((each for each in near if each.exists()), file.parent / SCHEMA_FILE)


def _path_of(schema: Path, file: Path) -> str:
    """Where `schema` is, seen from `file`."""
    schema = schema.resolve()
    try:
        return Path(os.path.relpath(schema, file.resolve().parent)).as_posix()
    except ValueError:  # another drive
        return schema.as_posix()


def _beginning(saga: SagaUnderTest) -> dict[str, str]:
    """The parts of a new scenario: those of the saga's own skeleton, or else general ones."""
    done = saga.completed_means or tuple(each.name for each in saga.operations.creates)
    known = {"effects": _each(done, 1), "step": done[0], "operation": done[0]}
    words = saga.dialect.orders
    if words.skeleton:
        return {**words.skeleton, **(known if saga.completed_means else {})}
    skus = dict.fromkeys(map(str, words.skus_in({"id": "o1"})))
    fields = [(name, field) for name, field in words.model_fields.items() if name != "id"]
    defaults = " There are defaults for" if fields else ""
    return {
        **known,
        "stock": _each(skus, 5),
        "orders": "\n".join(
            [
                f"# The orders that are placed. Only the id is needed.{defaults}",
                *(f"#   {name}: {field.description}" for name, field in fields),
                "orders:",
                "  - id: o1",
            ]
        ),
    }


def _each(names: Iterable[str], count: int) -> str:
    return "{" + ", ".join(f"{name}: {count}" for name in names) + "}"


def _command(*words: str) -> str:
    return shlex.join(["sagacheck", *words])
