"""What ``sagacheck schema`` prints."""

from __future__ import annotations

from sagacheck.cli.actions.results_schema import results_schema_text
from sagacheck.cli.inputs import saga_or_exit
from sagacheck.language import schema_text

__all__ = ["results_schema_text", "scenario_schema_text"]


def scenario_schema_text(saga_reference: str | None) -> str:
    """The JSON Schema of the scenario files of a saga."""
    return schema_text(saga_or_exit(saga_reference).dialect)
