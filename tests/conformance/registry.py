"""All conformance cases: a case is a coroutine function with `case` on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.conformance.side import Case, Play

CASES: dict[str, Case] = {}


def case(
    *, skips_time: bool = True, worker_waits: bool = False, workflows: Sequence[type] = ()
) -> Callable[[Play], Play]:
    """Make a case of a play; its name is the function's."""

    def register(play: Play) -> Play:
        add(play.__name__, play, skips_time, worker_waits, workflows)
        return play

    return register


def add(
    name: str,
    play: Play,
    skips_time: bool = True,
    worker_waits: bool = False,
    workflows: Sequence[type] = (),
) -> None:
    """Make a case of a play."""
    name = name.replace("_", "-")
    assert name not in CASES, f"two cases are called {name}"
    CASES[name] = Case(name, play, skips_time, worker_waits, workflows)


WORKFLOWS: list[type] = []
"""All workflows of the cases, for the common worker."""

_T = TypeVar("_T", bound=type)


def common(cls: _T) -> _T:
    """Let the common worker have this workflow."""
    WORKFLOWS.append(cls)
    return cls
