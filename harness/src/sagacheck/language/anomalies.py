"""Anomalies: what goes wrong in order sagas, and which scenarios and mutants show it."""

from __future__ import annotations

import msgspec

THEMES = {
    "A": "Requests and replies",
    "B": "Orchestration",
    "C": "Isolation between sagas",
    "D": "Money",
    "E": "Fulfilment, and what customers see",
    "F": "The harness itself",
}
"""What the anomalies with a letter are about."""


class Anomaly(msgspec.Struct, frozen=True, kw_only=True):
    """One way to go wrong.

    Attributes:
        name: Its usual name.
        means: What happens, in one line.
        tests: Tests that show it where no scenario can, as ``path::function``.
        invariants: The invariants that its tests break. For other anomalies the mutants of a zoo
            show which.
        not_here: Why this system cannot have it; empty if it can.
    """

    name: str
    means: str
    tests: tuple[str, ...] = ()
    invariants: tuple[str, ...] = ()
    not_here: str = ""
