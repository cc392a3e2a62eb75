"""The network between callers and services, on which faults happen.

A delivery belongs to the network and not to the caller: it happens at its own time, whether the
caller waits, has timed out, or is gone. That is why a lost reply and a lost request, which look the
same to the caller, are two things here (``httpx.ASGITransport`` cannot tell them apart).
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum

from sagacheck.network.delivery import Call, Exchange
from sagacheck.network.fault_injection import carry
from sagacheck.network.faults import Fault, Rule
from sagacheck.network.wire import (
    NoConnectionError,
    TransportError,
    WireReply,
    WorkerCrash,
    code_of,
    seen_by_caller,
)
from sagacheck.services import RefusedError, Request, Service
from sagacheck.world import Attempt, Clock, Journal, Seen

__all__ = ["Call", "Moment", "Network", "Observer", "TransportError", "WireReply", "WorkerCrash"]


class Moment(StrEnum):
    """When an observer is told about an attempt."""

    BEFORE = "before"
    AFTER = "after"


Observer = Callable[[Moment, Attempt], Awaitable[None]]
"""Awaited before a request leaves and after its caller knows the outcome."""


class Network:
    """Carries calls to services.

    Args:
        services: Each operation's service, by the operation's name.
        clock: The world's clock.
        journal: Where every attempt is written down.

    Attributes:
        rules: Asked in turn which fault an attempt is to suffer; the first answer counts.
        observers: Told about every attempt.
    """

    def __init__(self, services: Mapping[str, Service], clock: Clock, journal: Journal) -> None:
        self._services = services
        self._clock = clock
        self._journal = journal
        self.rules: list[Rule] = []
        self.observers: list[Observer] = []
        self._faults_end_at = math.inf

    async def send(self, call: Call) -> WireReply:
        """Carry `call` to its service and bring back what its caller gets to see.

        Raises:
            TransportError: The caller gets no answer.
            WorkerCrash: The caller itself dies.
        """
        exchange = self._open(call)
        attempt = exchange.attempt
        try:
            if self.observers:
                await self._tell(Moment.BEFORE, attempt)
            wire = await carry(exchange, self._fault_for(attempt))
            attempt.status = wire.status
            attempt.error = code_of(wire)
            attempt.seen = seen_by_caller(call.operation, wire)
        except TransportError as error:
            attempt.error = error.kind
            definite = isinstance(error, NoConnectionError)
            attempt.seen = Seen.REFUSED if definite else Seen.UNKNOWN
            raise
        except (WorkerCrash, asyncio.CancelledError) as error:
            attempt.error = "worker_crash" if isinstance(error, WorkerCrash) else "caller_gone"
            attempt.seen = Seen.UNKNOWN
            raise
        finally:
            attempt.ended_at = self._clock.now()
            self._journal.end(attempt)
            if self.observers:
                await self._tell(Moment.AFTER, attempt)
        return wire

    def heal_at(self, when: float) -> None:
        """End all faults at `when`, in seconds of the world's clock, unless they end earlier."""
        self._faults_end_at = min(self._faults_end_at, when)

    def _open(self, call: Call) -> Exchange:
        service = self._services[call.operation.name]
        request = Request(call.operation, call.order, call.fields, call.malformed)
        if not call.order:
            order = self._order_of(request, service)
            request = Request(call.operation, order, call.fields, call.malformed)
        attempt = self._journal.open(
            order=request.order,
            operation=call.operation.name,
            key=_key_in(call),
            sent_at=self._clock.now(),
            body=call.fields,
            activity=call.activity,
        )
        return Exchange(call, attempt, self._journal, service, request, self._clock)

    def _order_of(self, request: Request, service: Service) -> str:
        """The order that a request is about: its own word, else what the world knows."""
        named = request.fields.get("order_id")
        if isinstance(named, str):
            return named
        try:
            known = service.order_of(request)
            key, undoes = request.target_key, request.operation.undoes
        except RefusedError:
            return ""  # whatever is wrong with the request, its handling will say
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

    async def _tell(self, moment: Moment, attempt: Attempt) -> None:
        for observer in self.observers:
            await observer(moment, attempt)


def _key_in(call: Call) -> str | None:
    for name in (call.operation.key_at, call.operation.target_key_at):
        key = call.fields.get(name) if name else None
        if isinstance(key, str):
            return key
    return None
