"""What one process of a run does for its customers: place orders, and disturb them as planned."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count

import gevent
from gevent.pool import Group
from locust.env import Environment

from sagacheck.load.bridge import Bridge
from sagacheck.load.client_log import Pen
from sagacheck.load.order_client import Desk
from sagacheck.load.order_plans import Plan, Planner

TYPE = "order"
"""Locust's type of all requests."""


@dataclass
class Shop:
    """Where customers place their orders.

    Attributes:
        environment: Takes the measurements.
        bridge: The way to Temporal.
        desk: What can be done there.
        pen: Writes the client_log.
        planner: Knows what is ordered.
        process: This process's number among those of the run.
        users: How many users are to be there at the peak, in all processes.
        rate: Orders a second at the peak, of all processes; ``None`` for the closed model.
    """

    environment: Environment
    bridge: Bridge
    desk: Desk
    pen: Pen
    planner: Planner
    process: int
    users: int
    rate: float | None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def order(self, due_at: float) -> None:
        """See the next order through, which was due at `due_at` (seconds of Unix time)."""
        plan = self.planner.plan(self.process, next(self.numbers))
        order_id = plan.order.id
        self.pen.intend(order_id, due_at)
        with suppress(CallFailedError):
            with self._measured("placed", order_id):
                self.bridge.call(self.desk.place, plan.order)
                self.pen.placed(order_id)
            meanwhile = self._meanwhile(plan)
            try:
                self._wait(order_id, "ended, from when it was due", due_at)
                meanwhile.join()
            finally:
                meanwhile.kill(block=False)
        self.pen.done(order_id)

    def _meanwhile(self, plan: Plan) -> Group:
        """Begin what else the customer does to the order."""
        group: Group = Group()

        def later(seconds: float | None, act: Callable[[Plan], None]) -> None:
            if seconds is not None:
                greenlet: gevent.Greenlet[..., object] = gevent.Greenlet(_try, act, plan)
                group.add(greenlet)
                greenlet.start_later(seconds)

        later(plan.resubmit_after, self._place_again)
        later(plan.query_after, self._ask)
        later(plan.cancel.after if plan.cancel else None, self._cancel)
        return group

    def _wait(self, order_id: str, name: str, since: float) -> None:
        with self._measured(name, order_id, since):
            ending = self.bridge.call(self.desk.wait, order_id)
            self.pen.told(order_id, ending, since)

    def _place_again(self, plan: Plan) -> None:
        with self._measured("placed again", plan.order.id):
            self.bridge.call(self.desk.place, plan.order)
        self._wait(plan.order.id, "ended, as told the second time", time.time())

    def _ask(self, plan: Plan) -> None:
        with self._measured("asked for its status", plan.order.id):
            status = self.bridge.call(self.desk.status, plan.order.id)
            self.pen.status(plan.order.id, status)

    def _cancel(self, plan: Plan) -> None:
        assert plan.cancel is not None, "it is called for those that are to be cancelled"
        self.pen.cancel(plan.order.id, plan.cancel.by)
        with self._measured("cancelled", plan.order.id):
            answer = self.bridge.call(self.desk.cancel, plan.order.id, plan.cancel.by)
            self.pen.cancel_answered(plan.order.id, answer)

    @contextmanager
    def _measured(self, name: str, order_id: str, since: float | None = None) -> Iterator[None]:
        """Report to Locust how long it takes. What fails is unknown, and the server is asked."""
        since = time.time() if since is None else since
        try:
            yield
        except Exception as error:
            self.pen.unknown(order_id, name, error)
            self._report(name, since, error)
            raise CallFailedError(name) from error
        self._report(name, since, None)

    def _report(self, name: str, since: float, error: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type=TYPE,
            name=name,
            response_time=(time.time() - since) * 1000,
            response_length=0,
            exception=error,
            context={},
        )


def _try(act: Callable[[Plan], None], plan: Plan) -> None:
    with suppress(CallFailedError):
        act(plan)


class CallFailedError(Exception):
    """A call has failed; it was reported, and there is no more to do for this order."""
