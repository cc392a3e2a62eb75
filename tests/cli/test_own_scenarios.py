"""``--saga X`` without paths plays X's own scenarios; ``--invariants-only`` ignores ``expect``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli._commands import INVALID, ROOT, UNKNOWN, VALID, command, configure, write

COPY = "from tests.sagas.small import RESERVES as SAGA\n"
NAIVE = f"{ROOT}/tests/sagas/naive.py:SAGA"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _team(folder: Path, module: str, scenarios: str, *lines: str) -> None:
    """A saga, its scenarios, and what a pyproject.toml says of them, if it says anything."""
    (folder / module).parent.mkdir(parents=True, exist_ok=True)
    (folder / module).write_text(COPY)
    (folder / scenarios).mkdir(parents=True)
    write(folder / scenarios, own=VALID.replace("nothing goes wrong", "their own"))
    if lines:
        configure(folder, "\n".join(["[tool.sagacheck]", *lines, ""]))


def test_scenarios_of_the_configuration_beside_it(tmp_path: Path) -> None:
    """Those that the pyproject.toml above the saga names, from wherever the command starts."""
    _team(tmp_path / "b", "b1.py", "cases", 'saga = "b1.py:SAGA"', 'scenarios = ["cases"]')

    result = command("list", "--saga", "b/b1.py:SAGA")

    assert result.exit_code == 0, result.output
    assert "their own" in result.output


@pytest.mark.parametrize(
    ("module", "scenarios"), [("c1.py", "scenarios"), ("c2/saga.py", "scenarios")]
)
def test_scenarios_in_the_folder_beside_it(tmp_path: Path, module: str, scenarios: str) -> None:
    """A folder beside the module, or beside its package, where nothing is configured."""
    (tmp_path / "pyproject.toml").unlink()
    _team(tmp_path, module, scenarios)
    if "/" in module:
        (tmp_path / module).with_name("__init__.py").write_text("")

    result = command("list", "--saga", f"{module.removesuffix('.py').replace('/', '.')}:SAGA")

    assert result.exit_code == 0, result.output
    assert "their own" in result.output


def test_a_module_is_found_from_any_folder_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the saga of pyproject.toml is."""
    _team(tmp_path, "e1.py", "cases", 'saga = "e1:SAGA"', 'scenarios = ["cases"]')
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")

    result = command("list", "--saga", "e1:SAGA")

    assert result.exit_code == 0, result.output
    assert "their own" in result.output


def test_never_those_of_another_configuration(tmp_path: Path) -> None:
    """A saga without scenarios is told how to write one, in a line."""
    configure(tmp_path, '[tool.sagacheck]\nsaga = "scenarios:SAGA"\nscenarios = ["scenarios"]\n')
    _team(tmp_path, "d1.py", "scenarios")

    for saga, folder in (("d1:SAGA", "scenarios"), (NAIVE, f"{ROOT}/tests/sagas/scenarios")):
        result = command("run", "--saga", saga)

        assert result.exit_code == 2, result.output
        (line,) = result.stderr.splitlines()
        assert line.endswith(f"begin with: sagacheck new {folder}/first --saga {saga}")


def test_invariants_only(tmp_path: Path) -> None:
    """What is only otherwise than expected is valid then; a fault that never fired is not."""
    write(tmp_path, a=VALID, b=INVALID, c=UNKNOWN)
    words = ("run", "a.yaml", "b.yaml", "--runs", "runs")

    every = command(*words)
    invariants = command(*words, "--invariants-only")
    never = command("run", "c.yaml", "--invariants-only")

    assert (every.exit_code, invariants.exit_code, never.exit_code) == (1, 0, 3)
    assert "invariants only: what the scenarios expect was not checked" in invariants.output
    assert "sagacheck run a.yaml b.yaml --invariants-only" in invariants.output
    assert "never fired" in never.output


def test_invariants_only_forgives_no_violation(tmp_path: Path) -> None:
    """The seed's saga loses money, whatever is expected."""
    catalogue = ROOT / "scenarios" / "catalogue" / "payments"

    result = command("run", catalogue, "--invariants-only", "--saga", NAIVE)

    assert result.exit_code == 1
    assert "\n  I" in result.output
    assert "expected o1 to end as" not in result.output
