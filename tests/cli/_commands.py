"""Runs commands, and writes the scenarios that they run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner, Result

from sagacheck.cli.main import main

ROOT = Path(__file__).parents[2]

VALID = """\
scenario: nothing goes wrong
why: w
orders: [{id: o1}]
expect: {o1: {status: completed}}
"""
INVALID = """\
scenario: it ends otherwise than expected, which is a name that is longer than a line has room for
why: w
orders: [{id: o1}]
expect: {o1: {status: failed}}
"""
UNKNOWN = """\
scenario: the fault <never> fires
why: w
orders: [{id: o1}]
faults: [{on: payments.charge, calls: 2, fault: 503}]
expect: {o1: {status: completed}}
"""
WRONG = """\
scenario: it is not well formed
why: w
orders: [{id: o1}]
faults: [{on: payment.charge, fault: refuse}]
expect: {o1: {status: completed}}
"""


PROJECT = """\
[tool.sagacheck]
saga = "scenarios:SAGA"
"""
"""A pyproject.toml that names the saga of this shop."""


def configure(folder: Path, text: str = PROJECT) -> None:
    """Make `folder` the root of a project with this pyproject.toml."""
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def write(folder: Path, **texts: str) -> None:
    """Write scenario files, by their names without suffix."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)


def command(*words: str | Path) -> Result:
    """Run ``sagacheck`` with these words, in this process."""
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="sagacheck")


def process(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run ``python`` with these words in a process of its own."""
    return subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
