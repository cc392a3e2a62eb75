"""Stateful stand-ins for the services around a saga, and the network to them."""

from fakes.books import Account, AccountKind, Books, Effect, EffectState, Entry, Posting
from fakes.caller import Caller, calling
from fakes.client import FakesClient
from fakes.clock import Clock, LoopClock, ManualClock
from fakes.faults import ALL_CALLS, FAULTS, Calls, Fault, FaultKind, FaultRule, Position, Rule
from fakes.hook import httpx_to_fakes
from fakes.journal import Attempt, Delivery, Journal, Seen
from fakes.messages import RefusedError, Reply, Request
from fakes.network import Call, Moment, Network, TransportError, WireReply, WorkerCrash
from fakes.operations import Operation, OperationTable, Refusal
from fakes.service import Service
from fakes.settings import Idempotency, Settings
from fakes.stock import StockService
from fakes.world import ORDER_OPERATIONS, ServiceFactory, World, order_services

__all__ = [
    "ALL_CALLS",
    "FAULTS",
    "ORDER_OPERATIONS",
    "Account",
    "AccountKind",
    "Attempt",
    "Books",
    "Call",
    "Caller",
    "Calls",
    "Clock",
    "Delivery",
    "Effect",
    "EffectState",
    "Entry",
    "FakesClient",
    "Fault",
    "FaultKind",
    "FaultRule",
    "Idempotency",
    "Journal",
    "LoopClock",
    "ManualClock",
    "Moment",
    "Network",
    "Operation",
    "OperationTable",
    "Position",
    "Posting",
    "Refusal",
    "RefusedError",
    "Reply",
    "Request",
    "Rule",
    "Seen",
    "Service",
    "ServiceFactory",
    "Settings",
    "StockService",
    "TransportError",
    "WireReply",
    "WorkerCrash",
    "World",
    "calling",
    "httpx_to_fakes",
    "order_services",
]
