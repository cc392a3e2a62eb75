"""Where all of it goes: saga.py, ``[tool.sagacheck]`` of pyproject.toml, and a first scenario."""

from __future__ import annotations

import importlib
import os
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sagacheck.config import FILE
from sagacheck.importing import load_object, not_importable
from sagacheck.init.guessing import Step, steps_of
from sagacheck.init.looking import activities_in, look_at
from sagacheck.init.written_saga import SagaText

SCENARIO = """\
# yaml-language-server: $schema=../{schema}
scenario: an order goes through
why: all that fails begins with it
orders:
  - id: o1
expect:
  o1: {{status: completed}}{effects}
"""


_OR_RESET = ", or its activities need data to begin with: reset=function"


class NotWritableError(Exception):
    """What is there already, or cannot be written; the message says what to do."""


@dataclass(frozen=True)
class Plan:
    """What is to be written.

    Attributes:
        root: The folder of the project.
        saga_file: The file with the saga under test.
        scenario_file: The first scenario.
        text: Writes the file.
        steps: What its activities are.
    """

    root: Path
    saga_file: Path
    scenario_file: Path
    text: SagaText
    steps: Sequence[Step]

    @property
    def module(self) -> str:
        """The name by which the file is imported from the project's folder."""
        return ".".join(self.saga_file.relative_to(self.root).with_suffix("").parts)

    @property
    def schema_file(self) -> Path:
        """The schema of the scenarios."""
        return self.scenario_file.parent.parent / "schema.json"


def begin(
    workflow: str, activities: str | None, saga_file: str, scenarios: str, folder: Path
) -> Plan:
    """Look at a workflow, and plan what to write.

    Args:
        workflow: ``module:WORKFLOW``.
        activities: ``module`` or ``module:LIST``; ``None`` for those that the workflow names.
        saga_file: The path of the file in the project's folder.
        scenarios: The path of the folder of scenarios.
        folder: The current folder.

    Raises:
        NotImportableError: There is no such workflow, or no such activities.
        NotWritableError: Something is there already.
    """
    root = _root_of(folder)
    for each in (root / "src", root):
        if each.is_dir() and str(each) not in sys.path:
            sys.path.insert(0, str(each))
    cls = load_object(workflow, type, "MODULE:WORKFLOW", root)
    try:
        found = look_at(cls, _listed(activities, root) if activities else None)
    except (TypeError, ValueError) as error:
        raise not_importable("MODULE:WORKFLOW", workflow, str(error)) from None
    steps = steps_of(found)
    plan = Plan(root, root / saga_file, root / scenarios / "first.yaml", SagaText(found), steps)
    _check_free(plan)
    return plan


def write(plan: Plan, completed: Sequence[str] | None = None, order: Sequence[str] = ()) -> None:
    """Write the saga, or write it again as the first order went.

    Args:
        plan: What is to be written.
        completed: The creates whose effects a completed order has; ``None`` for all.
        order: The operations that took effect, in this order.

    Raises:
        NotWritableError: A file cannot be written.
    """
    _write(plan.saga_file, plan.text.text(completed, order))


def write_scenario(plan: Plan, effects: dict[str, int], schema: str) -> None:
    """Write the first scenario and the schema for editors."""
    listed = ", ".join(f"{name}: {count}" for name, count in effects.items())
    text = SCENARIO.format(
        schema=Path(os.path.relpath(plan.schema_file, plan.scenario_file.parent)).name,
        effects=f"\n  effects: {{{listed}}}" if effects else "",
    )
    _write(plan.scenario_file, text)
    _write(plan.schema_file, schema)


def configure(plan: Plan) -> None:
    """Add the table to pyproject.toml, after all that is there.

    Raises:
        NotWritableError: It cannot be added.
    """
    file = plan.root / FILE
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    gap = "" if not before else "\n" if before.endswith("\n") else "\n\n"
    scenarios = plan.scenario_file.parent.relative_to(plan.root).as_posix()
    after = (
        f'{before}{gap}[tool.sagacheck]\nsaga = "{plan.module}:SAGA"\nscenarios = ["{scenarios}"]\n'
    )
    try:
        tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        raise NotWritableError(f"{file}: [tool.sagacheck] cannot be added: {error}") from None
    _write(file, after)


def todos_in(plan: Plan) -> list[str]:
    """The lines that are left to complete, with file and number."""
    lines = plan.saga_file.read_text(encoding="utf-8").splitlines()
    name = os.path.relpath(plan.saga_file)
    return [
        f"{name}:{number}: {line.partition('# ')[2]}"
        for number, line in enumerate(lines, 1)
        if "# TODO" in line
    ]


def place_of_operation(plan: Plan, operation: str) -> str:
    """The line that declares an operation, with file and number."""
    lines = plan.saga_file.read_text(encoding="utf-8").splitlines()
    name = os.path.relpath(plan.saga_file)
    for number, line in enumerate(lines, 1):
        if re.search(rf'(?<!=)"{re.escape(operation)}"', line) and "completed_means" not in line:
            return f"{name}:{number}"
    return name


def place_of_values(plan: Plan) -> str:
    """The line with the values of an order, or that with the saga, with file and number."""
    lines = plan.saga_file.read_text(encoding="utf-8").splitlines()
    name = os.path.relpath(plan.saga_file)
    for start, what in (
        ("class ", f"the values of an order are not right for this workflow{_OR_RESET}"),
        ("SAGA = ", f"the workflow needs something that is not said here{_OR_RESET}"),
    ):
        for number, line in enumerate(lines, 1):
            if line.startswith(start):
                return f"{name}:{number}: {what}"
    return name


def _root_of(folder: Path) -> Path:
    folder = folder.resolve()
    return next((e for e in (folder, *folder.parents) if (e / FILE).is_file()), folder)


def _check_free(plan: Plan) -> None:
    if plan.saga_file.exists() or plan.saga_file.with_suffix("").is_dir():
        what = plan.saga_file if plan.saga_file.exists() else plan.saga_file.with_suffix("")
        raise NotWritableError(f"{what} exists already; pass --file with another name")
    if plan.saga_file.suffix != ".py" or not plan.saga_file.is_relative_to(plan.root):
        raise NotWritableError(f"--file: write a .py below {plan.root}, such as saga.py")
    folder = plan.scenario_file.parent
    if any(folder.rglob("*.y*ml")):
        raise NotWritableError(f"{folder} has files already; pass --scenarios with another folder")
    if plan.schema_file.exists():
        raise NotWritableError(
            f"{plan.schema_file} exists already; pass --scenarios with another folder"
        )
    file = plan.root / FILE
    if file.exists():
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {})
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise NotWritableError(f"{file}: this is no TOML: {error}") from None
        if "sagacheck" in table:
            raise NotWritableError(
                f"{file} has [tool.sagacheck] already; remove the table to begin anew"
            )


def _listed(reference: str, root: Path) -> list[Callable[..., Any]]:
    module, _, name = reference.partition(":")
    if name:
        found: object = load_object(reference, object, "--activities", root)
    else:
        try:
            found = importlib.import_module(module)
        except Exception as error:
            why = f"cannot import {module}: {type(error).__name__}: {error}"
            raise not_importable("--activities", reference, why) from error
    listed = activities_in(found)
    if not listed:
        raise not_importable("--activities", reference, "it has no function with @activity.defn")
    return listed


def _write(file: Path, text: str) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotWritableError(f"{file} cannot be written: {error.strerror}") from None
