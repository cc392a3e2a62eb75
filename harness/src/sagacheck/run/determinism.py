"""The determinism check: a sample of a run is run again in another process, and compared.

A second run in the same process would share what must not matter: the seed of Python's hashes, on
which the order of sets depends, and whatever the first run has left in modules and caches. So the
sample runs by the same command in a process of its own, with another ``PYTHONHASHSEED`` and without
the scenarios between. There each scenario is played several times, with its objects at other
addresses, on which the order of sets of objects depends. Journal, ledger and event histories of all
plays have to be the same byte for byte. If they are not, a verdict says as much about a clock or
dice as about the saga: a valid scenario becomes unknown, and a violation stays one.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from sagacheck.checks import Unmet, UnmetKind, Verdict
from sagacheck.language import Scenario
from sagacheck.run.artifacts import write_artifacts
from sagacheck.run.judging.judge import MORE_PLAYS
from sagacheck.run.run_log import first_difference, read_run_log
from sagacheck.run.run_spec import RunSpec
from sagacheck.run.scenario_result import ScenarioResult

PLAYS = 4
"""How often the second run plays each scenario more than once, with other addresses of objects."""


class DeterminismCheck:
    """Runs scenarios again while their first run is under way; use it with ``async with``.

    Args:
        scenarios: What runs again on the simulated engine; nothing happens if empty.
        saga_reference: The value of ``--saga``; ``None`` for the saga named in pyproject.toml.
        evict_always: As in the first run.
        root: The folder in which the second run starts; the current one by default.
    """

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        *,
        saga_reference: str | None = None,
        evict_always: bool = False,
        root: Path | None = None,
    ) -> None:
        self._scenarios = scenarios
        self._files = [str(Path(scenario.file).absolute()) for scenario in scenarios]
        self._root = root
        self._words = [
            *("-m", "sagacheck", "run", "--quiet", "--engine=simulated"),
            *([f"--saga={saga_reference}"] if saga_reference else []),
            *(["--evict-always"] if evict_always else []),
        ]
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    def of(cls, spec: RunSpec, scenarios: Sequence[Scenario] | None = None) -> Self:
        """The check of the scenarios that a run is to repeat, or of these among them."""
        return cls(
            spec.rerun if scenarios is None else scenarios,
            saga_reference=spec.saga_reference,
            evict_always=spec.evict_always,
            root=spec.root,
        )

    @classmethod
    def none(cls) -> Self:
        """A check of nothing."""
        return cls(())

    async def __aenter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="sagacheck-again-")
        if self._scenarios:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._words,
                f"--runs={self._again}",
                "--",
                *self._files,
                cwd=self._root,
                env=_other_environment(),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        self._folder.cleanup()

    @property
    def _again(self) -> Path:
        return Path(self._folder.name) / "again"

    async def judge(self, results: Sequence[ScenarioResult]) -> list[ScenarioResult]:
        """The results, unknown now where the second run differed.

        Args:
            results: Those of the first run, on the simulated engine.
        """
        if self._process is None:
            return list(results)
        _, errors = await self._process.communicate()
        names = [scenario.name for scenario in self._scenarios]
        again = self._again / "latest"
        if not again.exists():
            said = errors.decode(errors="replace").strip()
            why = said or f"exit code {self._process.returncode}"
            details = dict.fromkeys(names, f"the second run failed: {why}")
        else:
            details = self._differences(results, names, again)
        return [_with_detail(each, details.get(each.scenario.name)) for each in results]

    def _differences(
        self, results: Sequence[ScenarioResult], names: Sequence[str], again: Path
    ) -> dict[str, str]:
        """Where the scenarios of these names differ between the two runs."""
        by_name = {result.scenario.name: result for result in results}
        first = write_artifacts([by_name[name] for name in names], Path(self._folder.name), "")
        here, there = read_run_log(first, names), read_run_log(again, names)
        found = {name: first_difference(here[name], there[name]) for name in names}
        found |= {name: where for name, where in _in_itself(again).items() if not found.get(name)}
        return {name: f"the second run differed: {where}" for name, where in found.items() if where}


def _in_itself(folder: Path) -> dict[str, str]:
    """Where the plays of a scenario differ in the second run, by the scenarios' names."""
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return {
        result["scenario"]: unmet["detail"]
        for result in results["scenarios"]
        for unmet in result["unmet"]
        if unmet["kind"] == UnmetKind.DETERMINISM
    }


def _with_detail(result: ScenarioResult, detail: str | None) -> ScenarioResult:
    if detail is None:
        return result
    unmet = Unmet(UnmetKind.DETERMINISM, detail)
    verdict = Verdict.merge([result.verdict, unmet.verdict])
    return replace(result, unmet=(*result.unmet, unmet), verdict=verdict)


def _other_environment() -> dict[str, str]:
    """The environment of this process, but for hashes, and with its modules to be found."""
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    path = os.pathsep.join(filter(None, sys.path))
    plays = {MORE_PLAYS: str(PLAYS)}
    return {**os.environ, **plays, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
