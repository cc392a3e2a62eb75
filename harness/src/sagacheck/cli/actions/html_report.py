"""The HTML report of a run, as one of its listeners."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sagacheck.cli.extras import has_report
from sagacheck.run import Artifacts, Listener, RunResult


class HtmlReport(Listener):
    """Writes the HTML report of a run: where it was asked for, or where something is not valid.

    Args:
        artifacts: The artifacts of the run; a report that was not asked for goes to their folder.
        folder: Where the report was asked for.
        command: The command that repeats the run.
        words: The options with which a command repeats a single scenario.

    Attributes:
        shown: The file of the report, or how to get one; empty where there is none.
    """

    def __init__(
        self, artifacts: Artifacts, folder: Path | None, command: str, words: Sequence[str]
    ) -> None:
        self._artifacts = artifacts
        self._folder = folder
        self._command = command
        self._words = tuple(words)
        self.shown = ""

    def run_finished(self, run: RunResult) -> None:
        """Write it, if there is reason to."""
        folder = self._folder
        if folder is None:
            # A page that shows nothing wrong is written only where it was asked for.
            if not (run.not_valid or run.engine_diff) or self._artifacts.folder is None:
                return
            folder = self._artifacts.folder / "report"
        if has_report():
            self.shown = str(self._write(run, folder))
        else:
            self.shown = "pip install 'sagacheck[report]' to have one"

    def _write(self, run: RunResult, folder: Path) -> Path:
        from sagacheck.report import RunHeader, page_of, write_report  # noqa: PLC0415 - jinja2 is an extra

        header = RunHeader(
            command=self._command,
            again=self._words,
            seconds=run.seconds,
            engine_diff=tuple(run.engine_diff),
        )
        return write_report(page_of(run.results, header), folder)
