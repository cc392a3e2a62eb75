"""Every history with at most K faults: `sagacheck explore`."""

from sagacheck.explore.choices import WORLD
from sagacheck.explore.counterexamples import (
    COUNTEREXAMPLE,
    Saved,
    replay_command,
    save,
    write_counterexample,
    write_histories,
)
from sagacheck.explore.search import Exploration, OnProgress, Progress, explore
from sagacheck.explore.search_spec import Search
from sagacheck.explore.tally import Label

__all__ = [
    "COUNTEREXAMPLE",
    "WORLD",
    "Exploration",
    "Label",
    "OnProgress",
    "Progress",
    "Saved",
    "Search",
    "explore",
    "replay_command",
    "save",
    "write_counterexample",
    "write_histories",
]
