"""What each fault does: to a request on its way, to its reply, or to the one who waits for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NoReturn

from sagacheck.network.delivery import Exchange
from sagacheck.network.faults import Fault
from sagacheck.network.wire import (
    ConnectionLostError,
    IncompleteReplyError,
    NoConnectionError,
    WireReply,
    WorkerCrash,
    as_sent,
    emptied,
    malformed,
    rejection,
)

Carrier = Callable[[Exchange, Fault], Awaitable[WireReply]]
"""Carries one exchange that suffers a fault; returns what the caller sees, or raises it."""


async def carry(exchange: Exchange, fault: Fault | None) -> WireReply:
    """Bring the request to its service and the reply back, as far as `fault` lets them.

    Raises:
        TransportError: The caller gets no answer.
        WorkerCrash: The caller itself dies.
    """
    if fault is None:
        return as_sent(exchange.answer())
    return await CARRIERS[fault.name](exchange, fault)


async def _refuse(exchange: Exchange, fault: Fault) -> NoReturn:
    raise (ConnectionLostError if exchange.call.connected else NoConnectionError)(str(fault))


async def _drop_request(exchange: Exchange, _: Fault) -> NoReturn:
    await exchange.time_out()


async def _reject(exchange: Exchange, fault: Fault) -> WireReply:
    return as_sent(rejection(exchange.call.operation, fault))


async def _drop_response(exchange: Exchange, _: Fault) -> NoReturn:
    exchange.answer()
    await exchange.time_out()


async def _reset_after_effect(exchange: Exchange, fault: Fault) -> NoReturn:
    exchange.answer()
    raise ConnectionLostError(str(fault))


async def _status_after_effect(exchange: Exchange, fault: Fault) -> WireReply:
    handling = exchange.deliver()
    exchange.service.finish(handling)
    reply = rejection(exchange.call.operation, fault)
    exchange.service.remember_error(handling, reply)
    return as_sent(reply)


async def _malformed(exchange: Exchange, _: Fault) -> WireReply:
    return malformed(exchange.answer())


async def _truncated(exchange: Exchange, fault: Fault) -> NoReturn:
    raise IncompleteReplyError(str(fault), as_sent(exchange.answer()))


async def _empty(exchange: Exchange, _: Fault) -> WireReply:
    return emptied(exchange.answer())


async def _delay_request(exchange: Exchange, fault: Fault) -> WireReply:
    return as_sent(await exchange.reply_after(fault.delay, exchange.answer))


async def _delay_response(exchange: Exchange, fault: Fault) -> WireReply:
    handling = exchange.deliver()
    finish = exchange.service.finish
    return as_sent(await exchange.reply_after(fault.delay, lambda: finish(handling)))


async def _duplicate(exchange: Exchange, fault: Fault) -> WireReply:
    reply = exchange.answer()
    for _ in range(fault.copies - 1):
        exchange.answer()
    return as_sent(reply)


async def _crash_before(_: Exchange, fault: Fault) -> NoReturn:
    raise WorkerCrash(str(fault))


async def _crash_after(exchange: Exchange, fault: Fault) -> NoReturn:
    exchange.answer()
    raise WorkerCrash(str(fault))


async def _evict(exchange: Exchange, _: Fault) -> WireReply:
    return as_sent(exchange.answer())  # the engine drops the workflow; the network has no part


CARRIERS: dict[str, Carrier] = {
    "refuse": _refuse,
    "drop_request": _drop_request,
    "reject": _reject,
    "drop_response": _drop_response,
    "reset_after_effect": _reset_after_effect,
    "status_after_effect": _status_after_effect,
    "malformed": _malformed,
    "truncated": _truncated,
    "empty": _empty,
    "delay_request": _delay_request,
    "delay_response": _delay_response,
    "duplicate": _duplicate,
    "outage": _refuse,
    "crash_before": _crash_before,
    "crash_after": _crash_after,
    "evict": _evict,
}
"""What carries an exchange, by the name of the fault it suffers."""
