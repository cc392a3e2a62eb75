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
from sagacheck.http.served_world import Stage
from sagacheck.network import FaultRule, Position, Rule, read_rule
from sagacheck.world import WordsError, as_json, members, read_settings, shown, text

_Control = Callable[[Stage, Any], Any]
"""Does something to the stage with the words of a request; what is answered, or as what."""


def control_routes(stage: Stage) -> list[Route]:
    """The control routes of `stage`."""
    return [
        _route(stage, "POST reset", _reset, "invalid_settings"),
        _route(stage, "GET faults", _faults),
        _route(stage, "POST faults", _add_fault, "invalid_fault", success=201),
        _route(stage, "DELETE faults", _clear_faults),
        _route(stage, "GET books", _books),
        _route(stage, "GET journal", _journal),
        _route(stage, "GET totals", _totals),
        _route(stage, "POST finished", _finished),
        _route(stage, "POST settle", _settle),
        _route(stage, "GET health", _health),
    ]


def _route(
    stage: Stage, name: str, control: _Control, error: str = "invalid_request", success: int = 200
) -> Route:
    method, path = name.split()

    async def endpoint(request: Request) -> Response:
        try:
            words = dict(request.query_params) if method == "GET" else await _body_of(request)
            answer = control(stage, words)
        except WordsError as refused:
            return JSONResponse({"error": error, "detail": str(refused)}, 400)
        stage.keeper.commit()
        return answer if isinstance(answer, Response) else JSONResponse(answer, success)

    return Route(f"/__fakes__/{path}", endpoint, methods=[method])


async def _body_of(request: Request) -> Any:
    try:
        return msgspec.json.decode(await request.body() or b"{}")
    except (msgspec.DecodeError, RecursionError) as error:
        raise WordsError(f"the body is no JSON: {error}") from None


def _reset(stage: Stage, words: Any) -> Any:
    stage.reset(read_settings(words, stage.settings))
    return {"settings": as_json(stage.world.settings)}


def _faults(stage: Stage, _: Any) -> Any:
    return {"faults": [_shown(rule) for rule in stage.world.network.rules]}


def _add_fault(stage: Stage, words: Any) -> Any:
    rule = read_rule(words, stage.world.operations)
    if rule.fault.kind.position is Position.WORKER:
        detail = f"{rule.fault} strikes a worker: it needs one, in process or with an engine"
        raise WordsError(detail)
    stage.add_rule(words, rule)
    return _shown(rule)


def _clear_faults(stage: Stage, _: Any) -> Any:
    stage.clear_rules()
    return {"faults": []}


def _books(stage: Stage, query: Mapping[str, str]) -> Any:
    if (after := _position(query)) is not None:
        return streams.ndjson(stage.keeper, streams.entries, after)
    books = stage.world.books()
    return {
        "entries": as_json(books.entries),
        "effects": as_json(list(books.effects.values())),
        "balances": books.balances(),
    }


def _journal(stage: Stage, query: Mapping[str, str]) -> Any:
    if (after := _position(query)) is not None:
        return streams.ndjson(stage.keeper, streams.attempts, after)
    return {"attempts": as_json(stage.world.journal.attempts)}


def _position(query: Mapping[str, str]) -> int | None:
    after = members(query, "the query", ("after",)).get("after")
    try:
        return None if after is None else int(after)
    except ValueError:
        raise WordsError(f"after must be a whole number, not {shown(after)}") from None


def _totals(stage: Stage, _: Any) -> Any:
    world, archive = stage.world, stage.keeper.archive
    effects = Counter(archive.effects)
    effects.update((each.operation, str(each.state)) for each in world.books().effects.values())
    table: dict[str, dict[str, int]] = {}
    for (operation, state), count in sorted(effects.items()):
        table.setdefault(operation, {})[state] = count
    open_orders = {attempt.order for attempt in world.journal.attempts}
    return {
        "orders": {"open": len(open_orders), "finished": archive.orders},
        "attempts": len(world.journal),
        "entries": len(world.books()),
        "effects": table,
        "balances": world.books().balances(),
    }


def _finished(stage: Stage, words: Any) -> Any:
    orders = members(words, "finished", ("orders",)).get("orders")
    if not isinstance(orders, Mapping):
        raise WordsError(f"orders must name keys by order, as in {{o1: [k1]}}, not {shown(orders)}")
    for order, keys in orders.items():
        if not isinstance(keys, list):
            raise WordsError(f"the keys of {order} must be a list, not {shown(keys)}")
        for key in keys:
            text(key, f"a key of {order}")
    stage.keeper.finish(orders)
    return streams.NdjsonResponse(streams.dossiers(stage.keeper, orders))


def _settle(stage: Stage, _: Any) -> Any:
    stage.settle()
    return {"now": stage.world.clock.now()}


def _health(stage: Stage, _: Any) -> Any:
    world = stage.world
    return {
        "status": "ok",
        "now": world.clock.now(),
        "began": stage.began,
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
