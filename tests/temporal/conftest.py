"""Tests with coroutines play on the event loop of the simulated service."""

from __future__ import annotations

from asyncio import AbstractEventLoop
from collections.abc import Callable, Mapping

from sagacheck.temporal import VirtualTimeLoop


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], AbstractEventLoop]]:
    """The one kind of loop here: its time jumps to the next timer."""
    return {"virtual time": VirtualTimeLoop}
