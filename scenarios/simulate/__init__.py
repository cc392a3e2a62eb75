"""Many orders, many faults, drawn at random from a seed: `python -m scenarios simulate`."""
