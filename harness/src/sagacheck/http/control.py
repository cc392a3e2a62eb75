"""The control routes below ``/__fakes__``: a new world, faults, and a look behind the services.

``docs/fakes-http.md`` says what each is for.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sagacheck.http import streams
from sagacheck.http.calls.call_parsing import read_call, read_outcome
from sagacheck.http.peer import peer_of
from sagacheck.http.request_body import content_of, refuse_other_types
from sagacheck.http.served_world import ServedWorld
from sagacheck.network import (
    BodyError,
    BodyTooLargeError,
    FaultRule,
    Position,
    Rule,
    read_body,
    read_rule,
    rule_in_words,
)
from sagacheck.services import BODY_TOO_LARGE
from sagacheck.strange_pages import StrangerError, refuse_strangers
from sagacheck.world import (
    ParsingError,
    as_json,
    as_written,
    read_members,
    read_settings,
    read_text,
    whole_number_in,
)

_CLOSE = {"Connection": "close"}
"""The rest of a body that is too large is not waited for."""

_Control = Callable[[ServedWorld, Any], Any]
"""Takes the query or body of a request; returns a response, or what is answered as JSON."""


def control_routes() -> list[Route]:
    """The control routes of the world at ``app.state.served``."""
    return [
        _route("POST reset", _reset, "invalid_settings"),
        _route("GET faults", _faults),
        _route("POST faults", _add_fault, "invalid_fault", success=201),
        _route("DELETE faults", _clear_faults),
        _route("GET books", _ledger),
        _route("GET journal", _journal),
        _route("GET totals", _totals),
        _route("POST calls", _begin_call),
        _route("POST calls/done", _call_done),
        _route("POST calls/next", _next_of_call),
        _route("POST finished", _finished),
        _route("POST settle", _settle),
        _route("GET health", _health),
    ]


def _route(
    name: str, control: _Control, error: str = "invalid_request", success: int = 200
) -> Route:
    method, path = name.split()

    async def endpoint(request: Request) -> Response:
        try:
            _refuse_strangers(request)
        except StrangerError as refused:
            return JSONResponse({"error": refused.code, "detail": str(refused)}, 403)
        content = b"" if method == "GET" else await content_of(request)
        served: ServedWorld = request.app.state.served
        served.ready()
        try:
            asked = dict(request.query_params) if method == "GET" else read_body(content or b"{}")
            if content and (refusal := refuse_other_types(request)) is not None:
                return refusal
            answer = control(served, asked)
            if isawaitable(answer):
                answer = await _unless_hung_up(answer, request)
        except BodyTooLargeError as refused:
            return JSONResponse({"error": BODY_TOO_LARGE.code, "detail": str(refused)}, 413, _CLOSE)
        except (ParsingError, BodyError) as refused:
            return JSONResponse({"error": error, "detail": str(refused)}, 400)
        served.store.commit()
        return answer if isinstance(answer, Response) else JSONResponse(answer, success)

    return Route(f"/__fakes__/{path}", endpoint, methods=[method])


async def _unless_hung_up(answer: Awaitable[Any], request: Request) -> Any:
    """The answer; a client that has left needs none."""
    peer = peer_of(request)
    try:
        with peer.cancelling_on_hangup():
            return await answer
    except asyncio.CancelledError:
        if not peer.has_hung_up:
            raise  # the server stops
        raise ClientDisconnect from None


def _refuse_strangers(request: Request) -> None:
    hosts, origins = (request.headers.getlist(name) for name in ("host", "origin"))
    refuse_strangers(hosts, origins, public=request.app.state.public)


def _reset(served: ServedWorld, body: Any) -> Any:
    served.reset(read_settings(body, served.settings))
    return {"settings": as_json(served.world.settings)}


def _faults(served: ServedWorld, _: Any) -> Any:
    return {"faults": [_as_answered(rule) for rule in served.network.rules]}


def _add_fault(served: ServedWorld, body: Any) -> Any:
    rule = read_rule(body, served.network.operations)
    if rule.fault.kind.position is Position.WORKER:
        detail = f"{rule.fault} needs a worker; use it in process or with an engine"
        raise ParsingError(detail)
    served.add_rule(body, rule)
    return _as_answered(rule)


def _clear_faults(served: ServedWorld, _: Any) -> Any:
    served.clear_rules()
    return {"faults": []}


def _ledger(served: ServedWorld, query: Mapping[str, str]) -> Any:
    if (after := _position(query)) is not None:
        return streams.ndjson(served.store, streams.entries, after)
    ledger = served.world.ledger
    return {
        "entries": as_json(ledger.entries),
        "effects": as_json(list(ledger.effects.values())),
        "balances": ledger.balances(),
    }


def _journal(served: ServedWorld, query: Mapping[str, str]) -> Any:
    if (after := _position(query)) is not None:
        return streams.ndjson(served.store, streams.attempts, after)
    return {"attempts": as_json(served.world.journal.attempts)}


def _position(query: Mapping[str, str]) -> int | None:
    after = read_members(query, "the query", ("after",)).get("after")
    if after is None or after == "-1":  # from the beginning
        return None if after is None else -1
    position = whole_number_in(after)
    if position is None:
        raise ParsingError(f"after must be a whole number, at least -1, not {as_written(after)}")
    return position


def _totals(served: ServedWorld, _: Any) -> Any:
    world, evicted = served.world, served.store.evicted
    effects = Counter(evicted.effects)
    effects.update((each.operation, str(each.state)) for each in world.ledger.effects.values())
    table: dict[str, dict[str, int]] = {}
    for (operation, state), count in sorted(effects.items()):
        table.setdefault(operation, {})[state] = count
    open_orders = {attempt.order for attempt in world.journal.attempts}
    return {
        "orders": {"open": len(open_orders), "finished": evicted.orders},
        "attempts": len(world.journal),
        "entries": len(world.ledger),
        "effects": table,
        "balances": world.ledger.balances(),
    }


def _finished(served: ServedWorld, body: Any) -> Any:
    orders = read_members(body, "finished", ("orders",)).get("orders")
    if not isinstance(orders, Mapping):
        example = "for example {o1: [k1]}"
        raise ParsingError(f"orders must name keys by order, {example}, not {as_written(orders)}")
    for order, keys in orders.items():
        if not isinstance(keys, list):
            raise ParsingError(f"the keys of {order} must be a list, not {as_written(keys)}")
        for key in keys:
            read_text(key, f"a key of {order}")
    served.store.finish(orders)
    return streams.NdjsonResponse(streams.order_records(served.store, orders))


def _begin_call(served: ServedWorld, body: Any) -> Any:
    call, limit = read_call(body, served.network.operations)
    return served.calls.begin(served.store, call, limit)


def _call_done(served: ServedWorld, body: Any) -> Any:
    call, outcome = read_outcome(body)
    return served.calls.done(call, outcome)


def _next_of_call(served: ServedWorld, body: Any) -> Any:
    return served.calls.next_of(read_outcome(body)[0])


async def _settle(served: ServedWorld, _: Any) -> Any:
    served.settle()
    await served.calls.settle()
    served.settle()
    return {"now": served.world.clock.now()}


def _health(served: ServedWorld, _: Any) -> Any:
    world = served.world
    return {
        "status": "ok",
        "now": world.clock.now(),
        "began": served.began,
        "attempts": len(world.journal),
    }


def _as_answered(rule: Rule) -> Any:
    return rule_in_words(rule) if isinstance(rule, FaultRule) else {"fault": repr(rule)}
