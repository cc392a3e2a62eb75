"""Measures load on a real Temporal server: ``nox -s load_bench``, or ``python -m bench.load``."""
