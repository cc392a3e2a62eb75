"""Fixtures for all tests.

`run` runs a coroutine to its end; `server_engine` is a Temporal server with a worker for our saga.

    def test_something(run, server_engine):
        trial = run(played(scenario, server_engine))

All coroutines of a test run share one event loop, in a thread of its own. What outlives a
coroutine, such as the server, the worker and the connections of `server_engine`, lives there.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any, Protocol, TypeVar

import pytest
import pytest_asyncio

from sagacheck.engines.server.engine import ServerEngine
from scenarios import SAGA
from tests import replaying
from tests.replaying import (  # noqa: F401 - fixtures
    _gathered,
    _replayed,
    _told,
)

_T = TypeVar("_T")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    meaning = "the workflow's code is not deterministic, or not there any more"
    config.addinivalue_line("markers", f"{replaying.MARKER}: {meaning}")


class Run(Protocol):
    """Runs a coroutine on the common event loop and returns its result, or raises its error."""

    def __call__(self, coroutine: Coroutine[Any, Any, _T], /) -> _T:
        """Run `coroutine` to its end."""


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    """Runs coroutines on one event loop that lives as long as the session."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="tests-loop", daemon=True)
    thread.start()

    def run_it(coroutine: Coroutine[Any, Any, _T], /) -> _T:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    yield run_it
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest_asyncio.fixture(scope="module")
async def server_engine() -> AsyncIterator[ServerEngine]:
    """An embedded Temporal server with a worker for our saga, for one module of tests.

    Not for the whole session: while it is open all httpx requests of the process go to the fakes.
    """
    async with ServerEngine(SAGA) as engine:
        yield engine
