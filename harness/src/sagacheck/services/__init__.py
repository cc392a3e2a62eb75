"""Stateful fakes of services: their operations, idempotency keys, state and rules."""

from sagacheck.services.keys import KeyRecord, KeyState
from sagacheck.services.operations import Operation, OperationTable, Refusal
from sagacheck.services.request import RefusedError, Reply, Request
from sagacheck.services.service import Handling, Service
from sagacheck.services.stock import AVAILABLE, RESERVED, SHIPPED, WORLD, StockService

__all__ = [
    "AVAILABLE",
    "Handling",
    "KeyRecord",
    "KeyState",
    "Operation",
    "OperationTable",
    "RESERVED",
    "Refusal",
    "RefusedError",
    "Reply",
    "Request",
    "SHIPPED",
    "Service",
    "StockService",
    "WORLD",
]
