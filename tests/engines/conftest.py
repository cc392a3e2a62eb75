"""One Temporal server for all tests of the engine, and a short way to play a scenario on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import count
from typing import Protocol

import pytest
import pytest_asyncio

from sagacheck.engines import embedded_server
from sagacheck.engines.server.engine import ServerEngine
from sagacheck.run import ScenarioResult, run_all
from sagacheck.saga import SagaUnderTest
from scenarios import SAGA
from tests.shop import load_text

BATCHES = count(1)
OURS = SAGA


class Play(Protocol):
    """Plays scenarios, all at once, and returns their results."""

    async def __call__(
        self, *texts: str, saga: SagaUnderTest = OURS, evict_always: bool = False
    ) -> Sequence[ScenarioResult]:
        """Play the scenarios that the texts describe."""


@pytest_asyncio.fixture(scope="session")
async def server() -> AsyncIterator[str]:
    """The address of one server, which can skip time."""
    async with embedded_server() as address:
        yield address


@pytest.fixture
def play(server: str) -> Play:
    """Plays scenarios on the one server, with a worker of their own."""

    async def play_them(
        *texts: str, saga: SagaUnderTest = OURS, evict_always: bool = False
    ) -> Sequence[ScenarioResult]:
        return await _play(texts, saga, server, evict_always)

    return play_them


async def _play(
    texts: Sequence[str], saga: SagaUnderTest, server: str, evict_always: bool
) -> list[ScenarioResult]:
    # This server is an embedded one, shared by many engines, whose workflows need ids of their own.
    engine = ServerEngine(
        saga,
        address=server,
        skips_time=True,
        numbers=count(1000 * next(BATCHES)),
        evict_always=evict_always,
    )
    scenarios = [
        load_text(text, f"{number}.yaml", saga.dialect) for number, text in enumerate(texts, 1)
    ]
    async with asyncio.timeout(300), engine:
        return await run_all(scenarios, engine, saga, at_once=12)
