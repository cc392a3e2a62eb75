"""What goes wrong in order sagas: the anomalies that scenarios cover and mutants have.

The table is `anomalies.toml`. Its ids are stable.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

THEMES = {
    "A": "Requests and replies",
    "B": "Orchestration",
    "C": "Isolation between sagas",
    "D": "Money",
    "E": "Fulfilment, and what customers see",
    "F": "The harness itself",
}
"""What the anomalies with a letter are about."""


@dataclass(frozen=True, kw_only=True)
class Anomaly:
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


def _read() -> dict[str, Anomaly]:
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        name: Anomaly(
            name=row["name"],
            means=row["means"],
            tests=tuple(row.get("tests", ())),
            invariants=tuple(row.get("invariants", ())),
            not_here=row.get("not_here", ""),
        )
        for name, row in table.items()
    }


ANOMALIES: Mapping[str, Anomaly] = _read()
"""Every anomaly, by its id."""
OF_SAGAS = tuple(name for name in ANOMALIES if not name.startswith("F"))
"""Ids of the anomalies of sagas and services; the others are of the harness itself."""
