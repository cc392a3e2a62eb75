"""The catalogue of failure scenarios of this shop, and its saga under test."""

from scenarios.saga import SAGA, OrderSagaUnderTest

__all__ = ["SAGA", "OrderSagaUnderTest"]
