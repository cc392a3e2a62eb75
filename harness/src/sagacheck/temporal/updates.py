"""Updates on their way through a workflow."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from temporalio.api.failure.v1 import Failure
from temporalio.api.update.v1 import Outcome, Request

from sagacheck.temporal.core import Job
from sagacheck.temporal.events import Event


@dataclass
class Update:
    """An update on its way through the workflow.

    Attributes:
        request: What the client asked for.
        accepted_event: The event that says that the workflow has accepted it.
        outcome: What came of it.
        accepted: Set when it is accepted, or refused, or can be neither any more.
        completed: Set when it has an outcome, or never will.
    """

    request: Request
    accepted_event: Event | None = None
    outcome: Outcome | None = None
    accepted: asyncio.Event = field(default_factory=asyncio.Event)
    completed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_lost(self) -> bool:
        """Whether the workflow closed before it had seen the update."""
        return self.completed.is_set() and self.outcome is None

    def as_job(self) -> Job:
        """The update as the workflow code gets it."""
        request, job = self.request, Job()
        job.do_update.id = request.meta.update_id
        job.do_update.protocol_instance_id = request.meta.update_id
        job.do_update.name = request.input.name
        job.do_update.input.extend(request.input.args.payloads)
        for key, value in request.input.header.fields.items():
            job.do_update.headers[key].CopyFrom(value)
        job.do_update.meta.CopyFrom(request.meta)
        job.do_update.run_validator = True
        return job

    def accept(self, event: Event) -> None:
        """The workflow has accepted it."""
        self.accepted_event = event
        self.accepted.set()

    def complete(self, outcome: Outcome) -> None:
        """There is an outcome: a result, or a failure."""
        self.outcome = outcome
        self.accepted.set()
        self.completed.set()

    def workflow_closed(self) -> None:
        """The workflow has closed; an update that it had accepted has failed."""
        if self.accepted_event is not None and self.outcome is None:
            self.outcome = Outcome(failure=_unfinished())
        self.accepted.set()
        self.completed.set()


def _unfinished() -> Failure:
    failure = Failure(
        message=(
            "Workflow Update failed because the Workflow completed before the Update completed."
        ),
        source="Server",
    )
    failure.application_failure_info.type = "AcceptedUpdateCompletedWorkflow"
    failure.application_failure_info.non_retryable = True
    return failure
