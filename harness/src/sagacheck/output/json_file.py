"""Results as JSON."""

from __future__ import annotations

from pathlib import Path

from sagacheck.result_files import write_text
from sagacheck.run import Listener, RunResult, results_text


class JsonFile(Listener):
    """Writes the results of a run as JSON.

    Args:
        file: Where they go.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def run_finished(self, run: RunResult) -> None:
        """Write them."""
        write_text(self._file, results_text(run.results))
