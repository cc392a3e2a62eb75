"""``pytest FOLDER``: every scenario file is a test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli._commands import INVALID, PROJECT, UNKNOWN, VALID, WRONG, configure, process, write

PYTEST = ("-m", "pytest", "-p", "no:cacheprovider", "-rA", "-q")
WITHOUT = ("-p", "no:cacheprovider", "-p", "no:asyncio")
SHOP = f'{PROJECT}scenarios = ["shop"]\n'


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """One run over a valid, an invalid, an unknown and a badly written scenario."""
    folder = tmp_path_factory.mktemp("collected")
    configure(folder, SHOP)
    (folder / "shop").mkdir()
    write(folder / "shop", a=VALID, b=INVALID, c=UNKNOWN, d=WRONG)
    return process(*PYTEST, "--continue-on-collection-errors", "shop", cwd=folder)


def test_valid_passes_and_the_rest_fails(done: subprocess.CompletedProcess[str]) -> None:
    """A valid scenario is a test that passes; invalid and unknown ones fail."""
    assert done.returncode == 1
    assert "PASSED shop/a.yaml::nothing goes wrong" in done.stdout
    assert "2 failed, 1 passed, 1 error" in done.stdout


def test_a_failure_begins_with_its_place(done: subprocess.CompletedProcess[str]) -> None:
    """The first line of a failure is path, line and verdict, the last why; no traceback."""
    failures, _, _ = done.stdout.partition("short test summary")  # which repeats them if CI is set
    lines = failures.splitlines()

    assert "shop/b.yaml:1: invalid: shop/b.yaml:4: expected o1 to end as failed, " in done.stdout
    assert [line for line in lines if line.startswith("shop/c.yaml:1: unknown: shop/c.yaml:4: ")]
    assert lines.count("why this matters: w") == 2
    assert "Traceback" not in done.stdout


def test_a_file_that_is_not_well_formed_is_a_collection_error(
    done: subprocess.CompletedProcess[str],
) -> None:
    """What the loader says about a file, with line and column, is the collection error."""
    assert "ERROR collecting shop/d.yaml" in done.stdout
    assert "\nshop/d.yaml:4:15: unknown operation: 'payment.charge'" in done.stdout


def test_tests_are_listed_and_not_run(tmp_path: Path) -> None:
    """Collecting runs nothing, or what is invalid would be found out."""
    write(tmp_path, b=INVALID)

    done = process(*PYTEST, "--collect-only", "b.yaml", cwd=tmp_path)

    assert done.returncode == 0
    assert "b.yaml::" in done.stdout


def test_a_saga_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    """A wrong ``--sagacheck-saga`` ends the session before any test, as wrong usage."""
    write(tmp_path, a=VALID)

    done = process(*PYTEST, "--sagacheck-saga", "no_such_shop:SAGA", cwd=tmp_path)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--sagacheck-saga: 'no_such_shop:SAGA'; cannot import no_such_shop" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(name="team")
def _team(tmp_path: Path) -> Path:
    """A team's repository: two scenarios, and YAML that belongs to other programs."""
    configure(tmp_path, SHOP + "[tool.pytest]\nstrict = true\n")
    for folder in ("shop", "runs", "tests"):
        (tmp_path / folder).mkdir()
    (tmp_path / "docker-compose.yaml").write_text("services: {db: {image: postgres}}\n")
    write(tmp_path / "runs", left=WRONG)
    (tmp_path / "tests" / "data.yml").write_text("- 1\n")
    write(
        tmp_path / "shop",
        a=VALID + "tags: [outage]\n",
        b=INVALID + "tags: [slow-road, skip, _own]\n",
    )
    return tmp_path


@pytest.mark.parametrize("below", [".", "shop", "tests"])
def test_only_configured_folders_are_collected(team: Path, below: str) -> None:
    """Other YAML is left alone, in the team's root and in the folders below it."""
    done = process(*PYTEST, "--collect-only", cwd=team / below)

    found = [line for line in done.stdout.splitlines() if "::" in line]
    expected = [] if below == "tests" else ["shop/a.yaml", "shop/b.yaml"]
    assert [line.partition("::")[0] for line in found] == expected, done.stdout + done.stderr
    assert "error" not in done.stdout.lower()


@pytest.mark.parametrize(
    ("selection", "result", "code"),
    [
        (("-m", "outage"), "1 passed, 1 deselected", 0),
        (("-k", "outage"), "1 passed, 1 deselected", 0),
        (("-m", "slow-road"), "1 failed, 1 deselected", 1),
        # A tag skips no scenario.
        (("-m", "not outage"), "1 failed, 1 deselected", 1),
        (("-n1", "-m", "outage"), "1 passed", 0),
    ],
)
def test_tags_select(team: Path, selection: tuple[str, ...], result: str, code: int) -> None:
    """Tags are markers, also where pytest refuses unknown ones."""
    done = process(*PYTEST, *selection, cwd=team)

    assert done.returncode == code, done.stdout + done.stderr
    assert result in done.stdout
    assert "Unknown" not in done.stdout


