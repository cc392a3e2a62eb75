"""Which run of which workflow: what the service, Core and the worker all know it by."""

from __future__ import annotations

import msgspec
from temporalio.api.common.v1 import WorkflowExecution


class RunIdentity(msgspec.Struct, frozen=True):
    """One run of one workflow.

    Attributes:
        workflow_id: The id of the workflow.
        run_id: The id of the run.
        workflow_type: The name of the workflow's type.
        namespace: The namespace in which it runs.
        task_queue: The queue of its workflow tasks and local activities.
    """

    workflow_id: str
    run_id: str
    workflow_type: str
    namespace: str
    task_queue: str

    @property
    def reference(self) -> WorkflowExecution:
        """The run as messages refer to it."""
        return WorkflowExecution(workflow_id=self.workflow_id, run_id=self.run_id)
