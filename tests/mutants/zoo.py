"""The zoo: known-bad sagas and services with one bug each, and correct sagas unlike ours.

sagacheck mutants --zoo tests/mutants
"""

from __future__ import annotations

from sagacheck.mutants import Zoo
from tests.mutants import (
    correct_variants,
    wrong_cancelling,
    wrong_ends,
    wrong_keys,
    wrong_orders,
    wrong_requests,
    wrong_retries,
    wrong_rollbacks,
    wrong_services,
    wrong_steps,
    wrong_sums,
)

ZOO = Zoo(
    mutants=(
        *wrong_rollbacks.MUTANTS,
        *wrong_cancelling.MUTANTS,
        *wrong_steps.MUTANTS,
        *wrong_requests.MUTANTS,
        *wrong_services.MUTANTS,
        *wrong_sums.MUTANTS,
        *wrong_retries.MUTANTS,
        *wrong_keys.MUTANTS,
        *wrong_orders.MUTANTS,
        *wrong_ends.MUTANTS,
    ),
    variants=correct_variants.VARIANTS,
)
