"""Development tasks: ``nox -l`` lists them, ``nox -s tests`` runs one."""

from __future__ import annotations

import os

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.error_on_external_run = True
nox.options.sessions = ["scenarios", "explore", "tests", "lint", "types", "imports"]

CHECK_DETERMINISM = "--check-determinism=5"
"""Of all scenarios so many percent are played twice and compared, in CI as by hand."""


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
    pyproject = nox.project.load_toml("pyproject.toml")
    session.install("-e", ".", *nox.project.dependency_groups(pyproject, group))


@nox.session
def scenarios(session: nox.Session) -> None:
    """Run the catalogue on an embedded Temporal server and in virtual time, and compare."""
    _install(session, "harness")
    session.run(
        *("sagacheck", "run", "--engine", "both", CHECK_DETERMINISM),
        *session.posargs,
    )


@nox.session
def explore(session: nox.Session) -> None:
    """Play every history in which at most two faults happen."""
    _install(session, "harness")
    session.run("sagacheck", "explore", "--no-matrix", *session.posargs)


@nox.session(default=False)
def mutants(session: nox.Session) -> None:
    """Let known bugs loose: who finds which, and how fast; with --quick, in about a minute."""
    _install(session, "test")
    session.run("sagacheck", "mutants", *session.posargs)


@nox.session(default=False)
def nightly(session: nox.Session) -> None:
    """Search for hours: three faults, two orders at once, swarms, properties, long tests."""
    _install(session, "test")
    scenarios = "sagacheck"
    session.run(*scenarios, "explore", "--faults", "3", *session.posargs)
    session.run(*scenarios, "explore", "--orders", "2", "--no-matrix")
    session.run(*scenarios, "simulate", "--runs", "5000")
    session.run(*scenarios, "mutants")
    session.run("pytest", "tests/property", "tests/docs", env={"HYPOTHESIS_PROFILE": "nightly"})
    session.run("pytest", "-m", "long", "tests")


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests."""
    _install(session, "test")
    _test(session, *session.posargs)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run all tests, and measure how much of the code they reach: it takes half as long again."""
    _install(session, "test")
    _test(session, "--cov", "--cov-report=term", *session.posargs)


def _test(session: nox.Session, *options: str) -> None:
    profile = os.environ.get("HYPOTHESIS_PROFILE", "ci")
    session.run("pytest", CHECK_DETERMINISM, *options, env={"HYPOTHESIS_PROFILE": profile})


@nox.session(default=False)
def conformance(session: nox.Session) -> None:
    """Hold the simulated Temporal service against a real server, event by event."""
    _install(session, "test")
    session.run("pytest", "tests/conformance", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting, and the workflows of CI."""
    _install(session, "lint")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("zizmor", "--offline", "--quiet", "--persona=pedantic", ".github/workflows")


@nox.session
def types(session: nox.Session) -> None:
    """Check all types, those of the tests too."""
    _install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def imports(session: nox.Session) -> None:
    """Check who imports whom."""
    _install(session, "imports")
    session.run("lint-imports", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure: the catalogue's time and growth, the way to a verdict, one engine by the other."""
    _install(session, "harness")
    session.run("python", "bench/catalogue.py", *session.posargs)
    session.run("python", "bench/engines.py")
    for measured in ("sagas", "memory", "start"):
        session.run("python", "-m", f"bench.{measured}")
    session.run("python", "bench/explore.py")
    session.run("python", "bench/served_fakes.py")


@nox.session(default=False)
def pictures(session: nox.Session) -> None:
    """Take the pictures of reports anew that the documents show; needs Chromium."""
    _install(session, "test")
    session.run("python", "docs/pictures/take.py", *session.posargs)


LOAD = ("-f", "load/", "--headless", "--only-summary", "-u", "8", "-r", "8", "--rate", "4")


@nox.session(default=False)
def load(session: nox.Session) -> None:
    """Put orders under load, faults and chaos: ours must stay consistent, a bad saga must not."""
    _install(session, "load")
    chaos = ("--faults", "heavy", "--chaos", "--patience", "120", *session.posargs)
    session.run("locust", *LOAD, "-t", "22s", *chaos)
    bad = ("--saga", "tests/sagas/naive.py:SAGA")
    session.run("locust", *LOAD, "-t", "6s", *chaos, *bad, success_codes=[1])


@nox.session(default=False)
def load_bench(session: nox.Session) -> None:
    """Measure load: what saga, Locust, workers and many orders cost, in half an hour."""
    _install(session, "load")
    session.run("python", "-m", "bench.load", *session.posargs)
