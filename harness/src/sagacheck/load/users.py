"""The users of a run: customers, who do either one thing after the other or what is due."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import count

import gevent
from gevent.pool import Group
from locust import User, task

from sagacheck.load.customer import Shop


class Customer(User):
    """Orders, again and again.

    In the closed model it waits for the end of each order before the next. In the open model
    (``--rate``) all users together are a stream of orders that waits for nobody.
    """

    shop: Shop
    """The shop of this process; made anew when a test starts."""
    numbers = count(1)

    def on_start(self) -> None:
        """Begin to be due from now on."""
        self._under_way: Group = Group()
        self._due = self._arrivals()

    def on_stop(self) -> None:
        """Go away; the orders go on, and the server knows what becomes of them."""
        self._under_way.kill(block=False)

    @task
    def order(self) -> None:
        """Place the next order."""
        if self.shop.rate is None:
            self.shop.order(time.time())
            return
        due_at = next(self._due)
        gevent.sleep(max(0.0, due_at - time.time()))
        self._under_way.spawn(self.shop.order, due_at)

    def _arrivals(self) -> Iterator[float]:
        """When orders are due: at random moments, at this user's part of the rate."""
        if self.shop.rate is None:
            return
        number = next(self.numbers)
        chance = random.Random(f"{self.shop.planner.seed}/{self.shop.process}/user {number}")
        due_at = time.time()
        while True:
            due_at += chance.expovariate(self.shop.rate / self.shop.users)
            yield due_at
