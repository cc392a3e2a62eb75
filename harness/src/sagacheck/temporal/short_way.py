"""Starting a workflow and waiting for its result without a client, for whoever does little else.

What the SDK's client adds to these two calls (headers, calls by name, pages of history) takes as
long as a tenth of a simulated order. The history that comes of it is the same.
"""

from __future__ import annotations

from typing import Any

from temporalio.api.enums.v1 import (
    WorkflowExecutionStatus,
    WorkflowIdConflictPolicy,
    WorkflowIdReusePolicy,
)
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.converter import PayloadConverter
from temporalio.exceptions import WorkflowAlreadyStartedError

from sagacheck.temporal.connection import IDENTITY
from sagacheck.temporal.errors import AlreadyStartedError
from sagacheck.temporal.service import SimulatedTemporal
from sagacheck.temporal.starting import NAMESPACE

_COMPLETED = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED


class NoResultError(Exception):
    """A workflow has ended otherwise than with a result; a client can say how."""


class ShortWay:
    """The two calls, to one service.

    Args:
        temporal: The service.
        converter: How values become payloads; for a data converter that `is_plain`.
    """

    def __init__(self, temporal: SimulatedTemporal, converter: PayloadConverter) -> None:
        self._temporal = temporal
        self._converter = converter

    def start_workflow(  # noqa: PLR0913 - as many as a client needs
        self,
        workflow: str,
        argument: Any,
        *,
        id: str,  # noqa: A002 - the SDK's name
        task_queue: str,
        id_reuse_policy: WorkflowIDReusePolicy,
        id_conflict_policy: WorkflowIDConflictPolicy,
    ) -> None:
        """Start a workflow, as ``Client.start_workflow`` does.

        Raises:
            WorkflowAlreadyStartedError: Its id is taken.
        """
        self._temporal.check()
        request = StartWorkflowExecutionRequest(
            namespace=NAMESPACE,
            workflow_id=id,
            identity=IDENTITY,
            workflow_id_reuse_policy=WorkflowIdReusePolicy.ValueType(id_reuse_policy),
            workflow_id_conflict_policy=WorkflowIdConflictPolicy.ValueType(id_conflict_policy),
        )
        # To fill them in takes a third of the time of handing them to the constructor.
        request.workflow_type.name = workflow
        request.task_queue.name = task_queue
        request.input.payloads.extend(self._converter.to_payloads([argument]))
        try:
            self._temporal.start(request)
        except AlreadyStartedError as error:
            raise WorkflowAlreadyStartedError(id, workflow, run_id=error.run_id) from None

    async def result(self, workflow_id: str) -> Any:
        """What a workflow returns, as its handle's ``result`` tells it.

        Raises:
            NoResultError: It has ended otherwise.
        """
        run = self._temporal.find(workflow_id)
        if run is None:
            raise NoResultError
        await run.closed.wait()
        self._temporal.check()
        if run.status != _COMPLETED:
            raise NoResultError
        payloads = run.history.events.noted[-1].attributes["result"]
        return self._converter.from_payloads(payloads)[0] if payloads else None
