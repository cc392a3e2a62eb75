"""Results for people and for programs: console, JUnit, JSON, GitHub."""

from sagacheck.output.console import (
    STYLES,
    console_for,
    print_catalogue,
    print_disagreements,
    print_kept_server,
    print_repetition,
    print_results,
    print_sum,
    print_way_on,
    progress,
)
from sagacheck.output.exploration import as_json, print_exploration, progress, verdict_of
from sagacheck.output.junit import findings_of, junit_xml
from sagacheck.output.kill_matrix import as_json, print_matrix, print_sum, print_worth, progress
from sagacheck.output.results_schema import results_schema_text

__all__ = [
    "STYLES",
    "as_json",
    "console_for",
    "findings_of",
    "junit_xml",
    "print_catalogue",
    "print_disagreements",
    "print_exploration",
    "print_kept_server",
    "print_matrix",
    "print_repetition",
    "print_results",
    "print_sum",
    "print_way_on",
    "print_worth",
    "progress",
    "results_schema_text",
    "verdict_of",
]
