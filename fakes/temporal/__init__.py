"""A simulated Temporal service: the real workflow code, in virtual time, in one process.

Workflow code is driven through the SDK's own ``WorkflowInstance.activate``; activities are the real
functions, on an event loop whose clock jumps to the next timer. What the service cannot do raises
`UnsupportedError`, which names it: there is never a silent difference.
"""

from fakes.temporal.activity_info import AttemptFacts
from fakes.temporal.attempt import NeverReports
from fakes.temporal.connection import simulated_client
from fakes.temporal.errors import NondeterminismError, UnsupportedError
from fakes.temporal.execution import Execution
from fakes.temporal.loop import DeadlockError, VirtualTimeLoop, running_loop
from fakes.temporal.plain import is_plain
from fakes.temporal.service import SimulatedTemporal
from fakes.temporal.short_way import NoResultError, ShortWay
from fakes.temporal.worker import SimulatedWorker

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
