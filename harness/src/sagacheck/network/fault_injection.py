"""What each fault does: to a request on its way, to its reply, or to its caller."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NoReturn

from msgspec import structs

from sagacheck.network.delivery import Delivery
from sagacheck.network.faults import Fault
from sagacheck.network.wire import (
    ConnectionLostError,
    IncompleteReplyError,
    NoConnectionError,
    WireReply,
    WorkerCrash,
    emptied,
    encoded,
    malformed,
    rejection,
    with_status,
)
from sagacheck.world import Reply

Injector = Callable[[Delivery, Fault], Awaitable[WireReply]]
"""Injects a fault into a delivery; returns what the caller sees, or raises it."""


async def transmit(delivery: Delivery, fault: Fault | None) -> WireReply:
    """Send the request to its service and the reply back, as far as `fault` lets them pass.

    Raises:
        TransportError: The caller gets no answer.
        WorkerCrash: The caller's worker dies.
    """
    if fault is None:
        return encoded(await delivery.answer())
    return await INJECTORS[fault.name](delivery, fault)


async def _refuse(delivery: Delivery, fault: Fault) -> NoReturn:
    raise (ConnectionLostError if delivery.call.connected else NoConnectionError)(str(fault))


async def _drop_request(delivery: Delivery, _: Fault) -> NoReturn:
    await delivery.time_out()


async def _reject(delivery: Delivery, fault: Fault) -> WireReply:
    return encoded(rejection(delivery.call.operation, fault))


async def _expire(delivery: Delivery, _: Fault) -> WireReply:
    delivery.service.expire(delivery.request)
    return encoded(await delivery.answer())


async def _drop_response(delivery: Delivery, _: Fault) -> NoReturn:
    await delivery.answer()
    await delivery.time_out()


async def _reset_after_effect(delivery: Delivery, fault: Fault) -> NoReturn:
    await delivery.answer()
    raise ConnectionLostError(str(fault))


async def _status_after_effect(delivery: Delivery, fault: Fault) -> WireReply:
    handling = await delivery.arrive()
    reply = with_status(delivery.service.finish(handling), delivery.call.operation, fault)
    if not reply.ok:
        delivery.service.remember_error(handling, reply)
    return encoded(reply)


async def _malformed(delivery: Delivery, _: Fault) -> WireReply:
    return malformed(await delivery.answer())


async def _truncated(delivery: Delivery, fault: Fault) -> NoReturn:
    raise IncompleteReplyError(str(fault), encoded(await delivery.answer()))


async def _empty(delivery: Delivery, _: Fault) -> WireReply:
    return emptied(await delivery.answer())


async def _delay_request(delivery: Delivery, fault: Fault) -> WireReply:
    return encoded(await delivery.reply_after(fault.delay, delivery.answer))


async def _delay_response(delivery: Delivery, fault: Fault) -> WireReply:
    handling = await delivery.arrive()

    async def finish() -> Reply:
        return delivery.service.finish(handling)

    return encoded(await delivery.reply_after(fault.delay, finish))


async def _stale_read(delivery: Delivery, fault: Fault) -> WireReply:
    as_of = delivery.clock.now() - fault.delay
    delivery.request = structs.replace(delivery.request, as_of=as_of)
    return encoded(await delivery.answer())


async def _duplicate(delivery: Delivery, fault: Fault) -> WireReply:
    reply = await delivery.answer()
    for _ in range(fault.copies - 1):
        await delivery.answer()
    return encoded(reply)


async def _crash_before(_: Delivery, fault: Fault) -> NoReturn:
    raise WorkerCrash(str(fault))


async def _crash_after(delivery: Delivery, fault: Fault) -> NoReturn:
    await delivery.answer()
    raise WorkerCrash(str(fault))


async def _evict(delivery: Delivery, _: Fault) -> WireReply:
    # The engine drops the workflow; the call is not touched.
    return encoded(await delivery.answer())


async def _change_callback(delivery: Delivery, fault: Fault) -> WireReply:
    # The call is not touched; whoever plans the callback reads the fault.
    delivery.callback_fault = fault
    return encoded(await delivery.answer())


INJECTORS: dict[str, Injector] = {
    "refuse": _refuse,
    "drop_request": _drop_request,
    "reject": _reject,
    "expire": _expire,
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
    "stale_read": _stale_read,
    "callback_early": _change_callback,
    "callback_late": _change_callback,
    "callback_twice": _change_callback,
    "callback_out_of_order": _change_callback,
    "callback_lost": _change_callback,
    "crash_before": _crash_before,
    "crash_after": _crash_after,
    "evict": _evict,
}
"""The injection of each fault, by the fault's name."""
