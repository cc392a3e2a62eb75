"""Whether a run repeats: a sample of it is played again, in another process, and compared.

A second play in the same process would share what must not matter: the seed of Python's hashes, on
which the order of sets depends, and whatever the first play has left in modules and caches. So
the sample is played by the same command in a process of its own, with another ``PYTHONHASHSEED``
and without the scenarios that were played between. What both leave behind, journal, ledger and event
histories, has to be the same byte for byte. If it is not, a verdict says as much about the
clock or the dice as about the saga: a valid one becomes unknown, a violation that was seen stays.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from sagacheck.checks import Unmet, UnmetKind, Verdict
from sagacheck.language import Scenario
from sagacheck.run.artifacts import leave_behind
from sagacheck.run.judge import ScenarioResult
from sagacheck.run.run_log import first_difference, records


def sample(scenarios: Iterable[Scenario], percent: float) -> list[Scenario]:
    """About `percent` of the scenarios, the same ones in every run: their names decide."""
    return [scenario for scenario in scenarios if _share(scenario.name) < percent]


def _share(name: str) -> float:
    digest = hashlib.sha256(name.encode()).digest()
    return 100 * int.from_bytes(digest[:8]) / 2**64


class Repetition:
    """Plays scenarios again while their first play is under way; use it with ``async with``.

    Args:
        scenarios: What is to be played again on the simulated engine; nothing happens if empty.
        saga_reference: The saga under test as ``--saga`` takes it; ours by default.
        evict_always: As the first play has it.
    """

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        *,
        saga_reference: str | None = None,
        evict_always: bool = False,
    ) -> None:
        self._scenarios = scenarios
        self._words = [
            *("-m", "sagacheck", "run", "--quiet"),
            *([f"--saga={saga_reference}"] if saga_reference else []),
            *(["--evict-always"] if evict_always else []),
        ]
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="sagacheck-again-")
        if self._scenarios:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._words,
                f"--runs={self._again}",
                "--",
                *(scenario.file for scenario in self._scenarios),
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
        """The results, those unknown now that did not repeat.

        Args:
            results: Of the first play, on the simulated engine; those of the sample among them.
        """
        if self._process is None:
            return list(results)
        _, said = await self._process.communicate()
        names = [scenario.name for scenario in self._scenarios]
        by_name = {result.scenario.name: result for result in results}
        first = leave_behind([by_name[name] for name in names], Path(self._folder.name), "")
        again = self._again / "latest"
        if not again.exists():
            why = said.decode(errors="replace").strip() or f"exit code {self._process.returncode}"
            return _all_unknown(results, names, f"it could not be played a second time: {why}")
        here, there = records(first, names), records(again, names)
        return [
            _judged(result, first_difference(here[name], there[name])) if name in here else result
            for result in results
            for name in (result.scenario.name,)
        ]


def _judged(result: ScenarioResult, difference: str) -> ScenarioResult:
    if not difference:
        return result
    return _with(result, f"it went otherwise when it was played again: {difference}")


def _all_unknown(
    results: Sequence[ScenarioResult], names: Sequence[str], why: str
) -> list[ScenarioResult]:
    return [_with(each, why) if each.scenario.name in names else each for each in results]


def _with(result: ScenarioResult, detail: str) -> ScenarioResult:
    unmet = Unmet(UnmetKind.DETERMINISM, detail)
    verdict = Verdict.merge([result.verdict, unmet.verdict])
    return replace(result, unmet=(*result.unmet, unmet), verdict=verdict)


def _other_environment() -> dict[str, str]:
    """The environment of this process, but for hashes, and with its modules to be found."""
    seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    path = os.pathsep.join(filter(None, sys.path))
    return {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
