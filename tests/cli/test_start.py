"""What a command imports, and what not: most of the time of a short command goes into imports."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ONE = "scenarios/catalogue/payments/card-declined.yaml"
HEAVY = ("temporalio", "pydantic", "rich", "httpx", "ruamel", "sagacheck.run", "sagacheck.checks")
NOT_FOR_ONE = (
    *("httpx._main", "pygments", "httpcore", "respx", "unittest.mock"),
    *("pydantic_settings", "orders.settings", "orders.client", "orders.worker"),
    *("rich.progress", "rich._emoji_codes", "jinja2", "xml.etree", "sqlite3"),
    *("concurrent.futures.process", "multiprocessing.queues"),
    *("sagacheck.explore", "sagacheck.simulate", "sagacheck.mutants", "sagacheck.report"),
    *("sagacheck.http", "sagacheck.load", "sagacheck.reference", "sagacheck.checks.streaming"),
)
"""What a run of one scenario has no use for, from the largest to the smallest in each line."""


def imported(words: Sequence[str], modules: Sequence[str]) -> list[str]:
    """Those of `modules` that the command imports."""
    script = (
        "import json, sys\n"
        "from sagacheck import __main__ as command\n"
        f"found = lambda: [each for each in {modules!r} if sys.modules.get(each)]\n"
        "command.exit_process = lambda code: print(json.dumps([code, found()]))\n"
        f"sys.argv[1:] = {list(words)!r}\n"
        "command.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
        cwd=ROOT,
    )
    code, found = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stdout
    return list(found)


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("completion", "bash"),
        *(
            (name, "--help")
            for name in (
                "run",
                "explore",
                "simulate",
                "replay",
                "mutants",
                "reference",
                "new",
                "serve",
            )
        ),
    ],
    ids=" ".join,
)
def test_help_imports_nothing_that_takes_time(words: tuple[str, ...]) -> None:
    """What people ask for to learn, and at each Tab, is there at once."""
    assert imported(words, HEAVY) == []


def test_a_run_of_one_scenario_imports_what_it_needs(tmp_path: Path) -> None:
    """A report that is asked for needs more: XML, for instance."""
    run = ("run", ONE, "--runs", str(tmp_path / "runs"))

    assert imported(run, NOT_FOR_ONE) == []
    assert imported(run, HEAVY) == list(HEAVY)
    with_xml = (*run, "--junit", str(tmp_path / "junit.xml"))
    assert imported(with_xml, NOT_FOR_ONE) == ["xml.etree"]
