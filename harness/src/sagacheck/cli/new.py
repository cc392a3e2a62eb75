"""``python -m scenarios new``: a scenario to begin with, which runs as it is."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path

import click

from sagacheck.cli.options import SAGA, WRONG_INPUT, exit_with, saga_or_exit
from sagacheck.language import ORDERS_OF_GOODS, SCHEMA_FILE, Dialect, load_text, resolved
from sagacheck.saga import SagaUnderTest, saga_words

EXAMPLES = """\b
Examples:
  python -m scenarios new carrier-down
  python -m scenarios new my_scenarios/lost-reply.yaml
  python -m scenarios new my_trips/lost-reply.yaml --saga shop.saga:SAGA
  python -m scenarios run carrier-down.yaml

\b
An editor that knows the YAML language server (VS Code with the YAML extension of Red Hat, Neovim,
Helix, Zed, the JetBrains editors) completes keys and values, by the file's first line.
"""

_SUFFIXES = (".yaml", ".yml")

SKELETON = """\
# yaml-language-server: $schema={schema}
scenario: {title}
why: say what it shows, for whoever sees it fail
tags: []          # words to select it by
covers: []        # ids of the anomalies that it is about, such as A2

# The world at the beginning; all of it may be left out.
given:
  stock: {stock}

{orders}

# What fails: on an operation (or a service), on some calls of it (1, [1, 3], 2.. or all; the first
# by default). This one lets {step} happen and loses its reply. Others: drop_request, refuse,
# 503, {{delay_request: 2h}}, {{duplicate: 3}}, {{outage: {{from: 0s, to: 2h}}}}, crash_after, evict
faults:
  - on: {operation}
    calls: 1
    fault: drop_response

# What people do meanwhile: cancel, submit, terminate, query an order, or heal: true.
# events:
#   - cancel: o1
#     when: {{after: {operation}}}      # or before: …, or at: 30s
#     reason: changed my mind

# How it should end. All invariants are checked in any case.
expect:
  o1: {{status: completed}}
  effects: {effects}   # how often something happened
  undone: []   # what was undone, in this order
"""

GOODS = {
    "stock": "{WIDGET: 5}",
    "orders": """\
# Who orders what. Only the id is needed: an order is for one WIDGET at "10.00" unless it says more.
orders:
  - id: o1
    items: [{sku: WIDGET, quantity: 2, price: "19.99"}]""",
    "step": "the charge",
    "operation": "payments.charge",
    "effects": "{payments.charge: 1, shipping.create: 1}",
}
"""What a scenario of ours begins with."""


@click.command(epilog=EXAMPLES)
@click.argument("name", type=click.Path(path_type=Path), metavar="NAME")
@SAGA
def new(name: Path, saga_reference: str | None) -> None:
    """Write a commented scenario to begin with.

    NAME is the file; `.yaml` is added where it has no suffix.
    """
    saga = saga_or_exit(saga_reference)
    file = name if name.suffix in _SUFFIXES else name.with_name(f"{name.name}.yaml")
    text = skeleton(file, saga)
    if file.exists():
        exit_with(WRONG_INPUT, f"{file} is there already; choose another name")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        exit_with(WRONG_INPUT, f"{file} cannot be written: {error.strerror}")
    option = saga_words(saga_reference)
    click.echo(f"{file} is written. Run it:\n  {_command('run', str(file), *option)}")
    schema = schema_file(file, saga.dialect)
    if not schema.exists():
        words = _command("schema", *option)
        click.echo(f"Editors complete it by its schema:\n  {words} > {shlex.quote(str(schema))}")


def skeleton(file: Path, saga: SagaUnderTest) -> str:
    """The text of a new scenario that is to stand in `file`."""
    words = re.sub(r"[^\w]+|_", " ", file.stem).strip() or "a new scenario"
    title = words if isinstance(resolved(words), str) else f'"{words}"'
    schema = _schema_of(file, saga.dialect)
    text = SKELETON.format(schema=schema, title=title, **_beginning(saga))
    load_text(text, str(file), saga.dialect)  # what is handed out must be right
    return text


def schema_file(file: Path, dialect: Dialect) -> Path:
    """The schema for the scenario `file`: ours, or that of another language near it."""
    if dialect == ORDERS_OF_GOODS:
        return SCHEMA_FILE
    near = (folder / SCHEMA_FILE.name for folder in (file.parent, file.resolve().parent.parent))
    return next((each for each in near if each.exists()), file.parent / SCHEMA_FILE.name)


def _schema_of(file: Path, dialect: Dialect) -> str:
    schema = schema_file(file, dialect).resolve()
    try:
        return Path(os.path.relpath(schema, file.resolve().parent)).as_posix()
    except ValueError:  # another drive
        return schema.as_posix()


def _beginning(saga: SagaUnderTest) -> dict[str, str]:
    """What a scenario begins with: for orders of goods one of these, else what is known."""
    done = saga.completed_means or tuple(each.name for each in saga.operations.creates)
    known = {"effects": _each(done, 1), "step": done[0], "operation": done[0]}
    if saga.dialect == ORDERS_OF_GOODS:
        return {**GOODS, **(known if saga.completed_means else {})}
    words = saga.dialect.orders
    skus = dict.fromkeys(map(str, words.skus_in({"id": "o1"})))
    fields = [(name, field) for name, field in words.model_fields.items() if name != "id"]
    defaults = " There are defaults for" if fields else ""
    return {
        **known,
        "stock": _each(skus, 5),
        "orders": "\n".join(
            [
                f"# What is placed. Only the id is needed.{defaults}",
                *(f"#   {name}: {field.description}" for name, field in fields),
                "orders:",
                "  - id: o1",
            ]
        ),
    }


def _each(names: Iterable[str], count: int) -> str:
    return "{" + ", ".join(f"{name}: {count}" for name in names) + "}"


def _command(*words: str) -> str:
    return shlex.join(["python", "-m", "scenarios", *words])
