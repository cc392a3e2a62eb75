"""Activations: the jobs that Core gives the code of a run, and their order."""

from __future__ import annotations

from collections.abc import Iterable

import temporalio.bridge.proto.workflow_activation as activation_pb
from temporalio.api.failure.v1 import Failure
from temporalio.api.query.v1 import WorkflowQuery

from sagacheck.temporal.base.errors import NondeterminismError
from sagacheck.temporal.base.events import timestamp
from sagacheck.temporal.base.history import HistorySize
from sagacheck.temporal.core.managed_run import ManagedRun
from sagacheck.temporal.core.messages import Job

LANGUAGE_FLAGS = (1,)

_RANKS = {
    "initialize_workflow": 0,
    "notify_has_patch": 1,
    "update_random_seed": 2,
    "signal_workflow": 3,
    "do_update": 3,
}
_LAST_RANK = 4


def sorted_jobs(jobs: list[Job]) -> list[Job]:
    """The jobs in Core's order (``variant_ordinal`` in its ``worker/workflow/mod.rs``).

    The first job of a run comes first, then patches, the random seed, signals and updates, and then
    everything else.
    """
    if len(jobs) == 1:
        return jobs
    return sorted(jobs, key=lambda job: _RANKS.get(job.WhichOneof("variant") or "", _LAST_RANK))


def new_activation(
    run: ManagedRun, jobs: Iterable[Job], seen: HistorySize
) -> activation_pb.WorkflowActivation:
    """The next activation of a run.

    Args:
        run: The run.
        jobs: The jobs for its code.
        seen: How long the history is for the code.
    """
    run.local_activities.activations += 1
    activation = activation_pb.WorkflowActivation(
        run_id=run.identity.run_id,
        history_length=seen.events,
        history_size_bytes=seen.size_bytes,
        continue_as_new_suggested=seen.suggests_continue_as_new,
        available_internal_flags=LANGUAGE_FLAGS,
    )
    activation.timestamp.CopyFrom(timestamp(run.local_activities.time))
    for job in jobs:
        activation.jobs.add().CopyFrom(job)
    return activation


def query_job(query: WorkflowQuery) -> Job:
    """The job that asks the code."""
    job = Job()
    job.query_workflow.query_id = "query"
    job.query_workflow.query_type = query.query_type
    job.query_workflow.arguments.extend(query.query_args.payloads)
    for key, value in query.header.fields.items():
        job.query_workflow.headers[key].CopyFrom(value)
    return job


def nondeterminism_failure(error: NondeterminismError) -> Failure:
    """What a workflow task fails with whose code does not repeat its past."""
    return Failure(message=f"[TMPRL1100] Nondeterminism error: {error}")
