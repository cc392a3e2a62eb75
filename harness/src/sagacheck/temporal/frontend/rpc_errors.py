"""Errors as a client gets them from the server."""

from __future__ import annotations

from google.protobuf.message import Message
from temporalio.api.common.v1 import GrpcStatus
from temporalio.service import RPCError, RPCStatusCode


def rpc_error(status: RPCStatusCode, message: str, *details: Message) -> RPCError:
    """An error with a status, a message and details."""
    packed = GrpcStatus(code=status, message=message)
    for detail in details:
        packed.details.add().Pack(detail)
    return RPCError(message, status, packed.SerializeToString())


def already_completed() -> RPCError:
    """The error for a client that writes to a closed run."""
    return rpc_error(RPCStatusCode.NOT_FOUND, "workflow execution already completed")
