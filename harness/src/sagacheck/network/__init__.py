"""The network between callers and services, on which faults happen."""

from sagacheck.network.delivery import Call
from sagacheck.network.fault_parsing import read_rule
from sagacheck.network.faults import (
    ALL_CALLS,
    FAULTS,
    Argument,
    Calls,
    Fault,
    FaultKind,
    FaultRule,
    Position,
    Rule,
)
from sagacheck.network.network import Moment, Network
from sagacheck.network.reads import read
from sagacheck.network.routes import Routes, call_of, unknown_route
from sagacheck.network.wire import IncompleteReplyError, TransportError, WireReply, WorkerCrash

__all__ = [
    "ALL_CALLS",
    "Argument",
    "Call",
    "Calls",
    "FAULTS",
    "Fault",
    "FaultKind",
    "FaultRule",
    "IncompleteReplyError",
    "Moment",
    "Network",
    "Position",
    "Routes",
    "Rule",
    "TransportError",
    "WireReply",
    "WorkerCrash",
    "call_of",
    "read",
    "read_rule",
    "unknown_route",
]