def test_last_failed_and_junit(team: Path) -> None:
    """``--lf`` plays only what failed, and a JUnit file has the verdict."""
    words = ("-m", "pytest", "-q", "--junitxml=out.xml")
    process(*words, cwd=team)

    done = process(*words, "--lf", cwd=team)

    assert "1 failed" in done.stdout
    assert "passed" not in done.stdout
    assert "shop/b.yaml:1: invalid" in (team / "out.xml").read_text(encoding="utf-8")


CONFTEST = """
import pytest

def pytest_addoption(parser):
    parser.addoption("--engine", default="v8")
    parser.addoption("--saga", action="store_true")
    parser.addoption("--check-determinism")
    parser.addoption("--evict-always")

@pytest.fixture
def engine(request):
    return request.config.getoption("--engine")
"""


def test_a_team_may_have_options_of_the_same_names(pytester: pytest.Pytester) -> None:
    """Ours all begin with ``--sagacheck-``."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("def test_it(engine): assert engine == 'v8'")

    pytester.runpytest_inprocess(*WITHOUT, "--saga").assert_outcomes(passed=1)


def test_a_failure_is_told_in_words(pytester: pytest.Pytester) -> None:
    """What is wrong, why it matters, and what happened, with times; no control characters."""
    configure(pytester.path, SHOP)
    (pytester.path / "shop").mkdir()
    strange = INVALID.replace("why: w", 'why: "a \\e[31mred\\e[0m reason"')
    strange = strange.replace("scenario: it", 'scenario: "\\a it').replace("room for", 'room for"')
    write(pytester.path / "shop", b=strange)

    done = pytester.runpytest_inprocess(*WITHOUT, "shop", "-v")

    assert done.ret == 1
    done.stdout.fnmatch_lines(
        [
            "shop/b.yaml::?x07 it ends otherwise*FAILED*",
            "shop/b.yaml:1: invalid: *expected o1 to end as failed*",
            "why this matters: a ?x1b*red*",
            "what happened:",
            "*0.00 s  The client places order o1: *",
            "*reserve_inventory calls inventory.reserve (call 1)*",
            "*The workflow ends; its client gets the result: o1 is completed.",
        ]
    )
    assert "\x07" not in done.stdout.str()
    assert "\x1b[31m" not in done.stdout.str()


WORLD = """
def test_the_fixture_is_the_projects_world(saga_world):
    assert saga_world.saga.workflow_name == "OrderSagaWorkflow"
    assert len(saga_world.journal) == 0
"""


def test_the_fixture_for_worlds(pytester: pytest.Pytester) -> None:
    """``saga_world`` is over the project's saga."""
    configure(pytester.path, SHOP.replace('["shop"]', "[]"))
    pytester.makepyfile(WORLD)

    pytester.runpytest_inprocess(*WITHOUT).assert_outcomes(passed=1)


COUNTED = """
from dataclasses import replace
from tests.sagas.small import RESERVES

def _reset():
    with open("trials.txt", "a") as file:
        file.write("a trial\\n")

SAGA = replace(RESERVES, reset=_reset)
"""


def test_each_worker_of_xdist_plays_its_own(tmp_path: Path) -> None:
    """Four scenarios on two workers are four trials, and no more."""
    configure(tmp_path, SHOP.replace("scenarios:SAGA", "counted.py:SAGA"))
    (tmp_path / "counted.py").write_text(COUNTED)
    (tmp_path / "shop").mkdir()
    names = ("a", "b", "c", "d")
    write(tmp_path / "shop", **{n: VALID.replace("nothing goes wrong", n) for n in names})

    done = process(*PYTEST, "-n2", "shop", cwd=tmp_path)

    assert "4 passed" in done.stdout, done.stdout + done.stderr
    assert len((tmp_path / "trials.txt").read_text().splitlines()) == 4


def test_it_can_be_switched_off(team: Path) -> None:
    """``-p no:sagacheck`` collects no scenario."""
    done = process(*PYTEST, "-p", "no:sagacheck", cwd=team)

    assert done.returncode == pytest.ExitCode.NO_TESTS_COLLECTED, done.stdout + done.stderr


LOADED = """
import sys

def test_it():
    names = {"temporalio", "pydantic", "sagacheck.config", "sagacheck.run"}
    assert not names & set(sys.modules)
    assert "sagacheck.pytest_plugin" in sys.modules
"""


def test_it_costs_nothing_without_the_table(tmp_path: Path) -> None:
    """Neither the Temporal SDK nor the harness is imported where there are no scenarios."""
    (tmp_path / "pyproject.toml").write_text("[tool.pytest]\n")
    (tmp_path / "docker-compose.yaml").write_text("services: {}\n")
    (tmp_path / "test_it.py").write_text(LOADED)

    done = process(*PYTEST, cwd=tmp_path)

    assert "1 passed" in done.stdout, done.stdout
