"""The saga under test: what a team says of it, and how a command finds it."""

from sagacheck.inprocess import effect
from sagacheck.saga.loading import check_saga, load_saga, saga_words
from sagacheck.saga.under_test import DAY, SagaUnderTest

__all__ = ["DAY", "SagaUnderTest", "check_saga", "effect", "load_saga", "saga_words"]
