"""Runs: scenarios are played, checked, rerun to compare, and compared between engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagacheck.on_demand import on_demand
from sagacheck.run.artifacts import Artifacts, new_folder, results_json, results_text, slug
from sagacheck.run.background import BackgroundRun
from sagacheck.run.determinism import DeterminismCheck
from sagacheck.run.events import Listener
from sagacheck.run.judging.expectations import unmet_by
from sagacheck.run.judging.judge import OnResult, judge, run_all, run_one, terms_of
from sagacheck.run.judging.vacuity import NO_EFFECT, expects_failure, why_vacuous
from sagacheck.run.lazy_run import LazyRun
from sagacheck.run.local_player import LocalPlayer, TrialResult
from sagacheck.run.run import RunFailedError, play
from sagacheck.run.run_result import RunResult
from sagacheck.run.run_spec import RunSpec, sample
from sagacheck.run.scenario_result import ScenarioResult

if TYPE_CHECKING:
    from sagacheck.run.process_pool import ProcessKilledError, ProcessPool, available_cpus

__all__ = [
    "NO_EFFECT",
    "Artifacts",
    "BackgroundRun",
    "DeterminismCheck",
    "LazyRun",
    "Listener",
    "LocalPlayer",
    "OnResult",
    "ProcessKilledError",
    "ProcessPool",
    "RunFailedError",
    "RunResult",
    "RunSpec",
    "ScenarioResult",
    "TrialResult",
    "available_cpus",
    "expects_failure",
    "judge",
    "new_folder",
    "play",
    "results_json",
    "results_text",
    "run_all",
    "run_one",
    "sample",
    "slug",
    "terms_of",
    "unmet_by",
    "why_vacuous",
]

# A run of scenarios plays them in its own process: only searches have pools.
__getattr__ = on_demand(
    __name__, {"process_pool": ("ProcessKilledError", "ProcessPool", "available_cpus")}
)
