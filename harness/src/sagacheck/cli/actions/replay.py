"""What ``sagacheck replay`` does: runs counterexamples again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.padding import Padding

from sagacheck import interrupts
from sagacheck.checks import Verdict
from sagacheck.cli.exit_codes import UNKNOWN, exit_with
from sagacheck.cli.extras import server_or_exit
from sagacheck.cli.inputs import load_or_exit, project_or_exit, saga_or_exit
from sagacheck.config import ENGINES
from sagacheck.engines import open_engine
from sagacheck.errors import EngineStartError
from sagacheck.explore import COUNTEREXAMPLE
from sagacheck.language import Scenario
from sagacheck.output import console_for, escape, failure_lines, styled
from sagacheck.run import ScenarioResult, run_all
from sagacheck.saga import SagaUnderTest

WORDS = {Verdict.VALID: "VALID", Verdict.INVALID: "FAILED", Verdict.UNKNOWN: "UNKNOWN"}


def replay(paths: Sequence[Path], engine: str | None, saga_reference: str | None) -> int:
    """Run counterexamples again, print FIXED, or FAILED and why; the exit code."""
    name = _engine_or_exit(engine)
    saga = saga_or_exit(saga_reference)
    results = _results_or_exit(load_or_exit(paths, saga), name, saga)
    console = console_for()
    for result in results:
        console.print(f"{styled(result.verdict, _word(result))} {escape(result.scenario.name)}")
        for line in failure_lines(result) if result.verdict is not Verdict.VALID else ():
            console.print(Padding.indent(escape(line), 2))
    return Verdict.merge(result.verdict for result in results).exit_code


def _engine_or_exit(name: str | None) -> str:
    configured = project_or_exit().engine
    engine = name or (configured if configured in ENGINES else "simulated")
    if engine == "server":
        server_or_exit("--engine server")
    return engine


def _results_or_exit(
    scenarios: list[Scenario], engine: str, saga: SagaUnderTest
) -> list[ScenarioResult]:
    async def run() -> list[ScenarioResult]:
        async with open_engine(engine, saga) as opened:
            return await run_all(scenarios, opened, saga, at_once=12)

    try:
        with interrupts.playing():
            return interrupts.run(run())
    except KeyboardInterrupt:
        exit_with(UNKNOWN, "interrupted: this run has no verdict")
    except EngineStartError as error:
        exit_with(UNKNOWN, f"nothing was run, {error}")


def _word(result: ScenarioResult) -> str:
    """Only a scenario that has failed before can be fixed."""
    has_failed = COUNTEREXAMPLE in result.scenario.tags
    is_fixed = result.verdict is Verdict.VALID and has_failed
    return "FIXED" if is_fixed else WORDS[result.verdict]
