"""Engines: what plays a trial on a Temporal service."""

from sagacheck.engines.engine import Engine
from sagacheck.engines.events.answer import Answer, AnswerKind, answer_of, update_answer_of
from sagacheck.engines.events.planned_event import PlannedEvent
from sagacheck.engines.opening import open_engine
from sagacheck.engines.ports import ClientActions, TrialClock
from sagacheck.engines.quiet import quiet_sdk
from sagacheck.engines.saga_worker import saga_worker
from sagacheck.engines.server.embedded_server import (
    SERVER_ENVIRONMENT,
    embedded_server,
    free_ports,
    server_command,
    server_program,
)
from sagacheck.engines.server.kept_server import KeptServer
from sagacheck.engines.server.search_attributes import add_search_attributes
from sagacheck.engines.simulated.engine import SimulatedEngine
from sagacheck.engines.trial import PlannedFault, Trial
from sagacheck.engines.workflow_view import WorkflowState, WorkflowView

__all__ = [
    "SERVER_ENVIRONMENT",
    "Answer",
    "AnswerKind",
    "ClientActions",
    "Engine",
    "KeptServer",
    "PlannedEvent",
    "PlannedFault",
    "SimulatedEngine",
    "Trial",
    "TrialClock",
    "WorkflowState",
    "WorkflowView",
    "add_search_attributes",
    "answer_of",
    "embedded_server",
    "free_ports",
    "open_engine",
    "quiet_sdk",
    "saga_worker",
    "server_command",
    "server_program",
    "update_answer_of",
]
