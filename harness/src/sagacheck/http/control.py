"""The control routes below ``/__fakes__``: a new world, faults, and a look behind the services.

``docs/fakes-http.md`` says what each is for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sagacheck.http import streams
from sagacheck.http.served_world import ServedWorld
from sagacheck.network import FaultRule, Position, Rule, read_rule
from sagacheck.world import ParsingError, as_json, members, read_settings, shown, text

_Control = Callable[[ServedWorld, Any], Any]
"""Does something to the served with the words of a request; what is answered, or as what."""


def control_routes(served: ServedWorld) -> list[Route]:
    """The control routes of `served`."""
    return [
        _route(served, "POST reset", _reset, "invalid_settings"),
        _route(served, "GET faults", _faults),
        _route(served, "POST faults", _add_fault, "invalid_fault", success=201),
        _route(served, "DELETE faults", _clear_faults),
        _route(served, "GET books", _books),
        _route(served, "GET journal", _journal),
        _route(served, "GET totals", _totals),
        _route(served, "POST finished", _finished),
        _route(served, "POST settle", _settle),
        _route(served, "GET health", _health),
    ]


def _route(
    served: ServedWorld,
    name: str,
    control: _Control,
    error: str = "invalid_request",
    success: int = 200,
) -> Route:
    method, path = name.split()

    async def endpoint(request: Request) -> Response:
        try:
            words = dict(request.query_params) if method == "GET" else await _body_of(request)
            answer = control(served, words)
        except ParsingError as refused:
            return JSONResponse({"error": error, "detail": str(refused)}, 400)
        served.store.commit()
        return answer if isinstance(answer, Response) else JSONResponse(answer, success)

    return Route(f"/__fakes__/{path}", endpoint, methods=[method])


async def _body_of(request: Request) -> Any:
    try:
        return msgspec.json.decode(await request.body() or b"{}")
    except (msgspec.DecodeError, RecursionError) as error:
        raise ParsingError(f"the body is no JSON: {error}") from None


def _reset(served: ServedWorld, words: Any) -> Any:
    served.reset(read_settings(words, served.settings))
    return {"settings": as_json(served.world.settings)}


def _faults(served: ServedWorld, _: Any) -> Any:
    return {"faults": [_shown(rule) for rule in served.network.rules]}


def _add_fault(served: ServedWorld, words: Any) -> Any:
    rule = read_rule(words, served.network.operations)
    if rule.fault.kind.position is Position.WORKER:
        detail = f"{rule.fault} strikes a worker: it needs one, in process or with an engine"
        raise ParsingError(detail)
    served.add_rule(words, rule)
    return _shown(rule)


def _clear_faults(served: ServedWorld, _: Any) -> Any:
    served.clear_rules()
    return {"faults": []}


def _books(served: ServedWorld, query: Mapping[str, str]) -> Any:
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
    after = members(query, "the query", ("after",)).get("after")
    try:
        return None if after is None else int(after)
    except ValueError:
        raise ParsingError(f"after must be a whole number, not {shown(after)}") from None


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


def _finished(served: ServedWorld, words: Any) -> Any:
    orders = members(words, "finished", ("orders",)).get("orders")
    if not isinstance(orders, Mapping):
        raise ParsingError(
            f"orders must name keys by order, as in {{o1: [k1]}}, not {shown(orders)}"
        )
    for order, keys in orders.items():
        if not isinstance(keys, list):
            raise ParsingError(f"the keys of {order} must be a list, not {shown(keys)}")
        for key in keys:
            text(key, f"a key of {order}")
    served.store.finish(orders)
    return streams.NdjsonResponse(streams.order_records(served.store, orders))


def _settle(served: ServedWorld, _: Any) -> Any:
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


def _shown(rule: Rule) -> Any:
    if not isinstance(rule, FaultRule):
        return {"fault": repr(rule)}
    return {
        "on": sorted(rule.operations),
        "fault": str(rule.fault),
        "calls": str(rule.calls),
        "order": rule.order,
        "share": rule.share,
        "fired": rule.fired,
    }
