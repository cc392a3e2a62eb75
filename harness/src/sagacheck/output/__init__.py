"""Results of a run for people and for programs: console, JUnit, JSON, GitHub.

They listen to the events of a run (`sagacheck.run.Listener`), and know nothing of each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sagacheck.on_demand import on_demand
from sagacheck.output.console import STYLES, console_for, escape, plain_table, progress_bar, styled
from sagacheck.output.failure_lines import failure_lines
from sagacheck.output.github import GitHubAnnotations
from sagacheck.output.json_file import JsonFile
from sagacheck.output.run_console import RunConsole

if TYPE_CHECKING:
    from sagacheck.output.junit import JUnitFile
    from sagacheck.output.run_progress import RunProgress

__all__ = [
    "STYLES",
    "GitHubAnnotations",
    "JUnitFile",
    "JsonFile",
    "RunConsole",
    "RunProgress",
    "console_for",
    "escape",
    "failure_lines",
    "plain_table",
    "progress_bar",
    "styled",
]

# Few runs write XML, and only those in a terminal show their progress.
__getattr__ = on_demand(__name__, {"junit": ("JUnitFile",), "run_progress": ("RunProgress",)})
