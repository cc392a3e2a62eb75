"""``[tool.sagacheck]`` in pyproject.toml: what it decides, and what is said where it is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from sagacheck.config import Project, find_project
from sagacheck.saga import DAY, load_saga
from tests.cli._commands import ROOT, VALID, command, configure, process, write

SMALL = f"{ROOT / 'tests' / 'sagas' / 'small.py'}"
RIGHT = """\
[project]
name = "shop"

[tool.ruff]
line-length = 100

[tool.sagacheck]
saga = "scenarios:SAGA"
scenarios = ["failures", "more/one.yaml"]
engine = "both"
"""


def test_a_right_configuration_is_taken_as_it_is(tmp_path: Path) -> None:
    """Saga, scenarios and engine are as they are written; other tools' tables say nothing."""
    (tmp_path / "failures").mkdir()
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "one.yaml").write_text(VALID)
    configure(tmp_path, RIGHT)

    assert find_project(tmp_path) == Project(
        tmp_path,
        is_configured=True,
        saga="scenarios:SAGA",
        scenarios=(tmp_path / "failures", tmp_path / "more" / "one.yaml"),
        engine="both",
    )


def test_all_keys_may_be_left_out(tmp_path: Path) -> None:
    """An empty table is right: paths and ``--saga`` say the rest."""
    configure(tmp_path, "[tool.sagacheck]\n")
    write(tmp_path, a=VALID)

    assert find_project(tmp_path) == Project(tmp_path, is_configured=True)
    assert command("list", tmp_path, "--saga", f"{SMALL}:RESERVES").exit_code == 0


def test_the_nearest_table_counts_and_not_the_nearest_file(tmp_path: Path) -> None:
    """A pyproject.toml without the table, as members of a workspace have it, is passed by."""
    member = tmp_path / "member" / "src"
    member.mkdir(parents=True)
    configure(member.parent, '[project]\nname = "member"\n')

    assert find_project(member).root == tmp_path


def test_a_command_means_the_same_in_every_folder_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The saga's file and the scenarios are looked for in the project's own folder."""
    below = tmp_path / "src" / "deep"
    below.mkdir(parents=True)
    (tmp_path / "failures").mkdir()
    (tmp_path / "shop_below.py").write_text("from tests.sagas.small import RESERVES\n")
    configure(tmp_path, _table('saga = "shop_below.py:RESERVES"', 'scenarios = ["failures"]'))
    write(tmp_path / "failures", a=VALID)
    monkeypatch.chdir(below)

    listed = command("list")
    played = command("run")

    assert (listed.exit_code, played.exit_code) == (0, 0), played.output
    assert "1 scenario, which covers 0 anomalies" in listed.output
    assert "1 valid in" in played.output


def test_the_engine_is_the_default_of_the_option(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without ``--engine`` its rules hold; ``--engine`` overrides it."""
    configure(tmp_path, _table('saga = "scenarios:SAGA"', 'engine = "server"'))
    write(tmp_path, a=VALID)
    monkeypatch.chdir(tmp_path)

    server = command("run", "a.yaml", "--check-determinism=100")
    simulated = command("run", "a.yaml", "--engine", "simulated")

    assert (server.exit_code, simulated.exit_code) == (2, 0)
    assert "--check-determinism needs virtual time" in server.stderr


def test_the_horizon_is_that_of_the_project(tmp_path: Path) -> None:
    """An order of its saga may take as long, unless the saga itself says how long."""
    seconds = []
    for more in ([], ['horizon = "30d"']):
        configure(tmp_path, _table('saga = "tests.sagas.spinning:AFTER_TWO_WEEKS"', *more))
        seconds.append(load_saga(project=find_project(tmp_path)).horizon_seconds)

    assert seconds == [2 * DAY, 30 * DAY]


@dataclass(frozen=True)
class Wrong:
    """A table that is wrong, and what is said after file and table."""

    name: str
    lines: tuple[str, ...]
    says: str

    def __str__(self) -> str:
        return self.name


