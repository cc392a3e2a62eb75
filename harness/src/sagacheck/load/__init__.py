"""Load on a real Temporal server, and a verdict on whether its orders are consistent.

A locustfile is three lines, ``User = saga_user("shop.saga:SAGA")``. One with more to say describes
the `Workload`, hands it to `listen`, and has `Customer` among its names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sagacheck.load.listening import listen, saga_user
    from sagacheck.load.system.control_client import ControlClient
    from sagacheck.load.system.processes import Child
    from sagacheck.load.users.customer import Customer
    from sagacheck.load.users.order_client import OrderClient
    from sagacheck.load.users.order_plans import Planner, Shares
    from sagacheck.load.worker.attempts import served_interceptors
    from sagacheck.load.workload import WorkerProgram, Workload

__all__ = [
    "Child",
    "ControlClient",
    "Customer",
    "OrderClient",
    "Planner",
    "Shares",
    "WorkerProgram",
    "Workload",
    "listen",
    "saga_user",
    "served_interceptors",
]

_MODULES = {
    "Child": "system.processes",
    "ControlClient": "system.control_client",
    "Customer": "users.customer",
    "OrderClient": "users.order_client",
    "Planner": "users.order_plans",
    "Shares": "users.order_plans",
    "WorkerProgram": "workload",
    "Workload": "workload",
    "listen": "listening",
    "saga_user": "listening",
    "served_interceptors": "worker.attempts",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, and nothing else: Locust patches the process that imports it.

    A worker or a client of a benchmark lives on asyncio, and must not be patched.
    """
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
