"""Sagas that are not ours, each with services of its own, tested by the same harness."""
