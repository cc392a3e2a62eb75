"""Every scenario file is a test: ``pytest scenarios/``.

All scenarios that were collected begin to run together when the first of them is asked for, on one
engine; each test then waits for its own. A failure's first line is ``path:line: what is wrong``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sagacheck.config import ENGINES, ConfigError, Project, find_project

if TYPE_CHECKING:
    # Imported when a scenario runs: a plugin must cost nothing where there are no scenarios.
    from sagacheck.language import Scenario
    from sagacheck.run import BackgroundRun, ScenarioResult
    from sagacheck.saga import SagaUnderTest

SUFFIXES = frozenset({".yaml", ".yml"})


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that scenario tests know."""
    group = parser.getgroup("scenarios")
    group.addoption(
        "--engine",
        choices=ENGINES,
        help="what plays scenarios; by default the engine named in pyproject.toml, else simulated",
    )
    group.addoption(
        "--saga",
        metavar="M:N",
        help="the saga under test: module:NAME or file.py:NAME; by default the saga named in "
        "pyproject.toml",
    )
    group.addoption(
        "--evict-always",
        action="store_true",
        help="forget each workflow after each of its tasks, and replay its history for the next",
    )
    group.addoption(
        "--check-determinism",
        metavar="PERCENT",
        nargs="?",
        type=_percent,
        const=100.0,
        default=0.0,
        help="run a sample of the scenarios a second time in a process whose hashes differ, and "
        "compare byte for byte; all of them if no number is given",
    )


def _percent(text: str) -> float:
    """A share in percent, as argparse takes it."""
    try:
        value = float(text)
    except ValueError:
        hint = "write --check-determinism=100 before a path"
        raise argparse.ArgumentTypeError(f"{text!r} is not a number; {hint}") from None
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value


def pytest_sessionstart(session: pytest.Session) -> None:
    """Load the saga that is asked for: a wrong one ends the session before any test."""
    if session.config.getoption("--saga"):
        _saga_of(session.config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect scenario files; a file that is none says so when it is read."""
    if file_path.suffix not in SUFFIXES:
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember what was collected, so that it can run together."""
    config = session.config
    if error := config.stash.get(_WRONG, None):
        raise error
    items = [item for item in session.items if isinstance(item, ScenarioItem)]
    if config.getoption("--check-determinism") and config.getoption("--engine") == "server":
        raise pytest.UsageError(
            "--check-determinism needs virtual time, a server's is never the same: "
            "leave out --engine server"
        )
    if items and not config.option.collectonly:
        config.stash[_RUN] = _run_of(items, config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the engine."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.close()


def _run_of(items: Sequence[ScenarioItem], config: pytest.Config) -> BackgroundRun:
    from sagacheck.run import BackgroundRun, RunSpec  # noqa: PLC0415 - see the top

    reference = config.getoption("--saga")
    project = _project_of(config)
    configured = project.engine if project.engine in ENGINES else "simulated"
    engine = config.getoption("--engine") or configured
    if engine == "server":
        _need_server()
    spec = RunSpec(
        scenarios=[item.scenario for item in items],
        saga=_saga_of(config),
        saga_reference=reference,
        engines=(engine,),
        evict_always=config.getoption("--evict-always"),
        rerun_percent=config.getoption("--check-determinism") if engine == "simulated" else 0.0,
        root=None if reference else project.root,
    )
    return BackgroundRun(spec)


def _need_server() -> None:
    from sagacheck.engines import server_program  # noqa: PLC0415 - see the top

    if server_program() is None:
        raise pytest.UsageError(
            "--engine server needs packages that are not installed: pip install 'sagacheck[server]'"
        )


def _project_of(config: pytest.Config) -> Project:
    """The project of pytest's root folder."""
    try:
        return find_project(config.rootpath)
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None


def _saga_of(config: pytest.Config) -> SagaUnderTest:
    """The saga under test: that of ``--saga``, or of pyproject.toml."""
    saga = config.stash.get(_SAGA, None)
    if saga is None:
        saga = config.stash[_SAGA] = _load(config)
    return saga


def _load(config: pytest.Config) -> SagaUnderTest:
    from sagacheck.importing import NotImportableError  # noqa: PLC0415 - see the top
    from sagacheck.saga import load_saga  # noqa: PLC0415 - see the top

    try:
        return load_saga(config.getoption("--saga"), _project_of(config))
    except (ConfigError, NotImportableError) as error:
        raise pytest.UsageError(str(error)) from None


class ScenarioFile(pytest.File):
    """A file with one scenario."""

    def collect(self) -> Iterator[ScenarioItem]:
        """The scenario; a collection error with place and rule where it is not well formed."""
        from sagacheck.errors import InvalidScenarioError  # noqa: PLC0415 - see the top
        from sagacheck.language import load_file  # noqa: PLC0415

        try:
            place = _from(self.config.invocation_params.dir, self.path)
            scenario = load_file(place, _saga_of(self.config).dialect)
        except pytest.UsageError as error:
            self.config.stash[_WRONG] = error  # to be raised where pytest takes it for what it is
            return
        except InvalidScenarioError as error:
            raise self.CollectError("\n".join(str(each) for each in error.problems)) from None
        yield ScenarioItem.from_parent(self, name=scenario.name, scenario=scenario)


def _from(folder: Path, path: Path) -> Path:
    """The path as one would type it, where it is below `folder`."""
    return path.relative_to(folder) if path.is_relative_to(folder) else path


class ScenarioItem(pytest.Item):
    """A scenario as a test: valid passes, invalid and unknown fail."""

    def __init__(self, *, scenario: Scenario, name: str, parent: ScenarioFile) -> None:
        super().__init__(name, parent)
        self.scenario = scenario
        for tag in scenario.tags:
            self.keywords[tag] = tag

    def runtest(self) -> None:
        """Wait for the scenario's verdict."""
        from sagacheck.checks import Verdict  # noqa: PLC0415 - see the top

        result = self.config.stash[_RUN].result_of(self.scenario)
        if result.verdict is not Verdict.VALID:
            raise ScenarioFailedError(result)

    def repr_failure(  # type: ignore[override]  # pytest allows any representation
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> object:
        """What is wrong, without a traceback through the harness."""
        from sagacheck.errors import EngineStartError  # noqa: PLC0415 - see the top

        if isinstance(excinfo.value, ScenarioFailedError | EngineStartError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the scenario stands."""
        return self.path, self.scenario.place.line - 1, self.name


class ScenarioFailedError(Exception):
    """A scenario is invalid or unknown."""

    def __init__(self, result: ScenarioResult) -> None:
        from sagacheck.output import failure_lines  # noqa: PLC0415 - see the top

        lines = "\n".join(failure_lines(result))
        super().__init__(f"{result.place}: {result.verdict}: {lines}")


_RUN = pytest.StashKey["BackgroundRun"]()
"""The scenarios that were collected, as they run."""
_SAGA = pytest.StashKey["SagaUnderTest"]()
"""The saga under test."""
_WRONG = pytest.StashKey[pytest.UsageError]()
"""What is wrong with the configuration, where it was found during collection."""
