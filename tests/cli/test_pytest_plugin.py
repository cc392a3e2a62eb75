"""``pytest FOLDER``: every scenario file is a test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli._commands import INVALID, UNKNOWN, VALID, WRONG, configure, process, write

PYTEST = ("-m", "pytest", "-p", "sagacheck.pytest_plugin", "-p", "no:cacheprovider", "-rA", "-q")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """One run over a valid, an invalid, an unknown and a badly written scenario."""
    folder = tmp_path_factory.mktemp("collected")
    configure(folder)
    (folder / "shop").mkdir()
    write(folder / "shop", a=VALID, b=INVALID, c=UNKNOWN, d=WRONG)
    return process(*PYTEST, "--continue-on-collection-errors", "shop", cwd=folder)


def test_valid_passes_and_the_rest_fails(done: subprocess.CompletedProcess[str]) -> None:
    """A valid scenario is a test that passes; invalid and unknown ones fail."""
    assert done.returncode == 1
    assert "PASSED shop/a.yaml::nothing goes wrong" in done.stdout
    assert "2 failed, 1 passed, 1 error" in done.stdout


def test_a_failure_begins_with_its_place(done: subprocess.CompletedProcess[str]) -> None:
    """The first line of a failure is path, line and verdict, and no traceback follows."""
    lines = done.stdout.splitlines()

    assert "shop/b.yaml:1: invalid: shop/b.yaml:4: expected o1 to end as failed, " in done.stdout
    assert [line for line in lines if line.startswith("shop/c.yaml:1: unknown: shop/c.yaml:4: ")]
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

    done = process(*PYTEST, "--collect-only", cwd=tmp_path)

    assert done.returncode == 0
    assert "b.yaml::" in done.stdout


def test_a_saga_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    """A wrong ``--saga`` ends the session before any test, with pytest's exit code for usage."""
    write(tmp_path, a=VALID)

    done = process(*PYTEST, "--saga", "no_such_shop:SAGA", cwd=tmp_path)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--saga: 'no_such_shop:SAGA'; cannot import no_such_shop" in done.stderr
    assert "Traceback" not in done.stderr
