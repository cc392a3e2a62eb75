"""Every history with at most K faults: `sagacheck explore`."""

from sagacheck.explore.choices import WORLD
from sagacheck.explore.counterexamples import (
    COUNTEREXAMPLE,
    Saved,
    replay_command,
    save,
    write_counterexample,
)
from sagacheck.explore.search import Exploration, OnProgress, Search, explore
from sagacheck.explore.start import plain_orders

__all__ = [
    "COUNTEREXAMPLE",
    "Saved",
    "replay_command",
    "save",
    "write_counterexample",
    "Exploration",
    "OnProgress",
    "Search",
    "explore",
    "WORLD",
    "plain_orders",
]
