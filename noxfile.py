"""Development tasks: ``nox -l`` lists them, ``nox -s tests`` runs one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_external_run = True
nox.options.sessions = ["scenarios", "explore", "tests", "lint", "types", "imports", "wheels"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)

RERUN_PERCENT = 5
"""So many scenarios are played twice and compared, in CI as by hand."""


def _install(session: nox.Session, group: str) -> None:
    """Install what the lock file says, with its hashes, and nothing else."""
    if session.venv_backend == "uv":
        session.run_install(
            "uv",
            "sync",
            "--locked",
            "--no-default-groups",
            f"--group={group}",
            f"--python={session.virtualenv.location}",
            env={"UV_PROJECT_ENVIRONMENT": session.virtualenv.location},
            silent=True,
        )
        return
    # pip knows no workspace, and would look for the harness, which the groups name, in an index.
    session.install("-e", ".", "-e", "./harness")
    session.install(*nox.project.dependency_groups(PYPROJECT, group))


@nox.session
def scenarios(session: nox.Session) -> None:
    """Run the catalogue on an embedded Temporal server and in virtual time, and compare."""
    _install(session, "harness")
    check = f"--check-determinism={RERUN_PERCENT}"
    session.run("sagacheck", "run", "--engine", "both", check, *session.posargs)


@nox.session
def explore(session: nox.Session) -> None:
    """Play every history with at most two faults."""
    _install(session, "harness")
    session.run("sagacheck", "explore", "--no-matrix", *session.posargs)


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Run known mutants and show which are caught, and how fast; --quick takes about a minute."""
    _install(session, "test")
    session.run("sagacheck", "mutants", *session.posargs)


@nox.session(default=False)
def nightly(session: nox.Session) -> None:
    """Search for hours: three faults, two orders at once, swarms, properties, long tests.

    Then run all tests against the wheels.
    """
    session.notify("wheel_tests", ["tests"])
    _install(session, "test")
    session.run("sagacheck", "explore", "--faults", "3", *session.posargs)
    session.run("sagacheck", "explore", "--orders", "2", "--no-matrix")
    session.run("sagacheck", "simulate", "--runs", "5000")
    session.run("sagacheck", "mutants")
    session.run("pytest", "tests/property", "tests/docs", env={"HYPOTHESIS_PROFILE": "nightly"})
    session.run("pytest", "-m", "long", "tests")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests, or those that are named behind ``--``."""
    _install(session, "test")
    if session.posargs:
        _test(session, *session.posargs)
        return
    # Hundreds of workflows at once on one server would lose tasks beside other tests.
    _test(session, "--ignore=tests/conformance")
    _test(session, "tests/conformance")


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run all tests with a measurement of their coverage: 1.5 times as long."""
    _install(session, "test")
    _test(session, "--cov", "--cov-report=term", *session.posargs)


def _test(session: nox.Session, *options: str) -> None:
    environment = {
        "HYPOTHESIS_PROFILE": os.environ.get("HYPOTHESIS_PROFILE", "ci"),
        # Hundreds of commands are started: without bytecode each compiles all its imports.
        "PYTHONDONTWRITEBYTECODE": "",
    }
    # Some at once: half of the time a test waits, for a server or for a command that it started.
    # By their names: files of few tests, which are the slow ones, would be left for the end.
    at_once = ("-n3", "--dist=loadfile", "--no-loadscope-reorder")
    determinism = f"--sagacheck-check-determinism={RERUN_PERCENT}"
    session.run("pytest", *at_once, determinism, *options, env=environment)


@nox.session(default=False)
def conformance(session: nox.Session) -> None:
    """Compare the simulated Temporal service with a real server, event by event."""
    _install(session, "test")
    session.run("pytest", "tests/conformance", *session.posargs)


@nox.session(python=PYTHONS, venv_backend="uv")
@nox.parametrize("wheel", ["orders", "sagacheck"])
def wheels(session: nox.Session, wheel: str) -> None:
    """Install each wheel alone into an empty environment, and use it outside this repository."""
    with _outside("examples/trip") as folder:
        (built,) = _built(session, folder / "dist", f"--package={wheel}")
        locked = f"--constraints={_locked(session, folder, '--all-groups', '--all-extras')}"
        session.install(locked, str(built))
        session.chdir(folder / "examples" / "trip")
        session.run(wheel, "--help", silent=True)
        session.run("python", "-I", "-c", ALONE.format(wheel), silent=True)
        if wheel == "sagacheck":
            session.run("python", "-m", "sagacheck", "run", "--quiet")
            session.install(locked, f"{built}[report,server]", "pytest")
            session.run("sagacheck", "run", "--quiet", "--engine", "both", "--report", "report")
            session.run("pytest", "-q")


