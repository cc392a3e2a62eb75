"""Every history with at most K faults: `python -m scenarios explore`."""
