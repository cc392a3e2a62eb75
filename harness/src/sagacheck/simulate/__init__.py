"""Many orders, many faults, drawn at random from a seed: `sagacheck simulate`."""

from sagacheck.simulate.swarm import CONFIDENCE, OnRun, Run, Simulation, Swarm, simulate

__all__ = ["CONFIDENCE", "OnRun", "Run", "Simulation", "Swarm", "simulate"]