@nox.session(default=False, venv_backend="uv")
def wheel_tests(session: nox.Session) -> None:
    """Run tests of the harness against the built wheels, outside this repository."""
    with _outside(*TESTED_BESIDE) as folder:
        built = _built(session, folder / "dist", "--all-packages")
        session.install(f"--requirements={_locked(session, folder, '--group=test')}")
        session.install("--no-deps", *map(str, built))
        session.chdir(folder)
        paths = os.pathsep.join([str(folder), str(folder / "examples" / "trip")])
        environment = {"HYPOTHESIS_PROFILE": "ci", "PYTHONPATH": paths}
        session.run("python", "-c", INSTALLED, env=environment)
        session.run("pytest", *(session.posargs or WHEEL_TESTS), env=environment)


ALONE = """
from importlib.util import find_spec
names = "orders", "sagacheck", "fakes", "scenarios", "load", "tests", "trip", "transfer", "payments"
found = [name for name in names if find_spec(name)]
assert found == ["{}"], found
"""
INSTALLED = """
import sysconfig
from pathlib import Path
import orders, sagacheck
for module in orders, sagacheck:
    assert Path(module.__file__).is_relative_to(sysconfig.get_path("purelib")), module
"""
TESTED_BESIDE = (
    *("bench", "docs", "examples", "fakes", "load", "scenarios", "tests"),
    *("CONTRIBUTING.md", "README.md", "pyproject.toml"),
)
"""What tests need besides the two wheels."""
WHEEL_TESTS = (
    *("tests/unit", "tests/checks", "tests/services", "tests/trip"),
    *("tests/engines/test_simulated_engine.py", "tests/cli/test_list_and_schema.py"),
)
"""The tests that run against the wheels on each change; every night all tests do."""


@contextmanager
def _outside(*copied: str) -> Iterator[Path]:
    """A folder outside this repository, with copies of these files and folders."""
    ignored = shutil.ignore_patterns("__pycache__", "runs")
    with tempfile.TemporaryDirectory(prefix="wheels-") as name:
        for each in copied:
            target = Path(name, each)
            if Path(each).is_dir():
                shutil.copytree(each, target, ignore=ignored)
            else:
                shutil.copy(each, target)
        yield Path(name)


def _built(session: nox.Session, folder: Path, *which: str) -> list[Path]:
    """Wheels that are built from their source distributions, as for an index."""
    session.run_install("uv", "build", "--quiet", f"--out-dir={folder}", *which, external=True)
    return sorted(folder.glob("*.whl"))


def _locked(session: nox.Session, folder: Path, *which: str) -> Path:
    """The versions of other packages in the lock file, as requirements."""
    file = folder / "locked.txt"
    session.run_install(
        *("uv", "export", "--quiet", "--locked", "--all-packages", "--no-default-groups", *which),
        *("--no-hashes", "--no-emit-workspace", f"--output-file={file}"),
        external=True,
    )
    return file


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting, and the workflows of CI."""
    _install(session, "lint")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("zizmor", "--offline", "--quiet", "--persona=pedantic", ".github/workflows")


@nox.session
def types(session: nox.Session) -> None:
    """Check all types, in the tests too."""
    _install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def imports(session: nox.Session) -> None:
    """Check that modules import only what their layer allows."""
    _install(session, "imports")
    session.run("lint-imports", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure the time of the catalogue, of verdicts, of both engines, of clients, of the start."""
    _install(session, "test")
    session.run("python", "bench/catalogue.py", *session.posargs)
    session.run("python", "bench/engines.py")
    for measured in ("sagas", "memory", "clients", "start"):
        session.run("python", "-m", f"bench.{measured}")
    session.run("python", "bench/explore.py")
    session.run("python", "bench/served_fakes.py")


@nox.session(default=False)
def pictures(session: nox.Session) -> None:
    """Take new pictures of reports for the documents; needs Chromium."""
    _install(session, "test")
    session.run("python", "docs/pictures/take.py", *session.posargs)


LOAD = ("-f", "load/", "--headless", "--only-summary", "-u", "8", "-r", "8", "--rate", "4")


@nox.session(default=False)
def load(session: nox.Session) -> None:
    """Run orders under load, faults and chaos: our saga stays consistent, a naive one does not."""
    _install(session, "load")
    chaos = ("--faults", "heavy", "--chaos", "--patience", "120", *session.posargs)
    session.run("locust", *LOAD, "-t", "22s", *chaos)
    bad = ("--saga", "tests/sagas/naive.py:SAGA")
    session.run("locust", *LOAD, "-t", "6s", *chaos, *bad, success_codes=[1])


@nox.session(default=False)
def load_bench(session: nox.Session) -> None:
    """Measure the cost of saga, Locust, workers and many orders under load, in half an hour."""
    _install(session, "load")
    session.run("python", "-m", "bench.load", *session.posargs)
