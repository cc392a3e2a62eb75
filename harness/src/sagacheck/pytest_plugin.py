"""Every scenario file is a test: ``pytest scenarios/``.

A scenario file is YAML below the folders that ``[tool.sagacheck]`` names as ``scenarios``, or one
that the command line names. Other YAML is left alone. ``-p no:sagacheck`` switches the plugin off.

Each scenario is played when its test runs, so that a worker of pytest-xdist plays its own only. On
a real server, and where scenarios run a second time, all begin together with the first test, unless
pytest-xdist shares them out; each test then waits for its own. A failure's first line is
``path:line: what is wrong``, and its story in words follows.

The fixture ``saga_world`` is for tests of single activities: a `sagacheck.testing.SagaWorld`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # Imported when a scenario is collected: pytest loads an installed plugin in every project.
    from sagacheck.config import Project
    from sagacheck.language import Scenario
    from sagacheck.run import BackgroundRun, LazyRun, ScenarioResult
    from sagacheck.saga import SagaUnderTest
    from sagacheck.testing import SagaWorld

SUFFIXES = frozenset({".yaml", ".yml"})
ENGINES = ("simulated", "server")
"""Those of `sagacheck.config`, which takes a fifth of a second to import."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that scenario tests know."""
    group = parser.getgroup("scenarios")
    group.addoption(
        "--sagacheck-engine",
        choices=ENGINES,
        help="what plays scenarios; by default the engine named in pyproject.toml, else simulated",
    )
    group.addoption(
        "--sagacheck-saga",
        metavar="M:N",
        help="the saga under test: module:NAME or file.py:NAME; by default the saga named in "
        "pyproject.toml",
    )
    group.addoption(
        "--sagacheck-evict-always",
        action="store_true",
        help="forget each workflow after each of its tasks, and replay its history for the next",
    )
    group.addoption(
        "--sagacheck-check-determinism",
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
        hint = "write --sagacheck-check-determinism=100 before a path"
        raise argparse.ArgumentTypeError(f"{text!r} is not a number; {hint}") from None
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value


def pytest_sessionstart(session: pytest.Session) -> None:
    """Load the saga that is asked for: a wrong one ends the session before any test."""
    if session.config.getoption("--sagacheck-saga"):
        _saga_of(session.config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect scenario files; one that is not well formed says so when it is read."""
    if file_path.suffix not in SUFFIXES:
        return None
    try:
        is_scenario = _is_scenario_file(file_path, parent.session)
    except pytest.UsageError as error:
        parent.config.stash[_WRONG] = error  # to be raised where pytest takes it for what it is
        return None
    return ScenarioFile.from_parent(parent, path=file_path) if is_scenario else None


def _is_scenario_file(file: Path, session: pytest.Session) -> bool:
    """Whether a YAML file is a scenario: others belong to other programs."""
    config = session.config
    if session.isinitpath(file):
        return True
    may_be_configured = any(map(_mentions_us, (config.rootpath, config.invocation_params.dir)))
    folders = [*_project_of(config).scenarios] if may_be_configured else []
    if config.getoption("--sagacheck-saga") and config.args_source is pytest.Config.ArgsSource.ARGS:
        # The scenarios of another saga than the project's: they lie where the command says.
        folders += [config.invocation_params.dir / arg.partition("::")[0] for arg in config.args]
    return any(file.is_relative_to(folder.resolve()) for folder in folders)


@lru_cache
def _mentions_us(folder: Path) -> bool:
    """Whether a pyproject.toml above may have our table: only then the harness is imported."""
    files = [each / "pyproject.toml" for each in (folder, *folder.parents)]
    return any(b"sagacheck" in file.read_bytes() for file in files if file.is_file())


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember what was collected, so that it can run together."""
    config = session.config
    if error := config.stash.get(_WRONG, None):
        raise error
    items = [item for item in session.items if isinstance(item, ScenarioItem)]
    if (
        config.getoption("--sagacheck-check-determinism")
        and config.getoption("--sagacheck-engine") == "server"
    ):
        raise pytest.UsageError(
            "--sagacheck-check-determinism needs virtual time, a server's is never the same: "
            "leave out --sagacheck-engine server"
        )
    if items and not config.option.collectonly:
        config.stash[_RUN] = _run_of(items, config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the engine."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.close()


def _run_of(items: Sequence[ScenarioItem], config: pytest.Config) -> BackgroundRun | LazyRun:
    from sagacheck.run import BackgroundRun, LazyRun, RunSpec  # noqa: PLC0415 - see the top

    reference = config.getoption("--sagacheck-saga")
    project = _project_of(config)
    configured = project.engine if project.engine in ENGINES else "simulated"
    engine = config.getoption("--sagacheck-engine") or configured
    if engine == "server":
        _need_server()
    rerun_percent = config.getoption("--sagacheck-check-determinism")
    spec = RunSpec(
        scenarios=[item.scenario for item in items],
        saga=_saga_of(config),
        saga_reference=reference,
        engines=(engine,),
        evict_always=config.getoption("--sagacheck-evict-always"),
        rerun_percent=rerun_percent if engine == "simulated" else 0.0,
        root=None if reference else project.root,
    )
    is_shared_out = hasattr(config, "workerinput")  # this is a worker of pytest-xdist
    together = not is_shared_out and (engine == "server" or spec.rerun)
    return BackgroundRun(spec) if together else LazyRun(spec)


def _need_server() -> None:
    from sagacheck.engines import server_program  # noqa: PLC0415 - see the top

    if server_program() is None:
        raise pytest.UsageError(
            "--sagacheck-engine server needs packages that are not installed: "
            "pip install 'sagacheck[server]'"
        )


def _project_of(config: pytest.Config) -> Project:
    """The project of pytest's root folder, or else of the current one."""
    project = config.stash.get(_PROJECT, None)
    if project is None:
        project = config.stash[_PROJECT] = _find(config.rootpath, config.invocation_params.dir)
    return project


def _find(*folders: Path) -> Project:
    from sagacheck.config import ConfigError, find_project  # noqa: PLC0415 - see the top

    try:
        projects = [find_project(folder) for folder in folders]
    except ConfigError as error:
        raise pytest.UsageError(str(error)) from None
    return next((each for each in projects if each.is_configured), projects[0])


def _saga_of(config: pytest.Config) -> SagaUnderTest:
    """The saga under test: that of ``--sagacheck-saga``, or of pyproject.toml."""
    saga = config.stash.get(_SAGA, None)
    if saga is None:
        saga = config.stash[_SAGA] = _load(config)
    return saga


def _load(config: pytest.Config) -> SagaUnderTest:
    from sagacheck.config import ConfigError  # noqa: PLC0415 - see the top
    from sagacheck.importing import NotImportableError  # noqa: PLC0415
    from sagacheck.saga import load_saga  # noqa: PLC0415

    try:
        return load_saga(
            config.getoption("--sagacheck-saga"), _project_of(config), option="--sagacheck-saga"
        )
    except (ConfigError, NotImportableError) as error:
        raise pytest.UsageError(str(error)) from None


class ScenarioFile(pytest.File):
    """A file with one scenario."""

    def collect(self) -> Iterator[ScenarioItem]:
        """The scenario; a collection error with place and rule where it is not well formed."""
        from sagacheck.errors import InvalidScenarioError  # noqa: PLC0415 - see the top
        from sagacheck.language import load_file  # noqa: PLC0415
        from sagacheck.printable import printable  # noqa: PLC0415

        try:
            place = _from(self.config.invocation_params.dir, self.path)
            scenario = load_file(place, _saga_of(self.config).dialect)
        except pytest.UsageError as error:
            self.config.stash[_WRONG] = error  # to be raised where pytest takes it for what it is
            return
        except InvalidScenarioError as error:
            raise self.CollectError("\n".join(str(each) for each in error.problems)) from None
        yield ScenarioItem.from_parent(self, name=printable(scenario.name), scenario=scenario)


def _from(folder: Path, path: Path) -> Path:
    """The path as one would type it, where it is below `folder`."""
    return path.relative_to(folder) if path.is_relative_to(folder) else path


def _may_mark(tag: str, config: pytest.Config) -> bool:
    """Whether a tag is a marker, to be selected by ``-m``; it is registered where it is new.

    A marker that takes arguments means more to pytest or a plugin than a tag does (``skip``).
    """
    if tag.startswith("_"):
        return False  # pytest allows no such marker
    known = {re.split(r"[:(]", line, maxsplit=1)[0].strip(): line for line in _markers(config)}
    if tag in known:
        return not known[tag].partition(":")[0].rstrip().endswith(")")
    config.addinivalue_line("markers", f"{tag}: scenarios with this tag")
    return True


def _markers(config: pytest.Config) -> list[str]:
    lines: list[str] = config.getini("markers")
    return lines


class ScenarioItem(pytest.Item):
    """A scenario as a test: valid passes, invalid and unknown fail."""

    def __init__(self, *, scenario: Scenario, name: str, parent: ScenarioFile) -> None:
        super().__init__(name, parent)
        self.scenario = scenario
        for tag in scenario.tags:
            self.keywords[tag] = tag
            if _may_mark(tag, self.config):
                self.add_marker(tag)

    def runtest(self) -> None:
        """Play the scenario, or wait until it has been played."""
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
        from sagacheck.printable import printable  # noqa: PLC0415
        from sagacheck.report import story_of  # noqa: PLC0415

        why = result.scenario.why
        lines = [
            f"{printable(result.place)}: {result.verdict}: " + "\n".join(failure_lines(result)),
            *([f"why this matters: {printable(why)}"] if why else []),
            "what happened:",
            *story_of(result.trial),
        ]
        super().__init__("\n".join(lines))


@pytest.fixture
def saga_world(pytestconfig: pytest.Config) -> Iterator[SagaWorld]:
    """The services around the project's saga, for a test that runs its activities by itself."""
    from sagacheck.testing import SagaWorld  # noqa: PLC0415 - see the top

    with SagaWorld(_saga_of(pytestconfig)) as world:
        yield world


_RUN = pytest.StashKey["BackgroundRun | LazyRun"]()
"""The scenarios that were collected, as they run."""
_SAGA = pytest.StashKey["SagaUnderTest"]()
"""The saga under test."""
_PROJECT = pytest.StashKey["Project"]()
"""The project whose scenarios are collected."""
_WRONG = pytest.StashKey[pytest.UsageError]()
"""What is wrong with the configuration, where it was found during collection."""
