"""A simulated Temporal service: the real workflow code, in virtual time, in one process.

Workflow code is driven through the SDK's own ``WorkflowInstance.activate``; activities are the real
functions, on an event loop whose clock jumps to the next timer. What the service cannot do raises
`UnsupportedError`, which names it: there is never a silent difference.
"""

from sagacheck.temporal.activity_info import AttemptFacts
from sagacheck.temporal.attempt import NeverReports
from sagacheck.temporal.connection import simulated_client
from sagacheck.temporal.errors import NondeterminismError, UnsupportedError
from sagacheck.temporal.execution import Execution
from sagacheck.temporal.loop import DeadlockError, VirtualTimeLoop, running_loop
from sagacheck.temporal.plain import is_plain
from sagacheck.temporal.service import SimulatedTemporal
from sagacheck.temporal.short_way import NoResultError, ShortWay
from sagacheck.temporal.worker import SimulatedWorker

__all__ = [
    "AttemptFacts",
    "DeadlockError",
    "Execution",
    "NeverReports",
    "NoResultError",
    "NondeterminismError",
    "ShortWay",
    "SimulatedTemporal",
    "SimulatedWorker",
    "UnsupportedError",
    "VirtualTimeLoop",
    "is_plain",
    "running_loop",
    "simulated_client",
]
