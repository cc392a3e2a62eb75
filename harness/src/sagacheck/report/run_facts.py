"""The report: one HTML page that shows what happened, to somebody who has never seen the project.

Data flows one way: results -> `model` (plain facts, by `tell`) -> page (`page`, with drawings by
`drawing`). The page needs nothing else: no network, no other file. This module itself imports
nothing, so that a run without a report does not pay for one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunFacts:
    """What a report says about the run as a whole.

    Attributes:
        command: The command that repeats it.
        again: The words with which a command that repeats one scenario begins and ends.
        seconds: How long it took.
        disagreements: What the engines do not agree about.
    """

    command: str
    again: tuple[str, ...] = ()
    seconds: float = 0.0
    disagreements: tuple[str, ...] = ()
