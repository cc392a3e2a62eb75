"""Letting the code of a run see something: what an activation says, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_commands as commands_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
from temporalio.api.failure.v1 import Failure
from temporalio.api.query.v1 import WorkflowQuery

from sagacheck.temporal.core import Job
from sagacheck.temporal.errors import NondeterminismError, UnsupportedError
from sagacheck.temporal.events import timestamp
from sagacheck.temporal.history import Extent
from sagacheck.temporal.sizes import MOST_BYTES
from sagacheck.temporal.worker import SimulatedWorker

if TYPE_CHECKING:
    from sagacheck.temporal.execution import Execution

LANGUAGE_FLAGS = (1,)

_RANKS = {
    "initialize_workflow": 0,
    "notify_has_patch": 1,
    "update_random_seed": 2,
    "signal_workflow": 3,
    "do_update": 3,
}


def in_order(jobs: list[Job]) -> list[Job]:
    """Core's order of jobs: the first one, patches, the random seed, messages, then the rest."""
    if len(jobs) == 1:
        return jobs
    return sorted(jobs, key=lambda job: _RANKS.get(job.WhichOneof("variant") or "", 4))


def activate(
    run: Execution, worker: SimulatedWorker, jobs: Iterable[Job], seen: Extent
) -> completion_pb.WorkflowActivationCompletion:
    """Let the code know of something, and go on with it.

    Raises:
        NondeterminismError: It had to be rebuilt, and did something else than before.
    """
    run.core.locals.activations += 1
    activation = activation_pb.WorkflowActivation(
        run_id=run.run_id,
        history_length=seen.events,
        history_size_bytes=seen.size_bytes,
        continue_as_new_suggested=seen.suggests_continue_as_new,
        available_internal_flags=LANGUAGE_FLAGS,
    )
    activation.timestamp.CopyFrom(timestamp(run.core.locals.time))
    for job in jobs:
        activation.jobs.add().CopyFrom(job)
    return worker.activate(activation, run)


def query(run: Execution, worker: SimulatedWorker, asked: WorkflowQuery) -> commands_pb.QueryResult:
    """Ask the code.

    Raises:
        UnsupportedError: It has more to say than the simulation takes.
    """
    job = Job()
    job.query_workflow.query_id = "query"
    job.query_workflow.query_type = asked.query_type
    job.query_workflow.arguments.extend(asked.query_args.payloads)
    for key, value in asked.header.fields.items():
        job.query_workflow.headers[key].CopyFrom(value)
    # Code that is in memory knows of its last task, and code that is not gets the whole history.
    seen = run.seen if worker.has_in_memory(run.run_id) else run.history.extent()
    try:
        completion = activate(run, worker, [job], seen)
    except NondeterminismError as error:
        return _refusal(broken_replay(error))
    worker.task_done(run)
    if completion.HasField("failed"):
        return _refusal(completion.failed.failure)
    answer = completion.successful.commands[0].respond_to_query
    if answer.ByteSize() > MOST_BYTES:
        msg = "an answer of more than 2 MiB to a query"
        raise UnsupportedError(msg)
    return answer


def broken_replay(error: NondeterminismError) -> Failure:
    """What a workflow task fails with whose code does not do its past again."""
    return Failure(message=f"[TMPRL1100] Nondeterminism error: {error}")


def _refusal(failure: Failure) -> commands_pb.QueryResult:
    result = commands_pb.QueryResult(query_id="query")
    result.failed.CopyFrom(failure)
    return result
