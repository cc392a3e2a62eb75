"""Stateful fakes of services: their operations, idempotency keys, state and rules."""

from sagacheck.services.operations import Operation, OperationTable, Refusal
from sagacheck.services.request import RefusedError, Request
from sagacheck.services.service import Handling, Service
from sagacheck.services.services import ServiceFactory, Services, operations_of
from sagacheck.services.stock import AVAILABLE, OUTSIDE, RESERVED, SHIPPED, StockService

__all__ = [
    "AVAILABLE",
    "OUTSIDE",
    "RESERVED",
    "SHIPPED",
    "StockService",
    "Handling",
    "Service",
    "Operation",
    "OperationTable",
    "Refusal",
    "RefusedError",
    "Request",
    "ServiceFactory",
    "Services",
    "operations_of",
]
