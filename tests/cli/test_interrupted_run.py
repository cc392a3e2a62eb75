"""Ctrl-C: what was found by then is not lost, and nothing is claimed about the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli._commands import ROOT, process, write

SAGA = f"{ROOT / 'tests' / 'sagas' / 'pressed.py'}:SAGA"
ORDER = """\
scenario: order {name}
why: w
orders: [{{id: o1, customer_id: {customer}}}]
events: [{{query: o1, when: {{at: 1s}}}}]
expect: {{o1: {{status: {status}}}}}
"""


@pytest.mark.parametrize(("status", "code"), [("completed", 3), ("failed", 1)])
def test_ctrl_c_shows_what_was_found(tmp_path: Path, status: str, code: int) -> None:
    """The first result is there, and decides if it is bad; the others were never seen."""
    write(
        tmp_path,
        a=ORDER.format(name="a", customer="customer-1", status=status),
        b=ORDER.format(name="b", customer="customer-2", status="completed"),
        c=ORDER.format(name="c", customer="customer-1", status="completed"),
    )

    done = process(
        *("-m", "sagacheck", "run", ".", "--saga", SAGA, "--at-once", "1", "--json", "out.json"),
        cwd=tmp_path,
    )

    assert done.returncode == code, done.stderr
    assert done.stderr == "interrupted: 2 of 3 scenarios not played\n"
    assert "order a" in done.stdout
    assert not re.search(r"order c\b", done.stdout)
    written = json.loads((tmp_path / "out.json").read_text())
    assert [each["scenario"] for each in written["scenarios"]] == ["order a"]
    assert "Traceback" not in done.stderr
