"""A saga that cannot be imported: a line with the place in the team's own code, no traceback."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli._commands import command, configure


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        (
            "divides",
            "def f():\n    return 1 / 0\n\nf()\n",
            ":2: ZeroDivisionError: division by zero",
        ),
        ("syntax", "x = (\n", ":1: SyntaxError: '(' was never closed"),
        # The last line of their code, and not of the library that it calls.
        ("calls", "import httpx\n\nhttpx.Client(no=1)\n", ":3: TypeError: Client.__init__() got"),
        ("lacks", "from json import nothing\n", ":1: ImportError: cannot import name 'nothing'"),
        # Its exit code would say that the saga is inconsistent.
        ("exits", "import sys\nsys.exit(1)\n", ":2: SystemExit: 1"),
        (
            "needs",
            "\nimport no_such_library\n",
            (
                ":2: ModuleNotFoundError: No module named 'no_such_library'; "
                f"install what has it in the environment of {sys.executable}"
            ),
        ),
    ],
)
def test_the_place_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str, said: str
) -> None:
    """File and line of the team's own code, seen from the current folder, and exit code 2."""
    package = f"team_that_{name}"
    (tmp_path / package).mkdir()
    (tmp_path / package / "flow.py").write_text(code)
    (tmp_path / package / "saga.py").write_text(f"from {package} import flow\n")
    configure(tmp_path, f'[tool.sagacheck]\nsaga = "{package}.saga:SAGA"\n')
    monkeypatch.chdir(tmp_path)

    result = command("run")

    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert f"cannot import {package}.saga: {package}/flow.py{said}" in line


def test_a_module_that_is_not_there_has_no_place(tmp_path: Path) -> None:
    """The name is what is wrong, and the option says it."""
    result = command("run", "--saga", "no_such_team.saga:SAGA")

    assert result.exit_code == 2
    assert result.stderr == (
        "--saga: 'no_such_team.saga:SAGA'; cannot import no_such_team.saga: "
        "ModuleNotFoundError: No module named 'no_such_team'\n"
    )
