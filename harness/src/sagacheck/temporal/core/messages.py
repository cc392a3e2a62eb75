"""The messages of Core: jobs for the workflow code, commands for the service."""

from __future__ import annotations

import msgspec
import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.common.v1 import Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.api.sdk.v1 import UserMetadata

Job = activation_pb.WorkflowActivationJob
"""One job of an activation for the workflow code."""
Command = commands_pb.WorkflowCommand
"""One thing that the workflow code asks for."""


class Marker(msgspec.Struct, frozen=True):
    """The end of a local activity, as the history records it.

    Attributes:
        details: What the marker event holds, by its keys.
        failure: Why the activity failed, if it did.
        metadata: Summary and details for people.
    """

    details: dict[str, Payloads]
    failure: Failure | None
    metadata: UserMetadata


Outgoing = Command | Marker
"""What Core sends to the service when a workflow task completes."""


def kind_of(outgoing: Outgoing) -> str:
    """The kind of a command; empty for a marker."""
    return "" if isinstance(outgoing, Marker) else outgoing.WhichOneof("variant") or ""
