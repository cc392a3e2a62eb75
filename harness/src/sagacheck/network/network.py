"""The network between callers and services, on which faults happen.

A delivery belongs to the network and not to the caller: it happens at its own time, whether the
caller waits, has timed out, or is gone. That is why a lost reply and a lost request, which look the
same to the caller, are two things here (``httpx.ASGITransport`` has no such difference).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import lru_cache
from typing import Any

from msgspec import structs

from sagacheck.network.callbacks import CallbackSink
from sagacheck.network.delivery import Call, Delivery
from sagacheck.network.fault_injection import transmit
from sagacheck.network.faults import Fault, Rule
from sagacheck.network.reads import read_collection
from sagacheck.network.routes import Routes
from sagacheck.network.wire import (
    NoConnectionError,
    TransportError,
    WireReply,
    WorkerCrash,
    error_code,
    outcome_of,
)
from sagacheck.services import OperationTable, RefusedError, Request, Service, Services
from sagacheck.world import Attempt, AttemptOutcome


class Moment(StrEnum):
    """When an observer is called with an attempt."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


Observer = Callable[[Moment, Attempt], Awaitable[None]]
"""Awaited before a request leaves, while its caller waits, and after its caller knows the outcome.
The caller waits on until observers have returned; the request has arrived by then, if it does."""


@lru_cache(maxsize=16)
def _routes_of(operations: OperationTable) -> Routes:
    """The routes of these operations; cached, since many networks have the same operations."""
    return Routes(operations)


class Network:
    """Sends calls to services, and injects faults.

    Args:
        services: Where the calls go.

    Attributes:
        services: Where the calls go.
        world: What the services share.
        operations: What can be called.
        routes: How it is called over HTTP.
        rules: Give an attempt its fault; the first rule that returns one counts.
        observers: Called with every attempt.
        detached: The activities that do late what they were asked for, though no caller may wait.
        callbacks: Takes what services tell the saga by themselves; ``None`` where nobody listens.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.world = services.world
        self.operations = services.operations
        self.routes = _routes_of(services.operations)
        self._clock = services.world.clock
        self._journal = services.world.journal
        self.rules: list[Rule] = []
        self.observers: list[Observer] = []
        self.detached: set[asyncio.Task[None]] = set()
        self.callbacks: CallbackSink | None = None
        self._faults_end_at = math.inf

    async def send(self, call: Call) -> WireReply:
        """Send `call` to its service and return what its caller sees.

        Raises:
            TransportError: The caller gets no answer.
            WorkerCrash: The caller's worker dies.
        """
        delivery = self._open(call)
        attempt = delivery.attempt
        try:
            if self.observers:
                await self._notify(Moment.BEFORE, attempt)
            wire = await self._transmit(delivery)
            attempt.status = wire.status
            attempt.error = error_code(wire)
            attempt.outcome = outcome_of(call.operation, wire)
        except TransportError as error:
            attempt.error = error.kind
            definite = isinstance(error, NoConnectionError)
            attempt.outcome = AttemptOutcome.REFUSED if definite else AttemptOutcome.UNKNOWN
            raise
        except (WorkerCrash, asyncio.CancelledError) as error:
            attempt.error = "worker_crash" if isinstance(error, WorkerCrash) else "caller_gone"
            attempt.outcome = AttemptOutcome.UNKNOWN
            raise
        finally:
            attempt.ended_at = self._clock.now()
            self._journal.end(attempt)
            if self.observers:
                await self._notify(Moment.AFTER, attempt)
        return wire

    async def collection(self, path: str, order: str | None = None) -> Any:
        """The rows of a read-only collection as JSON, those of `order` where one is named.

        Raises:
            UnknownRouteError: There is no such collection; the message names the nearest.
        """
        return read_collection(self.services, path, order)

    async def _transmit(self, delivery: Delivery) -> WireReply:
        """Send the request, and let observers do something before its caller knows the outcome."""
        attempt = delivery.attempt
        try:
            wire = await transmit(delivery, self._fault_for(attempt))
        except (TransportError, WorkerCrash):
            if self.observers:
                await self._notify(Moment.DURING, attempt)
            raise
        if self.observers:
            await self._notify(Moment.DURING, attempt)
        return wire

    def heal_at(self, when: float) -> None:
        """End all faults at `when`, in seconds of the world's clock, unless they end earlier."""
        self._faults_end_at = min(self._faults_end_at, when)

    def _open(self, call: Call) -> Delivery:
        service = self.services[call.operation.name]
        request = Request(
            call.operation, call.order, call.fields, call.malformed, too_large=call.too_large
        )
        if not call.order:
            order = self._order_of(request, service)
            request = structs.replace(request, order=order)
        attempt = self._journal.open(
            order=request.order,
            operation=call.operation.name,
            key=_key_in(call),
            sent_at=self._clock.now(),
            body=call.fields,
            activity=call.activity,
            execution=call.execution,
            retry=call.retry,
            unread_key=call.unread_key,
        )
        return Delivery(
            call,
            attempt,
            self._journal,
            service,
            request,
            self._clock,
            self.detached,
            self.callbacks,
        )

    def _order_of(self, request: Request, service: Service) -> str:
        """The order that a request is about: the one it names, else the one of its target."""
        named = request.fields.get("order_id")
        if isinstance(named, str):
            return named
        try:
            known = service.order_of(request)
            key, undoes = request.target_key, request.operation.undoes
        except RefusedError:
            return ""  # the service will refuse the request, with the reason
        if known or key is None or undoes is None:
            return known
        return self._journal.order_of_key(undoes, key)

    def _fault_for(self, attempt: Attempt) -> Fault | None:
        if self._clock.now() >= self._faults_end_at:
            return None
        for rule in self.rules:
            fault = rule(attempt)
            if fault is not None:
                attempt.fault = str(fault)
                return fault
        return None

    async def _notify(self, moment: Moment, attempt: Attempt) -> None:
        for observer in self.observers:
            await observer(moment, attempt)


def _key_in(call: Call) -> str | None:
    for name in (*call.operation.key_places, call.operation.target_key_at or ""):
        key = call.fields.get(name)
        if isinstance(key, str):
            return key
    return None
