"""The network between callers and services, on which faults happen.

A delivery belongs to the network and not to the caller: it happens at its own time, whether the
caller waits, has timed out, or is gone. That is why a lost reply and a lost request, which look the
same to the caller, are two things here (``httpx.ASGITransport`` cannot tell them apart).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fakes.clock import Clock
from fakes.faults import Fault, Rule
from fakes.journal import Attempt, Delivery, Journal, Seen
from fakes.operations import Operation
from fakes.service import Handling, Reply, Request, Service


class TransportError(Exception):
    """The caller got no answer. `kind` says how that looked from its side."""

    kind = "transport_error"


class ConnectionRefusedByFault(TransportError):
    """Nobody listens: the request certainly did not arrive."""

    kind = "connect_error"


class NoReplyInTime(TransportError):
    """The caller's own timeout has passed."""

    kind = "read_timeout"


class ConnectionReset(TransportError):
    """The connection broke after the request was sent."""

    kind = "read_error"


class ReplyBrokeOff(TransportError):
    """The reply ended before it was complete."""

    kind = "incomplete_reply"


class WorkerCrash(BaseException):
    """The process that made the call is gone: nothing after the call may run or report.

    A ``BaseException``, so that no ``except Exception`` of the code under test survives its death.
    """


class Moment(StrEnum):
    """When an observer is told about an attempt."""

    BEFORE = "before"
    AFTER = "after"


Observer = Callable[[Moment, Attempt], Awaitable[None]]
"""Awaited before a request leaves and after its caller knows the outcome."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request as its caller makes it.

    Attributes:
        operation: What is asked.
        fields: Path and query parameters and the body's members together.
        order: The order it is made for; empty where the request itself must tell.
        activity: The activity that makes it, if any.
        timeout: Seconds until the caller gives up; ``None`` where the network cannot know.
        lifetime: Seconds until the caller itself is given up (its start-to-close timeout).
    """

    operation: Operation
    fields: Mapping[str, Any]
    order: str = ""
    activity: str = ""
    timeout: float | None = None
    lifetime: float | None = None


@dataclass(frozen=True, slots=True)
class WireReply:
    """A reply as bytes, which need not be what the service meant."""

    status: int
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Exchange:
    """One attempt under way: the caller's side and the service's side of it."""

    call: Call
    attempt: Attempt
    service: Service
    request: Request
    handling: Handling | None = None
    reply: Reply | None = None


