"""The users of a run: customers, who place orders and disturb them as planned."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

import gevent
from gevent.pool import Group
from locust import User, task
from locust.env import Environment

from sagacheck.load.users.bridge import Bridge
from sagacheck.load.users.client_log import ClientLogWriter
from sagacheck.load.users.order_client import OrderClient
from sagacheck.load.users.order_plans import Plan, Planner

REQUEST_TYPE = "order"
"""Locust's type of all requests."""


class CallFailedError(Exception):
    """A call has failed. It was reported, and nothing more is to be done for its order."""


@dataclass(frozen=True, kw_only=True)
class CustomerContext:
    """What the customers of one process share during a test.

    Attributes:
        environment: Takes the measurements.
        bridge: Runs the calls to Temporal.
        client: Makes the calls.
        log: Takes the actions of customers and their answers.
        planner: Plans the orders.
        process: This process's number among those of the run.
        users: How many users there are at the peak, in all processes.
        rate: Orders per second at the peak, of all processes; ``None`` for the closed model.
        order_numbers: Number the orders of this process.
        user_numbers: Number its users.
    """

    environment: Environment
    bridge: Bridge
    client: OrderClient
    log: ClientLogWriter
    planner: Planner
    process: int
    users: int
    rate: float | None
    order_numbers: Iterator[int] = field(default_factory=lambda: count(1))
    user_numbers: Iterator[int] = field(default_factory=lambda: count(1))


class Customer(User):
    """Places one order after another.

    In the closed model it waits for the end of each order before the next. In the open model
    (``--rate``) all users together are a stream of orders that does not wait for earlier ones.
    """

    shared: CustomerContext
    """What all customers of this process use; made anew when a test starts."""

    def on_start(self) -> None:
        """Start the stream of orders now."""
        self._under_way: Group = Group()
        self._due = self._arrivals()

    def on_stop(self) -> None:
        """Stop waiting; the orders go on, and the server is asked how they ended."""
        self._under_way.kill(block=False)

    @task
    def order(self) -> None:
        """Place the next order."""
        if self.shared.rate is None:
            self._see_through(time.time())
            return
        due_at = next(self._due)
        gevent.sleep(max(0.0, due_at - time.time()))
        self._under_way.spawn(self._see_through, due_at)

    def _arrivals(self) -> Iterator[float]:
        """When orders are due: at random moments, at this user's part of the rate."""
        shared = self.shared
        if shared.rate is None:
            return
        number = next(shared.user_numbers)
        chance = random.Random(f"{shared.planner.seed}/{shared.process}/user {number}")
        due_at = time.time()
        while True:
            due_at += chance.expovariate(shared.rate / shared.users)
            yield due_at

    def _see_through(self, due_at: float) -> None:
        """Place the next order, which was due at `due_at` (Unix time), and wait for its end."""
        shared = self.shared
        plan = shared.planner.plan(shared.process, next(shared.order_numbers))
        order_id = plan.order.id
        shared.log.intent(order_id, due_at)
        with suppress(CallFailedError):
            with self._measured("placed", order_id):
                shared.bridge.call(shared.client.place, plan.order)
                shared.log.placed(order_id)
            disturbances = self._disturb(plan)
            try:
                self._wait(order_id, "ended, from when it was due", due_at)
                disturbances.join()
            finally:
                disturbances.kill(block=False)
        shared.log.done(order_id)

    def _disturb(self, plan: Plan) -> Group:
        """Begin what else the plan has for the order."""
        group: Group = Group()

        def later(seconds: float | None, act: Callable[[Plan], None]) -> None:
            if seconds is not None:
                greenlet: gevent.Greenlet[..., object] = gevent.Greenlet(_try, act, plan)
                group.add(greenlet)
                greenlet.start_later(seconds)

        later(plan.resubmit_after, self._place_again)
        later(plan.query_after, self._query)
        later(plan.cancel.after if plan.cancel else None, self._cancel)
        return group

    def _wait(self, order_id: str, name: str, since: float) -> None:
        shared = self.shared
        with self._measured(name, order_id, since):
            ending = shared.bridge.call(shared.client.wait, order_id)
            shared.log.ended(order_id, ending, since)

    def _place_again(self, plan: Plan) -> None:
        shared = self.shared
        with self._measured("placed again", plan.order.id):
            shared.bridge.call(shared.client.place, plan.order)
        self._wait(plan.order.id, "ended, from when it was placed again", time.time())

    def _query(self, plan: Plan) -> None:
        shared = self.shared
        with self._measured("queried", plan.order.id):
            answer = shared.bridge.call(shared.client.status, plan.order.id)
            shared.log.status(plan.order.id, answer)

    def _cancel(self, plan: Plan) -> None:
        assert plan.cancel is not None, "it is called for those that are to be cancelled"
        shared = self.shared
        shared.log.cancel(plan.order.id, plan.cancel.by)
        with self._measured("cancelled", plan.order.id):
            answer = shared.bridge.call(shared.client.cancel, plan.order.id, plan.cancel.by)
            shared.log.cancel_answered(plan.order.id, answer)

    @contextmanager
    def _measured(self, name: str, order_id: str, since: float | None = None) -> Iterator[None]:
        """Report to Locust how long a call takes. The outcome of one that fails is unknown.

        Raises:
            CallFailedError: The call has failed.
        """
        since = time.time() if since is None else since
        try:
            yield
        except Exception as error:
            self.shared.log.unknown(order_id, name, error)
            self._report(name, since, error)
            raise CallFailedError(name) from error
        self._report(name, since, None)

    def _report(self, name: str, since: float, error: Exception | None) -> None:
        self.shared.environment.events.request.fire(
            request_type=REQUEST_TYPE,
            name=name,
            response_time=(time.time() - since) * 1000,
            response_length=0,
            exception=error,
            context={},
        )


def _try(act: Callable[[Plan], None], plan: Plan) -> None:
    with suppress(CallFailedError):
        act(plan)
