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
from sagacheck.output.exploration import (
    exploration_json,
    print_exploration,
    search_progress,
    verdict_of,
)
from sagacheck.output.junit import findings_of, junit_xml
from sagacheck.output.kill_matrix import (
    matrix_json,
    matrix_progress,
    print_matrix,
    print_matrix_sum,
    print_worth,
)
from sagacheck.output.results_schema import results_schema_text

__all__ = [
    "STYLES",
    "console_for",
    "print_catalogue",
    "print_disagreements",
    "print_kept_server",
    "print_repetition",
    "print_results",
    "print_sum",
    "print_way_on",
    "progress",
    "exploration_json",
    "print_exploration",
    "search_progress",
    "verdict_of",
    "findings_of",
    "junit_xml",
    "matrix_json",
    "matrix_progress",
    "print_matrix",
    "print_matrix_sum",
    "print_worth",
    "results_schema_text",
]
