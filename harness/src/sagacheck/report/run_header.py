"""The top of a report."""

from __future__ import annotations

from dataclasses import dataclass

from sagacheck.checks import Verdict


@dataclass(frozen=True)
class RunHeader:
    """What a report says about the run as a whole.

    Attributes:
        command: The command that repeats it.
        again: The options with which a command repeats one scenario.
        seconds: How long it took.
        engine_diff: Where the engines disagree, a line each.
        verdict: The verdict, where it is not that of the results alone.
    """

    command: str
    again: tuple[str, ...] = ()
    seconds: float = 0.0
    engine_diff: tuple[str, ...] = ()
    verdict: Verdict | None = None
