"""Fixtures for all tests: a Temporal server with a worker for our saga.

All coroutines of a test run share one event loop, which pytest-asyncio makes. It does nothing while
no coroutine of a test or fixture runs: a test during which a server or worker of this loop must
answer is asynchronous itself.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sagacheck.engines.server.engine import ServerEngine
from scenarios import SAGA
from tests import replaying
from tests.children import let_children_receive_sigint
from tests.replaying import (  # noqa: F401 - fixtures
    _gathered,
    _replayed,
    _told,
)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and let the commands that tests start receive Ctrl-C."""
    meaning = "the workflow's code is not deterministic, or not there any more"
    config.addinivalue_line("markers", f"{replaying.MARKER}: {meaning}")
    let_children_receive_sigint()
    os.environ.pop("COLUMNS", None)  # pytest-xdist sets it: what is printed would be cut to it


@pytest_asyncio.fixture(scope="module")
async def server_engine() -> AsyncIterator[ServerEngine]:
    """An embedded Temporal server with a worker for our saga, for one module of tests.

    Not for the whole session: while it is open all httpx requests of the process go to the fakes.
    """
    async with ServerEngine(SAGA) as engine:
        yield engine
