"""``python -m scenarios new``: a scenario to begin with, which runs as it is."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import click

from scenarios.loader import load_text
from scenarios.options import WRONG_INPUT, exit_with
from scenarios.scalars import resolved
from scenarios.schema import SCHEMA_FILE

EXAMPLES = """\b
Examples:
  python -m scenarios new carrier-down
  python -m scenarios new my_scenarios/lost-reply.yaml
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
  stock: {{WIDGET: 5}}

# Who orders what. Only the id is needed: an order is for one WIDGET at "10.00" unless it says more.
orders:
  - id: o1
    items: [{{sku: WIDGET, quantity: 2, price: "19.99"}}]

# What fails: on an operation (or a service), on some calls of it (1, [1, 3], 2.. or all; the first
# by default). This one lets the charge happen and loses its reply. Others: drop_request, refuse,
# 503, {{delay_request: 2h}}, {{duplicate: 3}}, {{outage: {{from: 0s, to: 2h}}}}, crash_after, evict
faults:
  - on: payments.charge
    calls: 1
    fault: drop_response

# What people do meanwhile: cancel, submit, terminate, query an order, or heal: true.
# events:
#   - cancel: o1
#     when: {{after: payments.charge}}      # or before: …, or at: 30s
#     reason: changed my mind

# How it should end. All invariants are checked in any case.
expect:
  o1: {{status: completed}}
  effects: {{payments.charge: 1, shipping.create: 1}}   # how often something happened
  undone: []                                          # what was undone, in this order
"""


@click.command(epilog=EXAMPLES)
@click.argument("name", type=click.Path(path_type=Path), metavar="NAME")
def new(name: Path) -> None:
    """Write a commented scenario to begin with.

    NAME is the file; `.yaml` is added where it has no suffix.
    """
    file = name if name.suffix in _SUFFIXES else name.with_name(f"{name.name}.yaml")
    text = skeleton(file)
    if file.exists():
        exit_with(WRONG_INPUT, f"{file} is there already; choose another name")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        exit_with(WRONG_INPUT, f"{file} cannot be written: {error.strerror}")
    command = shlex.join(["python", "-m", "scenarios", "run", str(file)])
    click.echo(f"{file} is written. Run it:\n  {command}")


def skeleton(file: Path) -> str:
    """The text of a new scenario that is to stand in `file`."""
    words = re.sub(r"[^\w]+|_", " ", file.stem).strip() or "a new scenario"
    title = words if isinstance(resolved(words), str) else f'"{words}"'
    folder = file.resolve().parent
    try:
        schema = Path(os.path.relpath(SCHEMA_FILE, folder)).as_posix()
    except ValueError:  # another drive
        schema = SCHEMA_FILE.as_posix()
    text = SKELETON.format(schema=schema, title=title)
    load_text(text, str(file))  # what is handed out must be right, whatever the name is
    return text
