"""Many orders, many faults, generated at random from a seed: `sagacheck simulate`."""

from sagacheck.simulate.seed_runner import SeedResult
from sagacheck.simulate.swarm import CONFIDENCE, OnSeed, Simulation, Swarm, simulate

__all__ = ["CONFIDENCE", "OnSeed", "SeedResult", "Simulation", "Swarm", "simulate"]
