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
from sagacheck.network.wire import (
    ConnectionLostError,
    IncompleteReplyError,
    NoConnectionError,
    NoReplyError,
    TransportError,
    WireReply,
    WorkerCrash,
    as_sent,
)

__all__ = [
    "ALL_CALLS",
    "Argument",
    "Calls",
    "FAULTS",
    "Fault",
    "FaultKind",
    "FaultRule",
    "Position",
    "Rule",
    "Call",
    "ConnectionLostError",
    "IncompleteReplyError",
    "NoConnectionError",
    "NoReplyError",
    "TransportError",
    "WireReply",
    "WorkerCrash",
    "as_sent",
    "Moment",
    "Network",
    "Routes",
    "call_of",
    "unknown_route",
    "read",
    "read_rule",
]
