"""The run that follows another: a retry of the workflow, or its continuation as new."""

from __future__ import annotations

import msgspec
from temporalio.api.enums.v1 import RetryState
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflowservice.v1 import StartWorkflowExecutionRequest

from sagacheck.temporal.base.backoff import RetryAfter, after_failure
from sagacheck.temporal.server.ports import Service
from sagacheck.temporal.server.run_start import Initiator, RunStart, next_start

SHORTEST_RUN_SECONDS = 1.0
"""A run that continues as new sooner waits for the rest of it: the server's
``ContinueAsNewMinBackoff`` (``service/history/workflow/mutable_state_impl.go``)."""


def retried_start(
    start: RunStart, failure: Failure, service: Service
) -> RunStart | RetryState.ValueType:
    """The start of a workflow's next attempt, or why there is none.

    Args:
        start: The start of the run that fails.
        failure: Why it fails.
        service: The service of the run.
    """
    request = start.request
    if not request.HasField("retry_policy"):
        return RetryState.RETRY_STATE_RETRY_POLICY_NOT_SET
    then = after_failure(
        request.retry_policy,
        start.attempt,
        failure,
        now=service.now(),
        deadline=start.deadline,
        cancel_requested=False,
    )
    if not isinstance(then, RetryAfter):
        return then
    return next_start(
        start,
        request,
        run_id=service.new_run_id(),
        attempt=start.attempt + 1,
        backoff=then.delay,
        initiator=Initiator.CONTINUE_AS_NEW_INITIATOR_RETRY,
        last_failure=failure,
    )


def continued_start(
    start: RunStart, request: StartWorkflowExecutionRequest, began_at: float, service: Service
) -> RunStart:
    """The start of the run that continues another as new.

    Args:
        start: The start of the run that closes.
        request: The request that starts the next.
        began_at: When the first workflow task of the run that closes was due.
        service: The service of the run.
    """
    wait = SHORTEST_RUN_SECONDS - (service.now() - began_at)
    return next_start(
        msgspec.structs.replace(start, attempt=1, last_failure=None),
        request,
        run_id=service.new_run_id(),
        backoff=wait if wait > 0 else None,
        initiator=Initiator.CONTINUE_AS_NEW_INITIATOR_WORKFLOW,
    )
