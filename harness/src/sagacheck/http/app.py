"""The HTTP face: one world as a Starlette application, with faults that are real on the wire.

Limitations: worker faults need a worker and are refused; a caller's own timeout is not known here,
so a lost request or reply holds the connection until the client hangs up; reads suffer no faults.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from msgspec import structs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sagacheck.http.connection import Connection, HalfReply, NoReply
from sagacheck.http.control import control_routes
from sagacheck.http.served_world import ServedWorld
from sagacheck.http.write_ahead_log import WriteAheadLog
from sagacheck.network import IncompleteReplyError, TransportError, call_of, read, unknown_route
from sagacheck.services import Operation, ServiceFactory
from sagacheck.world import ManualClock, Settings, WallClock

_Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(
    services: ServiceFactory,
    settings: Settings | None = None,
    *,
    clock: Callable[[], ManualClock] = WallClock,
    write_ahead_log: WriteAheadLog | None = None,
) -> Starlette:
    """The application that serves one world; to be called on the event loop that will run it.

    The world is at ``app.state.served.network``.

    Args:
        services: Makes the services.
        settings: What the world holds at first, and after each reset.
        clock: Makes the world's clock, by default one of real time.
        write_ahead_log: Holds the world, if it has one, and every change of it.

    Raises:
        WriteAheadLogError: The write-ahead log cannot be read.
    """
    served = ServedWorld(settings or Settings(), clock, services, write_ahead_log)
    routes = [
        Route(path, _operation(served, operation), methods=[method])
        for operation in served.network.operations.operations
        for method, path in (route.split(" ", 1) for route in operation.routes)
    ]
    routes += [
        Route(f"/{name}", _read(served), methods=["GET"])
        for name in served.network.services.reads()
    ]
    app = Starlette(
        routes=routes + control_routes(served),
        exception_handlers={404: _unknown_route, 405: _wrong_method},
    )
    app.router.redirect_slashes = False
    app.state.served = served
    return app


def _operation(served: ServedWorld, operation: Operation) -> _Endpoint:
    """The endpoint of any operation: what it means is known to the world behind it."""

    async def endpoint(request: Request) -> Response:
        content = await request.body()
        call = call_of(operation, request.path_params, request.query_params, content)
        store = served.store
        store.recall_for(call)
        connection: Connection = request.state.connection
        try:
            with connection.cancelling_on_hangup():
                wire = await store.network.send(structs.replace(call, connected=True))
        except IncompleteReplyError as error:
            return HalfReply(error.reply, connection)
        except TransportError:
            connection.reset()
            return NoReply()
        except asyncio.CancelledError:
            if not connection.transport.is_closing():
                raise  # it is not the client who has gone, but the server
            return NoReply()
        finally:
            store.commit()
        return Response(wire.content, wire.status, wire.headers)

    return endpoint


def _read(served: ServedWorld) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        order = request.query_params.get("order_id")
        served.store.recall(order)
        served.store.commit()
        return JSONResponse(read(served.network.services, request.url.path, order))

    return endpoint


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
