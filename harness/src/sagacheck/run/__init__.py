"""Plays scenarios, judges them, compares engines, and checks determinism."""

from sagacheck.run.artifacts import leave_behind, new_folder, results_json, slug
from sagacheck.run.determinism import Repetition, sample
from sagacheck.run.expectations import unmet_by
from sagacheck.run.judge import OnResult, ScenarioResult, facts_of, run_all
from sagacheck.run.local_player import Play, Player
from sagacheck.run.processes import Crew, processors
from sagacheck.run.run import OpenEngine, Played, play

__all__ = [
    "Crew",
    "processors",
    "OnResult",
    "ScenarioResult",
    "facts_of",
    "run_all",
    "OpenEngine",
    "Played",
    "play",
    "Play",
    "Player",
    "Repetition",
    "sample",
    "leave_behind",
    "new_folder",
    "results_json",
    "slug",
    "unmet_by",
]
