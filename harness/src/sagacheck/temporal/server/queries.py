"""Queries: the code of a run answers them outside its workflow tasks."""

from __future__ import annotations

import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.failure.v1 import Failure
from temporalio.api.query.v1 import WorkflowQuery

from sagacheck.temporal.base.errors import NondeterminismError, UnsupportedError
from sagacheck.temporal.base.history import HistorySize
from sagacheck.temporal.base.payloads import MOST_BYTES
from sagacheck.temporal.core.activations import (
    new_activation,
    nondeterminism_failure,
    query_job,
)
from sagacheck.temporal.core.managed_run import ManagedRun
from sagacheck.temporal.server.ports import TaskWorker


def answer_query(
    run: ManagedRun, worker: TaskWorker, query: WorkflowQuery, seen: HistorySize
) -> commands_pb.QueryResult:
    """Ask the code of a run.

    Args:
        run: The run.
        worker: The worker that asks the code.
        query: The query.
        seen: How long the history is for the code.

    Raises:
        UnsupportedError: The answer is larger than the simulation supports.
    """
    try:
        completion = worker.activate(new_activation(run, [query_job(query)], seen), run)
    except NondeterminismError as error:
        return _failed(nondeterminism_failure(error))
    if completion.HasField("failed"):
        return _failed(completion.failed.failure)
    answer = completion.successful.commands[0].respond_to_query
    if answer.ByteSize() > MOST_BYTES:
        msg = "an answer of more than 2 MiB to a query"
        raise UnsupportedError(msg)
    return answer


def _failed(failure: Failure) -> commands_pb.QueryResult:
    result = commands_pb.QueryResult(query_id="query")
    result.failed.CopyFrom(failure)
    return result
