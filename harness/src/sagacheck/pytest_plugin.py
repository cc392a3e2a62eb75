"""Every scenario file is a test: ``pytest scenarios/``.

All scenarios that were collected begin to run together when the first of them is asked for, on one
engine; each test then waits for its own. A failure's first line is ``path:line: what is wrong``.
"""

from __future__ import annotations

import argparse
import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    # Imported when a scenario runs: a plugin must cost nothing where there are no scenarios.
    from sagacheck.language import Scenario
    from sagacheck.run import ScenarioResult
    from sagacheck.saga import SagaUnderTest

SUFFIXES = frozenset({".yaml", ".yml"})
AT_ONCE = 12


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that scenario tests know."""
    group = parser.getgroup("scenarios")
    group.addoption(
        "--engine",
        choices=["simulated", "server"],
        default="simulated",
        help="what plays scenarios",
    )
    group.addoption(
        "--saga", metavar="M:N", help="the saga under test: module:NAME or file.py:NAME"
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
        help="play a sample of the scenarios a second time in a process whose hashes differ, and "
        "compare byte for byte; all of them if no number is given",
    )


def _percent(text: str) -> float:
    """A share in percent, as argparse takes it."""
    try:
        value = float(text)
    except ValueError:
        hint = "write --check-determinism=100 where a path follows"
        raise argparse.ArgumentTypeError(f"{text!r} is no number; {hint}") from None
    if not 0 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 100")
    return value


def pytest_sessionstart(session: pytest.Session) -> None:
    """Get the saga that is asked for: its services give the scenarios their words."""
    reference = session.config.getoption("--saga")
    if reference:
        session.config.stash[_SAGA] = _load(reference)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect scenario files; a file that is none says so when it is read."""
    if file_path.suffix not in SUFFIXES:
        return None
    return ScenarioFile.from_parent(parent, path=file_path)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember what was collected, so that it can run together."""
    _must_fit(session.config)
    items = [item for item in session.items if isinstance(item, ScenarioItem)]
    if items and not session.config.option.collectonly:
        session.config.stash[_RUN] = _Run(items, _saga_of(session.config), session.config)


def _must_fit(config: pytest.Config) -> None:
    if config.getoption("--check-determinism") and config.getoption("--engine") == "server":
        raise pytest.UsageError(
            "--check-determinism needs virtual time, a server's is never the same: "
            "leave out --engine server"
        )


def _saga_of(config: pytest.Config) -> SagaUnderTest:
    """The saga under test, ours by default."""
    saga = config.stash.get(_SAGA, None)
    if saga is None:
        saga = config.stash[_SAGA] = _load(None)
    return saga


def _load(reference: str | None) -> SagaUnderTest:
    from sagacheck.importing import NotImportableError  # noqa: PLC0415 - see the top
    from sagacheck.saga import load_saga  # noqa: PLC0415 - see the top

    try:
        return load_saga(reference)
    except NotImportableError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the engine."""
    run = config.stash.get(_RUN, None)
    if run is not None:
        run.close()


class ScenarioFile(pytest.File):
    """A file with one scenario."""

    def collect(self) -> Iterator[ScenarioItem]:
        """The scenario; a collection error with place and rule where it is not well formed."""
        from sagacheck.errors import InvalidScenarioError  # noqa: PLC0415 - see the top
        from sagacheck.language import load_file  # noqa: PLC0415

        try:
            place = _from(self.config.invocation_params.dir, self.path)
            scenario = load_file(place, _saga_of(self.config).dialect)
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

        result = self.config.stash[_RUN].result_of(self)
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
    """A scenario came out invalid or unknown."""

    def __init__(self, result: ScenarioResult) -> None:
        from sagacheck.output import findings_of  # noqa: PLC0415 - see the top

        place = f"{result.scenario.file}:{result.scenario.place.line}"
        super().__init__(f"{place}: {result.verdict}: " + "\n".join(findings_of(result)))


class _Run:
    """All collected scenarios on one engine, in a thread with a loop of its own."""

    def __init__(
        self, items: Sequence[ScenarioItem], saga: SagaUnderTest, config: pytest.Config
    ) -> None:
        self._config = config
        self._futures: dict[ScenarioItem, Future[ScenarioResult]] = {it: Future() for it in items}
        self._saga = saga
        self._thread: threading.Thread | None = None
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None

    def result_of(self, item: ScenarioItem) -> ScenarioResult:
        """The result of `item`; the first to ask starts all."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._main, name="scenarios", daemon=True)
            self._thread.start()
        return self._futures[item].result()

    def close(self) -> None:
        """Stop what still runs."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._cancel)
            self._thread.join()
        self._loop.close()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _main(self) -> None:
        self._task = self._loop.create_task(self._run_all())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - the tests that wait must hear of it
            for future in self._futures.values():
                if not future.done():
                    future.set_exception(error)

    async def _run_all(self) -> None:
        from sagacheck.engines import open_engine  # noqa: PLC0415 - see the top
        from sagacheck.run import (  # noqa: PLC0415
            Repetition,
            run_all,
            sample,
        )

        option = self._config.getoption
        waiting = {id(item.scenario): future for item, future in self._futures.items()}
        scenarios = [item.scenario for item in self._futures]
        repeated = sample(scenarios, option("--check-determinism"))
        repetition = Repetition(
            repeated, saga_reference=option("--saga"), evict_always=option("--evict-always")
        )
        twice = {id(scenario) for scenario in repeated}

        def tell(result: ScenarioResult) -> None:
            if id(result.scenario) not in twice:
                waiting[id(result.scenario)].set_result(result)

        opened = open_engine(option("--engine"), self._saga, evict_always=option("--evict-always"))
        async with repetition, opened as engine:
            results = await run_all(scenarios, engine, self._saga, at_once=AT_ONCE, on_result=tell)
            for result in await repetition.judge(results):
                if id(result.scenario) in twice:
                    waiting[id(result.scenario)].set_result(result)


_RUN = pytest.StashKey[_Run]()
_SAGA = pytest.StashKey["SagaUnderTest"]()
