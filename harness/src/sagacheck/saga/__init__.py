"""The saga under test: what a team says of it, and how a command finds it."""

from sagacheck.inprocess import effect
from sagacheck.saga.loading import load_saga, saga_words
from sagacheck.saga.under_test import DAY, SagaUnderTest

__all__ = ["DAY", "SagaUnderTest", "effect", "load_saga", "saga_words"]
