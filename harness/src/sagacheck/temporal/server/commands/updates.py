"""The updates of a run, from their acceptance to their outcome.

The states are those of ``service/history/workflow/update/update.go``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import temporalio.bridge.proto.workflow_commands as commands_pb
from temporalio.api.failure.v1 import Failure
from temporalio.api.update.v1 import Outcome, Request

from sagacheck.temporal.base.events import Event
from sagacheck.temporal.core.messages import Job
from sagacheck.temporal.server.ports import OpenRun


class Update(msgspec.Struct):
    """An update on its way through the workflow.

    Attributes:
        request: The client's request.
        accepted_event: The event of its acceptance, if the workflow has accepted it.
        outcome: Its result, or its failure.
        accepted: Set when it is accepted or refused, and when it can be neither any more.
        completed: Set when it has an outcome, and when it can have none any more.
    """

    request: Request
    accepted_event: Event | None = None
    outcome: Outcome | None = None
    accepted: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    completed: asyncio.Event = msgspec.field(default_factory=asyncio.Event)

    @property
    def is_lost(self) -> bool:
        """Whether the workflow closed before it had seen the update."""
        return self.completed.is_set() and self.outcome is None

    def as_job(self) -> Job:
        """The job that gives the update to the workflow code."""
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
        """Note that the workflow has accepted it."""
        self.accepted_event = event
        self.accepted.set()

    def complete(self, outcome: Outcome) -> None:
        """Note its outcome."""
        self.outcome = outcome
        self.wake_clients()

    def run_closed(self) -> None:
        """End it, for the run has closed; an update that was accepted fails."""
        if self.accepted_event is not None and self.outcome is None:
            self.outcome = Outcome(failure=_unfinished())
        self.wake_clients()

    def wake_clients(self) -> None:
        """Wake the clients that wait for it."""
        self.accepted.set()
        self.completed.set()


class Updates:
    """The updates of one run.

    Args:
        run: The run.
        schedule_task: Schedules a workflow task for the job of an update.
    """

    def __init__(self, run: OpenRun, schedule_task: Callable[[Job], None]) -> None:
        self._run = run
        self._schedule_task = schedule_task
        self._updates: dict[str, Update] = {}

    def find(self, update_id: str) -> Update | None:
        """The update with this id."""
        return self._updates.get(update_id)

    def add(self, request: Request) -> Update:
        """Send an update to the workflow; a second one with the same id is the same update."""
        update_id = request.meta.update_id
        if update_id not in self._updates:
            update = self._updates[update_id] = Update(request)
            self._schedule_task(update.as_job())
        return self._updates[update_id]

    def respond(self, command: commands_pb.UpdateResponse, completed: int) -> Event | None:
        """Accept, refuse or complete an update, as the workflow code says."""
        update = self._updates[command.protocol_instance_id]
        if command.HasField("accepted"):
            accepted = self._run.add_event(
                "workflow_execution_update_accepted",
                protocol_instance_id=command.protocol_instance_id,
                accepted_request_message_id=f"{command.protocol_instance_id}/request",
                accepted_request_sequencing_event_id=completed - 2,
                accepted_request=update.request,
            )
            update.accept(accepted)
            return accepted
        outcome = Outcome()
        if command.HasField("completed"):
            outcome.success.payloads.append(command.completed)
        else:
            outcome.failure.CopyFrom(command.rejected)
        event = self._write_completed(update, outcome) if update.accepted_event else None
        update.complete(outcome)
        return event

    def _write_completed(self, update: Update, outcome: Outcome) -> Event:
        accepted = update.accepted_event
        return self._run.add_event(
            "workflow_execution_update_completed",
            meta=update.request.meta,
            accepted_event_id=accepted.event_id if accepted else 0,
            outcome=outcome,
        )

    def run_closed(self) -> None:
        """End all updates: the run has closed."""
        for update in self._updates.values():
            update.run_closed()

    def wake_clients(self) -> None:
        """Wake the clients that wait for updates: the simulation cannot go on."""
        for update in self._updates.values():
            update.wake_clients()


def _unfinished() -> Failure:
    """The server's ``AcceptedUpdateCompletedWorkflowFailure`` (``update/errors_failures.go``)."""
    failure = Failure(
        message=(
            "Workflow Update failed because the Workflow completed before the Update completed."
        ),
        source="Server",
    )
    failure.application_failure_info.type = "AcceptedUpdateCompletedWorkflow"
    failure.application_failure_info.non_retryable = True
    return failure
