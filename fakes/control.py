"""The control routes below ``/__fakes__``: a new world, faults, and a look behind the services."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fakes.as_json import as_json
from fakes.fault_words import read_rule
from fakes.faults import FaultRule, Position, Rule
from fakes.settings_words import read_settings
from fakes.stage import Stage
from fakes.words import WordsError

_Control = Callable[[Stage, Any], Any]
"""Does something to the stage with the words of a request; returns what is answered."""


def control_routes(stage: Stage) -> list[Route]:
    """The control routes of `stage`."""
    return [
        _route(stage, "POST reset", _reset, "invalid_settings"),
        _route(stage, "GET faults", _faults),
        _route(stage, "POST faults", _add_fault, "invalid_fault", success=201),
        _route(stage, "DELETE faults", _clear_faults),
        _route(stage, "GET books", _books),
        _route(stage, "GET journal", _journal),
        _route(stage, "GET health", _health),
    ]


def _route(
    stage: Stage, name: str, control: _Control, error: str = "invalid_request", success: int = 200
) -> Route:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(control(stage, _words_in(await request.body())), success)
        except WordsError as refused:
            return JSONResponse({"error": error, "detail": str(refused)}, 400)

    method, path = name.split()
    return Route(f"/__fakes__/{path}", endpoint, methods=[method])


def _words_in(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError as error:
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
    stage.world.network.rules.append(rule)
    return _shown(rule)


def _clear_faults(stage: Stage, _: Any) -> Any:
    stage.world.network.rules.clear()
    return {"faults": []}


def _books(stage: Stage, _: Any) -> Any:
    books = stage.world.books()
    return {
        "entries": as_json(books.entries),
        "effects": as_json(list(books.effects.values())),
        "balances": books.balances(),
    }


def _journal(stage: Stage, _: Any) -> Any:
    return {"attempts": as_json(stage.world.journal.attempts)}


def _health(stage: Stage, _: Any) -> Any:
    world = stage.world
    return {"status": "ok", "now": world.clock.now(), "attempts": len(world.journal)}


def _shown(rule: Rule) -> Any:
    if not isinstance(rule, FaultRule):
        return {"fault": repr(rule)}
    return {
        "on": sorted(rule.operations),
        "fault": str(rule.fault),
        "calls": str(rule.calls),
        "order": rule.order,
        "fired": rule.fired,
    }