WRONG = [
    Wrong(
        "unknown key",
        ('sage = "scenarios:SAGA"',),
        ".sage: 'scenarios:SAGA'; unknown key; the keys are saga, scenarios, engine, horizon "
        "(did you mean saga?)",
    ),
    Wrong("saga of another type", ("saga = 5",), ".saga: 5; write package.module:NAME or "),
    Wrong("saga without a name", ('saga = "shop"',), ".saga: 'shop'; write package.module:NAME or"),
    Wrong(
        "scenarios as a text",
        ('scenarios = "failures"',),
        ".scenarios: 'failures'; write a list of folders and files, such as [\"scenarios\"] "
        '(did you mean ["failures"]?)',
    ),
    Wrong("scenarios of another type", ("scenarios = [1]",), ".scenarios: [1]; write a list of"),
    Wrong(
        "folder that is not there",
        ('scenarios = ["failure"]',),
        ".scenarios: ['failure']; there is no failure in {root}; make the folder, or name another "
        "(did you mean failures?)",
    ),
    Wrong(
        "engine of another name",
        ('engine = "simulate"',),
        ".engine: 'simulate'; write one of simulated, server, both (did you mean simulated?)",
    ),
    Wrong("engine of another type", ("engine = true",), ".engine: True; write one of simulated"),
    Wrong("horizon without a unit", ("horizon = 30",), ".horizon: 30; write how long an order may"),
    Wrong(
        "horizon that is no time",
        ('horizon = "a month"',),
        '.horizon: \'a month\'; write how long an order may take, such as "48h" or "30d"',
    ),
    Wrong(
        "saga in no module",
        ('saga = "no_such_shop:SAGA"',),
        ".saga: 'no_such_shop:SAGA'; cannot import no_such_shop: ModuleNotFoundError",
    ),
    Wrong(
        "saga in no file",
        ('saga = "shop.py:SAGA"',),
        ".saga: 'shop.py:SAGA'; there is no file shop.py in {root}",
    ),
    Wrong(
        "saga by a wrong name",
        ('saga = "tests.sagas.small:RESERVE"',),
        ".saga: 'tests.sagas.small:RESERVE'; tests.sagas.small has no RESERVE "
        "(did you mean RESERVES?)",
    ),
    Wrong(
        "saga that is none",
        ('saga = "tests.sagas.small:NOT_A_SAGA"',),
        ".saga: 'tests.sagas.small:NOT_A_SAGA'; NOT_A_SAGA is a str, not a SagaUnderTest",
    ),
    Wrong("no saga", ('engine = "simulated"',), ".saga: it is not there; write it, or pass --saga"),
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_is_wrong_is_said_with_file_key_value_and_rule(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, one line, no traceback, and nothing was run."""
    (tmp_path / "failures").mkdir()
    configure(tmp_path, _table(*wrong.lines))
    write(tmp_path, a=VALID)
    monkeypatch.chdir(tmp_path)

    result = command("run", "a.yaml")

    place = f"{tmp_path / 'pyproject.toml'}: tool.sagacheck"
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{place}{wrong.says.format(root=tmp_path)}"), result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[tool.sagacheck\nsaga = 1\n", ": this is no TOML; "),
        (b'[tool.sagacheck]\nsaga = "\xe9:SAGA"\n', ": byte 25 is 0xe9; TOML is written in UTF-8"),
        (b"[tool]\nsagacheck = 3\n", ": tool.sagacheck: 3; it must be a table, [tool.sagacheck]"),
    ],
    ids=["no TOML", "not UTF-8", "no table"],
)
def test_a_file_that_cannot_be_read_is_said(
    content: bytes, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file as a whole may be wrong, too."""
    (tmp_path / "pyproject.toml").write_bytes(content)
    monkeypatch.chdir(tmp_path)

    result = command("list")

    assert result.exit_code == 2
    assert result.stderr.startswith(f"{tmp_path / 'pyproject.toml'}{says}"), result.stderr


def test_without_any_configuration_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The option, or the lines to write, as they would stand in the file."""
    (tmp_path / "pyproject.toml").unlink()
    monkeypatch.chdir(tmp_path)

    result = command("run")

    assert result.exit_code == 2
    assert f"no pyproject.toml in {tmp_path} or above it has [tool.sagacheck]" in result.stderr
    assert "pass --saga module:NAME, or write" in result.stderr
    assert '  [tool.sagacheck]\n  saga = "shop.saga:SAGA"\n' in result.stderr


def test_without_scenarios_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The saga alone is configured, and no path is given."""
    monkeypatch.chdir(tmp_path)

    result = command("run")

    assert result.exit_code == 2
    assert "tool.sagacheck.scenarios: it is not there; write it, or pass files" in result.stderr


PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "-q")


@pytest.mark.parametrize("wrong", [WRONG[0], WRONG[5], WRONG[8], WRONG[11]], ids=str)
def test_pytest_says_the_same(wrong: Wrong, tmp_path: Path) -> None:
    """A wrong configuration is wrong usage, and no traceback."""
    configure(tmp_path, _table(*wrong.lines))
    (tmp_path / "failures").mkdir()
    write(tmp_path, a=VALID)

    done = process(*PYTEST, "a.yaml", cwd=tmp_path)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    assert f"tool.sagacheck{wrong.says.format(root=tmp_path)}" in done.stderr
    assert "Traceback" not in done.stderr


def test_pytest_takes_the_saga_of_its_root_folder(tmp_path: Path) -> None:
    """The project is that of the tests, wherever the command was typed."""
    shop = tmp_path / "shop"
    shop.mkdir()
    configure(
        shop,
        _table('saga = "tests.sagas.small:RESERVES"', 'scenarios = ["."]') + "\n[tool.pytest]\n",
    )
    write(shop, a=VALID)
    configure(tmp_path, _table('saga = "nowhere:SAGA"'))

    done = process(*PYTEST, "--sagacheck-check-determinism=100", "shop", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def _table(*lines: str) -> str:
    return "\n".join(["[tool.sagacheck]", *lines, ""])
