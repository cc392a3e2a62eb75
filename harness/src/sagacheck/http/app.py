"""A world as a Starlette application, with faults that are real on the wire.

Limitations: worker faults need a worker and are refused; a caller's own timeout is not known here,
so a lost request or reply holds the connection until the client hangs up; reads for people, which
name no operation, get no faults.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from msgspec import structs
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sagacheck.http.control import control_routes
from sagacheck.http.peer import peer_of
from sagacheck.http.request_body import content_of
from sagacheck.http.served_world import ServedWorld
from sagacheck.http.write_ahead_log import NotWrittenError, WriteAheadLogError
from sagacheck.network import (
    IncompleteReplyError,
    Network,
    TransportError,
    call_of,
    read_collection,
    unknown_route,
)
from sagacheck.services import Operation, ServiceFactory
from sagacheck.world import ManualClock, Settings, WallClock

_CLIENT_CLOSED_REQUEST = 499
"""nginx's status for a client that hung up before it had its reply."""


def create_app(
    services: ServiceFactory,
    settings: Settings | None = None,
    *,
    clock: Callable[[], ManualClock] = WallClock,
    journal: Path | None = None,
    public: bool = False,
) -> Starlette:
    """The application that serves one world, on any ASGI server.

    The world is at ``app.state.served.world``; it is closed when the server shuts the application
    down. On `sagacheck.http.server` faults break real connections; on other servers a connection
    that breaks looks like a reply that is cut off. With a `journal` that has timers to come it must
    be called on the event loop that will run it.

    Args:
        services: Makes the services.
        settings: What the world holds at first, and after each reset.
        clock: Makes the world's clock, by default one of real time.
        journal: The file with every change of the world, which is recovered from it.
        public: Whether control routes answer whatever name the server is reached by, not only
            under those of this computer for itself.

    Raises:
        WriteAheadLogError: The journal cannot be read.
        NotWrittenError: The journal cannot be written.
        OSError: The journal cannot be opened.
    """
    served = ServedWorld(services, settings or Settings(), clock=clock, journal=journal)
    app = Starlette(
        routes=[*_service_routes(served.network), *control_routes()],
        exception_handlers={
            404: _unknown_route,
            405: _wrong_method,
            ClientDisconnect: _client_left,
            NotWrittenError: _not_written,
            WriteAheadLogError: _not_written,
        },
        lifespan=_closing,
    )
    app.router.redirect_slashes = False
    app.state.served = served
    app.state.public = public
    return app


@asynccontextmanager
async def _closing(app: Starlette) -> AsyncIterator[None]:
    """Close the world when the server shuts the application down."""
    yield
    app.state.served.close()


def _service_routes(network: Network) -> Iterator[Route]:
    for operation in network.operations.operations:
        for route in operation.routes:
            method, path = route.split(" ", 1)
            yield Route(path, _endpoint(operation), methods=[method])
    for name in network.services.reads():
        if not network.routes.reads(f"/{name}"):
            yield Route(f"/{name}", _collection, methods=["GET"])


def _endpoint(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        served: ServedWorld = request.app.state.served
        if operation.reads and "order_id" not in request.query_params:
            return await _collection(request)  # one for people: a saga asks for its order
        content = await content_of(request)
        call = call_of(
            operation, request.path_params, request.query_params, content, request.headers
        )
        store = served.ready()
        store.recall_for(call)
        peer = peer_of(request)
        try:
            with peer.cancelling_on_hangup():
                wire = await store.network.send(structs.replace(call, connected=True))
        except IncompleteReplyError as error:
            return peer.cut_off(error.reply)
        except TransportError:
            return peer.broken()
        except asyncio.CancelledError:
            if not peer.has_hung_up:
                raise  # the client is still there: the server stops
            return Response(status_code=_CLIENT_CLOSED_REQUEST)  # the client has left
        finally:
            store.commit()
        return Response(wire.content, wire.status, wire.headers)

    return endpoint


async def _collection(request: Request) -> Response:
    served: ServedWorld = request.app.state.served
    order = request.query_params.get("order_id")
    store = served.ready()
    store.recall(order)
    store.commit()
    return JSONResponse(read_collection(served.network.services, request.url.path, order))


async def _client_left(_: Request, __: Exception) -> Response:
    return Response(status_code=_CLIENT_CLOSED_REQUEST)  # the client has left


async def _not_written(_: Request, error: Exception) -> Response:
    """Whether it happened is known: it has not. To its caller it is as unknown as any 503."""
    body = {"error": "journal_not_written", "detail": str(error)}
    return JSONResponse(body, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "1"})


async def _unknown_route(request: Request, _: Exception) -> Response:
    known = [f"{method} {route.path}" for route in _routes(request) for method in _methods(route)]
    error = unknown_route(request.method, request.url.path, known)
    return JSONResponse({"error": "unknown_route", "detail": str(error)}, 404)


async def _wrong_method(request: Request, _: Exception) -> Response:
    path = request.url.path
    fitting = [route for route in _routes(request) if route.path_regex.match(path)]
    names = ", ".join(sorted(method for route in fitting for method in _methods(route)))
    detail = f"{path} answers {names}, not {request.method}"
    return JSONResponse({"error": "wrong_method", "detail": detail}, 405, {"Allow": names})


def _routes(request: Request) -> Iterator[Route]:
    return (route for route in request.app.routes if isinstance(route, Route))


def _methods(route: Route) -> set[str]:
    return (route.methods or set()) - {"HEAD"}
