"""A process of a run that has users."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import LocalRunner, WorkerRunner
from temporalio.client import Client

from sagacheck.importing import NotImportableError
from sagacheck.load.connection import Connection
from sagacheck.load.run_spec import RunSpec
from sagacheck.load.users.bridge import Bridge
from sagacheck.load.users.client_log import ClientLogWriter
from sagacheck.load.users.customer import Customer, CustomerContext
from sagacheck.load.users.drawn_orders import drawn_by
from sagacheck.load.users.order_client import OrderClient
from sagacheck.load.users.order_plans import DrawOrder
from sagacheck.load.workload import Workload
from sagacheck.saga import SagaUnderTest, load_saga

CLIENT_LOG = "client_log"
"""Locust's name of the messages with which its workers send lines of the client log."""
RUN_SPEC = "load_run"
"""The option in which Locust hands the specification of a run to its workers."""
CONNECT_SECONDS = 10.0


def with_spec(parsed: Namespace, spec: RunSpec) -> Namespace:
    """Locust's options with the specification of a run, which it sends to its workers."""
    return Namespace(**{**vars(parsed), RUN_SPEC: spec.as_message()})


class LoadGenerator:
    """What a process with users has: a bridge to Temporal, and a client for each connection.

    Args:
        workload: What is put under load.

    Attributes:
        bridge: Runs calls to Temporal.
    """

    def __init__(self, workload: Workload) -> None:
        self.bridge = Bridge()
        self._workload = workload
        self._clients: dict[Connection, OrderClient] = {}

    def saga(self, name: str | None) -> SagaUnderTest:
        """The saga that ``--saga`` names, or else that of the workload.

        Raises:
            ConfigError: The configuration of the project is wrong.
            NotImportableError: There is no such saga, or it has other services than those that the
                workload's own command serves.
        """
        if name is None:
            return load_saga(self._workload.saga)
        other = load_saga(name)
        if self._workload.services is not None:
            served = load_saga(self._workload.saga).operations
            if served.names != other.operations.names:
                msg = f"--saga {name}: it has other services than those that a run starts"
                raise NotImportableError(msg)
        return other

    def draw_order(self, saga: str | None) -> DrawOrder:
        """What draws the orders of a run, of the saga that ``--saga`` names.

        Raises:
            ConfigError: The configuration of the project is wrong.
            NotImportableError: There is no such saga.
        """
        return self._workload.draw_order or drawn_by(self.saga(saga).dialect)

    def client(self, spec: RunSpec) -> OrderClient:
        """The client for a run. It connects late: a client does not survive Locust's forks.

        Raises:
            RuntimeError: The server is not answering.
        """
        if spec.connection not in self._clients:
            saga = self.saga(spec.saga)
            connected = self._connected(spec.connection, saga)
            kind = self._workload.order_client if spec.saga is None else OrderClient
            self._clients[spec.connection] = kind(connected, saga, spec.task_queue)
        return self._clients[spec.connection]

    def _connected(self, connection: Connection, saga: SagaUnderTest) -> Client:
        try:
            return self.bridge.call(connection.connect, saga, timeout=CONNECT_SECONDS)
        except gevent.Timeout:
            address = connection.config().get("target_host")
            msg = f"{address} accepts connections, and was silent for {CONNECT_SECONDS:g} s"
            raise RuntimeError(msg) from None

    def prepare(self, environment: Environment, **_: Any) -> None:
        """Make ready for the users of a test that is about to start."""
        runner, parsed = environment.runner, environment.parsed_options
        assert runner is not None, "a test runs in a runner"
        assert isinstance(runner, LocalRunner | WorkerRunner), "a master has no users"
        spec = RunSpec.of_message(getattr(parsed, RUN_SPEC))
        Customer.shared = CustomerContext(
            environment=environment,
            bridge=self.bridge,
            client=self.client(spec),
            log=ClientLogWriter(lambda line: runner.send_message(CLIENT_LOG, dict(line))),
            planner=spec.planner(self.draw_order(spec.saga)),
            process=runner.worker_index,
            users=spec.users,
            rate=spec.rate,
        )
