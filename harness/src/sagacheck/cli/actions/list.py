"""What ``sagacheck list`` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sagacheck.cli.inputs import load_or_exit, saga_or_exit
from sagacheck.cli.printing.scenario_list import print_scenarios
from sagacheck.output import console_for


def list_scenarios(paths: Sequence[Path], saga_reference: str | None) -> None:
    """Print the scenarios."""
    saga = saga_or_exit(saga_reference)
    print_scenarios(console_for(), load_or_exit(paths, saga, saga_reference))
