"""The zoo of a command."""

from __future__ import annotations

from sagacheck.cli.exit_codes import WRONG_INPUT, exit_with
from sagacheck.cli.inputs import project_or_exit
from sagacheck.importing import NotImportableError
from sagacheck.mutants import Zoo, load_zoo

DEFAULT = "tests/mutants"


def zoo_reference(given: str | None) -> str:
    """The value of ``--zoo``, or else the zoo in its usual place in the project."""
    return given or str(project_or_exit().root / DEFAULT)


def zoo_or_exit(reference: str) -> Zoo:
    """The zoo that `reference` names."""
    try:
        return load_zoo(reference)
    except NotImportableError as error:
        exit_with(WRONG_INPUT, str(error))
