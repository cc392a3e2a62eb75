"""Failure scenarios for order sagas: the language, the engines, the invariants, the verdicts."""

from scenarios.saga import SagaUnderTest

__all__ = ["SagaUnderTest"]
