"""A simulated Temporal service: the real workflow code, in virtual time, in one process.

Workflow code runs through the SDK's own ``WorkflowInstance.activate``; activities are the real
functions, on an event loop whose clock jumps to the next timer. A feature that the service lacks
raises `UnsupportedError`, which names it: there is never a silent difference.

    base      what needs nothing else: errors, events, the loop in virtual time, task queues
    core      what the SDK's core does between the workflow code and the service
    worker    runs workflow code and activity functions
    server    runs, their histories, commands and workflow tasks
    frontend  what clients ask of the service
    client    the SDK's client, connected to the service

Each imports only those above it.
"""

from sagacheck.temporal.base.errors import (
    DeadlockError,
    NondeterminismError,
    UnsupportedError,
)
from sagacheck.temporal.base.sdk_activities import activity_contexts, activity_definition
from sagacheck.temporal.base.sdk_workflows import workflow_definition
from sagacheck.temporal.base.virtual_time.loop import VirtualTimeLoop, running_loop
from sagacheck.temporal.client.connection import simulated_client
from sagacheck.temporal.client.fast_client import FAST_OPTIONS, FastClient, NoResultError
from sagacheck.temporal.server.simulated_temporal import EPOCH, SimulatedTemporal
from sagacheck.temporal.worker.activities.attempt import NeverReports
from sagacheck.temporal.worker.activities.facts import AttemptFacts
from sagacheck.temporal.worker.plain_converter import is_plain
from sagacheck.temporal.worker.simulated_worker import SimulatedWorker

__all__ = [
    "EPOCH",
    "FAST_OPTIONS",
    "AttemptFacts",
    "DeadlockError",
    "FastClient",
    "NeverReports",
    "NoResultError",
    "NondeterminismError",
    "SimulatedTemporal",
    "SimulatedWorker",
    "UnsupportedError",
    "VirtualTimeLoop",
    "activity_contexts",
    "activity_definition",
    "is_plain",
    "running_loop",
    "simulated_client",
    "workflow_definition",
]
