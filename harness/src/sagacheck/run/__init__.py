"""Plays scenarios, judges them, compares engines, and checks determinism."""

from sagacheck.run.artifacts import leave_behind, new_folder, results_json, slug
from sagacheck.run.determinism import Repetition, sample
from sagacheck.run.expectations import unmet_by
from sagacheck.run.judge import OnResult, ScenarioResult, run_all, terms_of
from sagacheck.run.local_player import Play, Player
from sagacheck.run.processes import Crew, processors
from sagacheck.run.run import OpenEngine, Played, play

__all__ = [
    "Crew",
    "OnResult",
    "OpenEngine",
    "Play",
    "Played",
    "Player",
    "Repetition",
    "ScenarioResult",
    "leave_behind",
    "new_folder",
    "play",
    "processors",
    "results_json",
    "run_all",
    "sample",
    "slug",
    "terms_of",
    "unmet_by",
]
