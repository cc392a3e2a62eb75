"""The SDK's own client, connected to the simulated service instead of a socket.

Code that uses `temporalio.client.Client` works unchanged: its calls arrive here as the protobuf
messages that a server would get.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import temporalio.activity
import temporalio.converter
from google.protobuf.message import Message
from temporalio.client import Client, Interceptor
from temporalio.service import ConnectConfig, RPCError, RPCStatusCode, ServiceClient

from sagacheck.temporal.base.errors import UnsupportedError
from sagacheck.temporal.base.payloads import MOST_BYTES
from sagacheck.temporal.frontend.calls import CALLS
from sagacheck.temporal.frontend.request_validation import request_refusal
from sagacheck.temporal.server.simulated_temporal import SimulatedTemporal

IDENTITY = "simulated-client"
_Response = TypeVar("_Response", bound=Message)
_Call = Callable[[SimulatedTemporal, Any], Awaitable[Any]]


def simulated_client(
    temporal: SimulatedTemporal,
    data_converter: temporalio.converter.DataConverter,
    *,
    interceptors: Sequence[Interceptor] = (),
) -> Client:
    """A client of the simulated service.

    Args:
        temporal: The service.
        data_converter: How values become payloads.
        interceptors: Stand around the client's calls, the first of them outermost.
    """
    return Client(_Connection(temporal), data_converter=data_converter, interceptors=interceptors)


class _Connection(ServiceClient):
    """Takes the place of the SDK's gRPC connection."""

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
        """No key is needed."""

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
        try:
            response: _Response = await self._call(rpc, req, service, timeout)
        except UnsupportedError as error:
            if temporalio.activity.in_activity():
                # Raised in an activity it would be one more failed attempt, and be retried.
                self._temporal.abort(error)
            raise
        return response

    async def _call(
        self,
        rpc: str,
        request: Message,
        service: str,
        timeout: timedelta | None,  # noqa: ASYNC109 - the SDK's name
    ) -> Any:
        call: _Call | None = CALLS.get(rpc) if service == "workflow" else None
        if call is None:
            msg = f"the call {rpc}"
            raise UnsupportedError(msg)
        if request.ByteSize() > MOST_BYTES:
            msg = f"a request of more than 2 MiB: {rpc}"
            raise UnsupportedError(msg)
        self._temporal.raise_if_aborted()
        if (refusal := request_refusal(request)) is not None:
            raise refusal
        try:
            return await _within(timeout, call(self._temporal, request))
        finally:
            self._temporal.raise_if_aborted()


async def _within(limit: timedelta | None, answer: Awaitable[Any]) -> Any:
    """The answer to a call.

    Raises:
        RPCError: It takes longer than `limit`.
    """
    if limit is None:
        return await answer
    try:
        async with asyncio.timeout(limit.total_seconds()):
            return await answer
    except TimeoutError:
        raise RPCError("Timeout expired", RPCStatusCode.DEADLINE_EXCEEDED, b"") from None
