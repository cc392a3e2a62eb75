"""The network between callers and services, on which faults happen."""

from sagacheck.network.bodies import LARGEST_BODY, BodyError, BodyTooLargeError, read_body
from sagacheck.network.callbacks import Callback, CallbackSink
from sagacheck.network.delivery import Call
from sagacheck.network.fault_parsing import read_rule
from sagacheck.network.fault_writing import calls_in_words, fault_in_words, rule_in_words
from sagacheck.network.faults import (
    ALL_CALLS,
    EARLY_CALLBACK,
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
from sagacheck.network.reads import read_collection
from sagacheck.network.routes import Routes, UnknownRouteError, call_of, unknown_route
from sagacheck.network.wire import (
    ConnectionLostError,
    IncompleteReplyError,
    NoConnectionError,
    NoReplyError,
    TransportError,
    WireReply,
    WorkerCrash,
    encoded,
    error_code,
)

__all__ = [
    "ALL_CALLS",
    "EARLY_CALLBACK",
    "FAULTS",
    "LARGEST_BODY",
    "Argument",
    "BodyError",
    "BodyTooLargeError",
    "Call",
    "Callback",
    "CallbackSink",
    "Calls",
    "ConnectionLostError",
    "Fault",
    "FaultKind",
    "FaultRule",
    "IncompleteReplyError",
    "Moment",
    "Network",
    "NoConnectionError",
    "NoReplyError",
    "Position",
    "Routes",
    "Rule",
    "TransportError",
    "UnknownRouteError",
    "WireReply",
    "WorkerCrash",
    "call_of",
    "calls_in_words",
    "encoded",
    "error_code",
    "fault_in_words",
    "read_body",
    "read_collection",
    "read_rule",
    "rule_in_words",
    "unknown_route",
]
