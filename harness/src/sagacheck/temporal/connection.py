"""The SDK's own client, talking to the simulated service instead of a socket.

Whatever is built on `temporalio.client.Client` works unchanged: its calls arrive here as the same
protobuf messages that a server would get.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import temporalio.converter
from google.protobuf.message import Message
from temporalio.client import Client, Interceptor
from temporalio.service import ConnectConfig, RPCError, RPCStatusCode, ServiceClient

from sagacheck.temporal.bad_requests import refused
from sagacheck.temporal.calls import CALLS
from sagacheck.temporal.errors import UnsupportedError
from sagacheck.temporal.service import SimulatedTemporal
from sagacheck.temporal.sizes import MOST_BYTES

IDENTITY = "simulated-client"
_Response = TypeVar("_Response", bound=Message)
_Call = Callable[[SimulatedTemporal, Any], Awaitable[Any]]


def simulated_client(
    temporal: SimulatedTemporal,
    data_converter: temporalio.converter.DataConverter,
    *,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    """A client of the simulated service."""
    return Client(_Connection(temporal), data_converter=data_converter, interceptors=interceptors)


def client_for_activities(
    temporal: SimulatedTemporal, data_converter: temporalio.converter.DataConverter
) -> Client:
    """The client that a worker gives its activities."""
    return Client(_ActivitiesConnection(temporal), data_converter=data_converter)


class _Connection(ServiceClient):
    """The part of the SDK that speaks gRPC, speaking to the simulation."""

    def __init__(self, temporal: SimulatedTemporal) -> None:
        super().__init__(ConnectConfig(target_host="simulated", identity=IDENTITY))
        self._temporal = temporal

    @property
    def worker_service_client(self) -> NoReturn:
        msg = "workers of the SDK; use SimulatedWorker"
        raise UnsupportedError(msg)

    def update_rpc_metadata(self, metadata: Mapping[str, str | bytes]) -> None:
        """Nothing is sent anywhere."""

    def update_api_key(self, api_key: str | None) -> None:
        """Nobody asks for it."""

    async def _rpc_call(  # noqa: PLR0913 - the SDK's signature
        self,
        rpc: str,
        req: Message,
        resp_type: type[_Response],
        *,
        service: str,
        retry: bool,
        metadata: Mapping[str, str | bytes],
        timeout: timedelta | None,  # noqa: ASYNC109 - the SDK's signature
    ) -> _Response:
        call: _Call | None = CALLS.get(rpc) if service == "workflow" else None
        if call is None:
            msg = f"the call {rpc}"
            raise UnsupportedError(msg)
        if req.ByteSize() > MOST_BYTES:
            msg = f"a request of more than 2 MiB: {rpc}"
            raise UnsupportedError(msg)
        self._temporal.check()
        if (refusal := refused(req)) is not None:
            raise refusal
        try:
            response: _Response = await _within(timeout, call(self._temporal, req))
        finally:
            self._temporal.check()
        return response


class _ActivitiesConnection(_Connection):
    """A connection whose user would only be tried again, should a feature be missing."""

    async def _rpc_call(self, *args: Any, **options: Any) -> Any:
        try:
            return await super()._rpc_call(*args, **options)
        except UnsupportedError as error:
            self._temporal.break_down(error)
            raise


async def _within(limit: timedelta | None, answer: Awaitable[Any]) -> Any:
    """The answer, unless it takes longer than a call may."""
    if limit is None:
        return await answer
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await answer
    except TimeoutError:
        raise RPCError("Timeout expired", RPCStatusCode.DEADLINE_EXCEEDED, b"") from None
