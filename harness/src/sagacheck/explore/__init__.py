"""Every history with at most K faults: `sagacheck explore`."""

from sagacheck.explore.choices import WORLD
from sagacheck.explore.counterexamples import (
    COUNTEREXAMPLE,
    Saved,
    counterexample_yaml,
    replay_command,
    save,
    write_counterexample,
    write_histories,
)
from sagacheck.explore.findings import (
    Finding,
    cause_of,
    one_by_one,
    read_baseline,
    write_baseline,
)
from sagacheck.explore.search import INTERRUPTED, Exploration, OnProgress, Progress, explore
from sagacheck.explore.search_spec import Search
from sagacheck.explore.tally import Label

__all__ = [
    "COUNTEREXAMPLE",
    "INTERRUPTED",
    "WORLD",
    "Exploration",
    "Finding",
    "Label",
    "OnProgress",
    "Progress",
    "Saved",
    "Search",
    "cause_of",
    "counterexample_yaml",
    "explore",
    "one_by_one",
    "read_baseline",
    "replay_command",
    "save",
    "write_baseline",
    "write_counterexample",
    "write_histories",
]
