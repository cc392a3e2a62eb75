"""What people send to the orders of a run: approvals, confirmations, whatever orders wait for."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable

import gevent
from temporalio.client import WorkflowUpdateStage
from temporalio.service import RPCError

from sagacheck.language import EventKind
from sagacheck.load.users.bridge import Bridge
from sagacheck.load.users.order_client import OrderClient

EVERY_SECONDS = 0.5
ACCEPTED_SECONDS = 5.0

OpenOrders = Callable[[], Awaitable[Iterable[str]]]
"""The orders that have not ended, as the server lists them."""


class People:
    """Sends the messages of `SagaUnderTest.people` to each order that waits, until it is stopped.

    Args:
        bridge: Runs the calls to Temporal.
        client: Makes the calls.
        open_orders: Which orders may wait.
    """

    def __init__(self, bridge: Bridge, client: OrderClient, open_orders: OpenOrders) -> None:
        self._bridge = bridge
        self._client = client
        self._open_orders = open_orders
        self._sent: Counter[str] = Counter()
        self._greenlet: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        """Begin, if there are any people."""
        if self._client.saga.people:
            self._greenlet = gevent.spawn(self._send_again_and_again)

    def stop(self) -> None:
        """Send nothing more."""
        if self._greenlet is not None:
            self._greenlet.kill()

    def _send_again_and_again(self) -> None:
        while True:
            gevent.sleep(EVERY_SECONDS)
            try:
                self._bridge.call(self._send_to_all)
            except RPCError:  # the nemesis stops the server too
                continue

    async def _send_to_all(self) -> None:
        sending = map(self.send_to, await self._open_orders())
        # An order may end meanwhile, and a message be refused: that is for the order to deal with.
        await asyncio.gather(*sending, return_exceptions=True)

    async def send_to(self, order: str) -> None:
        """Send the next message to an order, if it waits; after the last comes the first again.

        The answer to an update is not waited for: the order may give it after the next message.
        """
        view = self._client.view(order)
        if not (await view.state()).is_waiting:
            return
        events = self._client.saga.events_of_people(order)
        event = events[self._sent[order] % len(events)]
        assert event.message is not None, "people send messages"
        self._sent[order] += 1
        name, args = event.message.name, event.message.args
        if event.kind is EventKind.UPDATE:
            accepted = WorkflowUpdateStage.ACCEPTED
            update = view.handle.start_update(name, args=args, wait_for_stage=accepted)
            await asyncio.wait_for(update, ACCEPTED_SECONDS)
        else:
            await view.handle.signal(name, args=args)
