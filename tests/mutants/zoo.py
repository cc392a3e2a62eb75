"""The zoo: known-bad sagas and services with one bug each, and correct sagas unlike ours.

python -m scenarios mutants --zoo tests/mutants
"""

from __future__ import annotations

from scenarios.mutants import Zoo
from tests.mutants import (
    correct_variants,
    wrong_cancelling,
    wrong_requests,
    wrong_rollbacks,
    wrong_services,
    wrong_steps,
)

ZOO = Zoo(
    mutants=(
        *wrong_rollbacks.MUTANTS,
        *wrong_cancelling.MUTANTS,
        *wrong_steps.MUTANTS,
        *wrong_requests.MUTANTS,
        *wrong_services.MUTANTS,
    ),
    variants=correct_variants.VARIANTS,
)
