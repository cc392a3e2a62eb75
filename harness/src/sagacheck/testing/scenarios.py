"""One scenario as a value: `scenario`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sagacheck.config import ENGINES
from sagacheck.engines import open_engine
from sagacheck.language import Scenario, load_file, load_text
from sagacheck.run import ScenarioResult, run_one
from sagacheck.saga import SagaUnderTest
from sagacheck.testing.aside import in_another_thread
from sagacheck.testing.saga_names import named


def scenario(
    written: str | Path, saga: SagaUnderTest, *, engine: str = "simulated"
) -> ScenarioResult:
    """Play one scenario; whatever its verdict is, it is returned.

    Args:
        written: The path of a scenario file, a `Path` or a line that ends with ``.yaml`` or
            ``.yml``; or else the YAML text of a scenario.
        saga: The saga under test.
        engine: ``"simulated"``, or ``"server"`` for a real Temporal server that is started for it.

    Raises:
        InvalidScenarioError: It is no valid scenario of this saga.
        EngineStartError: There is no server to start.
        ConfigError: The configuration of the current folder's project is wrong.
        TypeError: `saga` is no `SagaUnderTest`, or its workflow or an activity has no decorator.
        ValueError: There is no such engine, or a worker could not run the saga.
    """
    if engine not in ENGINES:
        msg = f"engine={engine!r}; write one of {', '.join(ENGINES)}"
        raise ValueError(msg)
    known = named(saga).saga
    loaded = _load(written, known)

    async def play() -> ScenarioResult:
        async with open_engine(engine, known) as opened:
            return await run_one(loaded, opened, known)

    return in_another_thread(lambda: asyncio.run(play()))


def _load(written: str | Path, saga: SagaUnderTest) -> Scenario:
    is_file = isinstance(written, Path) or (
        "\n" not in written and written.endswith((".yaml", ".yml"))
    )
    if is_file:
        return load_file(written, saga.dialect)
    return load_text(str(written), dialect=saga.dialect)