class Network:
    """Carries calls to services.

    Args:
        services: Each operation's service, by the operation's name.
        clock: The world's clock.
        journal: Where every attempt is written down.
    """

    def __init__(self, services: Mapping[str, Service], clock: Clock, journal: Journal) -> None:
        self._services = services
        self._clock = clock
        self._journal = journal
        self.rules: list[Rule] = []
        self.observers: list[Observer] = []
        self.healed = False

    async def send(self, call: Call) -> WireReply:
        """Carry `call` to its service and bring back what its caller gets to see.

        Raises:
            TransportError: The caller gets no answer.
            WorkerCrash: The caller itself dies.
        """
        exchange = self._open(call)
        attempt = exchange.attempt
        await self._tell(Moment.BEFORE, attempt)
        fault = self._fault_for(attempt)
        try:
            wire = await self._carry(exchange, fault)
            attempt.status = wire.status
            attempt.error = _code_of(wire)
            attempt.seen = _seen(call.operation, wire, attempt.error)
        except TransportError as error:
            attempt.error = error.kind
            definite = isinstance(error, ConnectionRefusedByFault)
            attempt.seen = Seen.REFUSED if definite else Seen.UNKNOWN
            raise
        except (WorkerCrash, asyncio.CancelledError) as error:
            attempt.error = "worker_crash" if isinstance(error, WorkerCrash) else "caller_gone"
            attempt.seen = Seen.UNKNOWN
            raise
        finally:
            attempt.ended_at = self._clock.now()
            await self._tell(Moment.AFTER, attempt)
        return wire

    def heal(self) -> None:
        """End all faults, from now on."""
        self.healed = True

    def _open(self, call: Call) -> _Exchange:
        service = self._services[call.operation.name]
        request = Request(call.operation, call.order, call.fields)
        order = call.order or _order_in(request, service)
        request = Request(call.operation, order, call.fields)
        attempt = self._journal.open(
            order=order,
            operation=call.operation.name,
            key=_key_in(call),
            sent_at=self._clock.now(),
            body=call.fields,
            activity=call.activity,
        )
        return _Exchange(call, attempt, service, request)

    def _fault_for(self, attempt: Attempt) -> Fault | None:
        if self.healed:
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

    # -- what each fault does -----------------------------------------------------------------

    async def _carry(self, exchange: _Exchange, fault: Fault | None) -> WireReply:  # noqa: PLR0911, C901 - one line a fault
        match fault:
            case None | Fault(name="evict"):
                return _wire(self._answer(exchange))
            case Fault(name="refuse" | "outage"):
                raise ConnectionRefusedByFault(str(fault))
            case Fault(name="reject"):
                return _rejection(exchange.call.operation, fault)
            case Fault(name="drop_request"):
                await self._time_out(exchange)
            case Fault(name="drop_response"):
                self._answer(exchange)
                await self._time_out(exchange)
            case Fault(name="reset_after_effect"):
                self._answer(exchange)
                raise ConnectionReset(str(fault))
            case Fault(name="status_after_effect"):
                self._answer(exchange)
                return self._error_after_effect(exchange, fault)
            case Fault(name="malformed"):
                return _wire(self._answer(exchange), content=b"<html>It works!</html>")
            case Fault(name="empty"):
                return _wire(self._answer(exchange), content=b"")
            case Fault(name="truncated"):
                self._answer(exchange)
                raise ReplyBrokeOff(str(fault))
            case Fault(name="delay_request"):
                return await self._deliver_late(exchange, fault.delay)
            case Fault(name="delay_response"):
                return await self._answer_late(exchange, fault.delay)
            case Fault(name="duplicate"):
                reply = self._answer(exchange)
                for _ in range(fault.copies - 1):
                    exchange.service.finish(self._deliver(exchange))
                return _wire(reply)
            case Fault(name="crash_before"):
                raise WorkerCrash(str(fault))
            case Fault(name="crash_after"):
                self._answer(exchange)
                raise WorkerCrash(str(fault))
        msg = f"the network cannot do {fault.name}"
        raise LookupError(msg)

    def _deliver(self, exchange: _Exchange) -> Handling:
        handling = exchange.service.begin(exchange.request)
        exchange.attempt.deliveries.append(
            Delivery(
                at=self._clock.now(),
                status=handling.reply.status,
                code=handling.reply.code,
                entries=handling.entries,
            )
        )
        return handling

    def _answer(self, exchange: _Exchange) -> Reply:
        return exchange.service.finish(self._deliver(exchange))

    def _error_after_effect(self, exchange: _Exchange, fault: Fault) -> WireReply:
        wire = _rejection(exchange.call.operation, fault)
        exchange.service.remember_error(
            exchange.request, Reply(wire.status, json.loads(wire.content))
        )
        return wire

    async def _deliver_late(self, exchange: _Exchange, delay: float) -> WireReply:
        """The request travels for `delay`; it arrives even if nobody waits for it any more."""

        def arrive() -> None:
            exchange.reply = self._answer(exchange)

        self._clock.call_at(self._clock.now() + delay, arrive)
        return await self._wait_for_reply(exchange, delay)

    async def _answer_late(self, exchange: _Exchange, delay: float) -> WireReply:
        """The effect is made at once; the service works on its reply for `delay`."""
        handling = self._deliver(exchange)

        def leave() -> None:
            exchange.reply = exchange.service.finish(handling)

        self._clock.call_at(self._clock.now() + delay, leave)
        return await self._wait_for_reply(exchange, delay)

    async def _wait_for_reply(self, exchange: _Exchange, delay: float) -> WireReply:
        timeout = exchange.call.timeout
        if timeout is not None and timeout <= delay:
            await self._time_out(exchange)
        await self._pass_time(exchange, delay)
        assert exchange.reply is not None, "the reply leaves before its caller looks for it"
        return _wire(exchange.reply)

    async def _time_out(self, exchange: _Exchange) -> None:
        """Let the caller wait for as long as it is willing to, and in vain."""
        if exchange.call.timeout is None and exchange.call.lifetime is None:
            await asyncio.get_running_loop().create_future()  # until the caller hangs up
        await self._pass_time(exchange, exchange.call.timeout)
        raise NoReplyInTime(f"no reply within {exchange.call.timeout:g} s")

    async def _pass_time(self, exchange: _Exchange, seconds: float | None) -> None:
        lifetime = exchange.call.lifetime
        if lifetime is not None and (seconds is None or seconds > lifetime):
            msg = f"the attempt outlived its start-to-close timeout of {lifetime:g} s"
            raise WorkerCrash(msg)
        assert seconds is not None, "a caller without any limit waits on the loop"
        await self._clock.sleep_until(self._clock.now() + seconds)


def _order_in(request: Request, service: Service) -> str:
    """The order that a request is about: its own word, else what the service knows."""
    named = request.fields.get("order_id")
    if isinstance(named, str):
        return named
    try:
        return service.order_of(request)
    except Exception:  # noqa: BLE001 - whatever is wrong with the request, its handling will say
        return ""


def _key_in(call: Call) -> str | None:
    fields = (call.operation.key_at, call.operation.target_key_at)
    keys: Sequence[Any] = [call.fields.get(name) for name in fields if name]
    return next((key for key in keys if isinstance(key, str)), None)


def _wire(reply: Reply, content: bytes | None = None) -> WireReply:
    if content is None:
        content = b"" if reply.body is None else json.dumps(reply.body).encode()
    return WireReply(reply.status, content, reply.headers)


def _rejection(operation: Operation, fault: Fault) -> WireReply:
    assert fault.status is not None, f"{fault.name} has a status"
    body = {"error": fault.code or operation.code_for(fault.status), "detail": "injected fault"}
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    return WireReply(fault.status, json.dumps(body).encode(), headers)


def _code_of(wire: WireReply) -> str:
    if wire.status < 400:
        return ""
    try:
        return str(json.loads(wire.content)["error"])
    except (ValueError, KeyError, TypeError):
        return ""


def _seen(operation: Operation, wire: WireReply, code: str) -> Seen:
    """What the caller can conclude from a reply: a 5xx says nothing about the effect."""
    if wire.status >= 500 or wire.status == 408 or code == "request_in_flight":
        return Seen.UNKNOWN
    if wire.status >= 400:
        return Seen.REFUSED
    return Seen.OK if _is_readable(operation, wire) else Seen.UNKNOWN


def _is_readable(operation: Operation, wire: WireReply) -> bool:
    if not operation.reply_fields:
        return True
    try:
        body = json.loads(wire.content)
    except ValueError:
        return False
    return isinstance(body, dict) and all(name in body for name in operation.reply_fields)
