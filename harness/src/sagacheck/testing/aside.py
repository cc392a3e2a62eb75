"""Functions that run an event loop of their own, called where one may be running already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Result = TypeVar("_Result")


def without_running_loop(function: Callable[[], _Result]) -> _Result:
    """Call `function` where no event loop runs: in another thread, if one runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return function()
    return in_another_thread(function)


def in_another_thread(function: Callable[[], _Result]) -> _Result:
    """Call `function` in a thread of its own: what it does to event loops does not last."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="sagacheck") as thread:
        return thread.submit(function).result()
