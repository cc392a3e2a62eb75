"""What ``sagacheck serve`` does."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from sagacheck.cli.exit_codes import WRONG_INPUT, exit_with
from sagacheck.cli.extras import serve_or_exit
from sagacheck.cli.inputs import saga_or_exit
from sagacheck.language import plain_orders
from sagacheck.saga import SagaUnderTest, saga_words
from sagacheck.services import HEADER, Operation

_AN_ORDER = "o1"
_CONTROL = "/__fakes__/calls"


def serve_saga(saga_reference: str | None, **options: Any) -> None:
    """Serve the services of a saga until SIGINT or SIGTERM."""
    serve_or_exit("sagacheck serve")
    from sagacheck.http import serve  # noqa: PLC0415 - its packages may not be installed

    saga = saga_or_exit(saga_reference)
    if not saga.operations.operations:
        msg = f"{saga.workflow_name} has neither services= nor an activity with effect(): no fakes"
        exit_with(WRONG_INPUT, msg)
    serve(saga.all_services, partial(_announcement, saga, saga_reference), **options)


def _announcement(saga: SagaUnderTest, reference: str | None, url: str) -> list[str]:
    """What is served at a base URL: the operations, an example, and the worker for effects."""
    width = max(map(len, saga.operations.names))
    lines = [
        f"  {each.name:{width}}  {where}"
        for each in saga.operations.operations
        for where in _routes(each, url)
    ]
    lines += ["try it:", f"  {example(saga, url)}"]
    if saga.callbacks:
        lines.append(f"callbacks are not sent: {', '.join(saga.callbacks)}")
    if saga.effects.effects:
        words = shlex.join(saga_words(reference))
        command = f"python -m sagacheck.load.worker {words}".rstrip()
        lines += [
            "a worker whose activities record their effects here:",
            f"  {command} --services-url {url} --task-queue QUEUE",
        ]
    return lines


def _routes(operation: Operation, url: str) -> Iterator[str]:
    if operation.by_activity:
        yield f"POST {url}{_CONTROL} (the effect of an activity)"
    for route in operation.routes:
        method, path = route.split(" ", 1)
        yield f"{method} {url}{path}"


def example(saga: SagaUnderTest, url: str) -> str:
    """A command that does something to the services: their first create that it can ask for."""
    data = _data(saga)
    for operation in saga.operations.creates:
        if operation.by_activity:
            call = {"operation": operation.name, "order": _AN_ORDER}
            return _curl(f"{url}{_CONTROL}", call)
        body = _body(operation, data)
        if body is not None:
            _, path = operation.routes[0].split(" ", 1)
            return _curl(f"{url}{path}", body)
    return f"curl {url}/__fakes__/health"


def _data(saga: SagaUnderTest) -> Mapping[str, Any]:
    """What a plain order says."""
    (order,) = plain_orders(1, saga.dialect).orders
    return {"price": str(order.total), **order.data, "id": order.id, "currency": order.currency}


def _body(operation: Operation, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The body of a request for a create; ``None`` where an order does not say all of it."""
    method, path = operation.routes[0].split(" ", 1)
    if method != "POST" or "{" in path or operation.fields or operation.fields is None:
        return None
    body = {}
    for field, datum in operation.carries.items():
        if data.get(datum) in (None, ""):
            return None
        body[field] = data[datum]
    keys = [place for place in operation.key_places if not place.startswith(HEADER)]
    return {**body, **dict.fromkeys(keys[:1], f"key-{_AN_ORDER}")}


def _curl(url: str, body: Mapping[str, Any]) -> str:
    content = shlex.quote(json.dumps(body))
    return f"curl -X POST {url} -H 'Content-Type: application/json' -d {content}"
