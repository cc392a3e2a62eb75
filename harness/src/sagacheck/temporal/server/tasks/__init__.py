"""The workflow tasks of a run."""
