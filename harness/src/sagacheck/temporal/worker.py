"""The worker's half: workflow instances with their cache, and what activities need."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Protocol

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
from temporalio.client import Client
from temporalio.converter import ActivitySerializationContext, DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    Interceptor,
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowRunner,
)

from sagacheck.temporal import sdk
from sagacheck.temporal.activity_info import AttemptFacts
from sagacheck.temporal.deadlock import SpinningCodeError, guarded
from sagacheck.temporal.errors import NondeterminismError
from sagacheck.temporal.interfaces import Service
from sagacheck.temporal.loop import running_loop
from sagacheck.temporal.plain import is_plain
from sagacheck.temporal.replay import Step, as_replay, difference
from sagacheck.temporal.task_queue import TaskQueue
from sagacheck.temporal.threads import Threads
from sagacheck.temporal.workflow_info import workflow_info

Around = Callable[[AttemptFacts], AbstractContextManager[None]]
"""Entered around every activity attempt."""


def _nothing(_: AttemptFacts) -> AbstractContextManager[None]:
    return nullcontext()


class Run(Protocol):
    """What the worker needs of a workflow run."""

    run_id: str
    workflow_id: str
    namespace: str
    task_queue: str
    past: list[Step]
    replays: int

    @property
    def is_running(self) -> bool:
        """Whether it has not closed."""


class SimulatedWorker:
    """Runs workflow code and activity functions for a simulated service.

    Args:
        workflows: The workflow classes.
        activities: The activity functions.
        data_converter: How values become payloads.
        interceptors: Stand around workflows and activities, the first of them outermost.
        runner: How workflow code is run; without the sandbox by default.
        around: Entered around every activity attempt.
        cached: Whether workflows stay in memory between their tasks; if not, each task begins with
            a replay of all before it.

    Attributes:
        workflows: The workflow classes, by the names of their types.
        runner: How workflow code is run.
    """

    def __init__(  # noqa: PLR0913 - as many as a worker of the SDK takes
        self,
        *,
        workflows: Sequence[type],
        activities: Sequence[Callable[..., Any]],
        data_converter: DataConverter,
        interceptors: Sequence[Interceptor] = (),
        runner: WorkflowRunner | None = None,
        around: Around = _nothing,
        cached: bool = True,
    ) -> None:
        self.converter = data_converter
        self.around = around
        self.interceptors = list(interceptors)
        self.is_polling = False
        self.attempts: set[asyncio.Task[None]] = set()
        self.runner = runner or UnsandboxedWorkflowRunner()
        self._workflows = {d.name: d for d in map(sdk.workflow_definition, workflows)}
        self.workflows = {name: each.cls for name, each in self._workflows.items()}
        self._is_plain = is_plain(data_converter)
        self._activities = {d.name: d for d in map(sdk.activity_definition, activities)}
        self._extern, self._inbound = sdk.workflow_interceptors(
            interceptors, partial(_assert_known, self._activities)
        )
        self._codec = sdk.ActivationCodec(data_converter) if data_converter.payload_codec else None
        self.is_cached = cached
        self._instances: dict[str, WorkflowInstance] = {}
        self._queues: list[TaskQueue[SimulatedWorker]] = []
        self._spun: dict[str, tuple[SpinningCodeError, WorkflowInstance | None]] = {}
        self._threads: Threads | None = None
        self._client: Client | None = None

    def serve(self, queue: TaskQueue[SimulatedWorker]) -> None:
        """Take the tasks of `queue`, once it has begun to poll."""
        self._queues.append(queue)
        queue.serve(self)

    def start(self) -> None:
        """Begin to take tasks; what was due before comes first."""
        self.is_polling = True
        for queue in self._queues:
            queue.drain()

    def close(self) -> None:
        """Take no more tasks, and forget everything."""
        self.is_polling = False
        for run_id in list(self._instances):
            self.evict(run_id)
        self._queues.clear()
        self.around = _nothing
        if self._threads is not None:
            self._threads.close()
            self._threads = None
        self._client = None

    # -- workflows -------------------------------------------------------------------------------

    def activate(
        self, activation: activation_pb.WorkflowActivation, run: Run
    ) -> completion_pb.WorkflowActivationCompletion:
        """Let a run go on. A run that is not in memory is rebuilt by replaying its past first.

        Raises:
            NondeterminismError: The replay did not do what the run had done.
        """
        if run.run_id in self._spun:
            return self._failed(self._spun[run.run_id][0])  # it would spin again, and take as long
        try:
            instance = self._instances.get(run.run_id) or self._rebuild(activation, run)
        except NondeterminismError:
            raise
        except Exception as error:  # noqa: BLE001 - code that cannot even begin fails its task
            return self._failed(error)
        completion = self._do(instance, activation)
        if completion.HasField("successful") and not activation.jobs[0].HasField("query_workflow"):
            run.past.append(Step(activation, completion.successful.commands, self))
        return self._encoded(completion)

    def task_done(self, run: Run) -> None:
        """A workflow task has ended; without a cache the workflow is forgotten until the next."""
        if not self.is_cached or not run.is_running:
            self.evict(run.run_id)

    def has_in_memory(self, run_id: str) -> bool:
        """Whether the workflow need not be rebuilt."""
        return run_id in self._instances

    def evict(self, run_id: str) -> None:
        """Forget the workflow, not its past: its next task will replay it."""
        instance = self._instances.pop(run_id, None)
        if instance is None:
            return
        job = activation_pb.WorkflowActivationJob(
            remove_from_cache=activation_pb.RemoveFromCache(message="evicted")
        )
        # An instance that is merely dropped is collected later, and then its coroutines schedule
        # their commands in whatever instance happens to be running.
        sdk.activate(instance, activation_pb.WorkflowActivation(run_id=run_id, jobs=[job]))
        sdk.dissolve(instance)

    def _rebuild(self, activation: activation_pb.WorkflowActivation, run: Run) -> WorkflowInstance:
        """A workflow instance that is where the run is."""
        first = run.past[0].activation if run.past else activation
        instance = self._new_instance(first, run)
        self._instances[run.run_id] = instance
        run.replays += bool(run.past)
        for number, step in enumerate(run.past, start=1):
            completion = self._do(instance, as_replay(step))
            if completion.HasField("failed"):
                found = f"the code failed: {completion.failed.failure.message}"
            else:
                found = difference(step, completion.successful.commands, self)
            if found:
                self.evict(run.run_id)
                msg = f"{run.workflow_id}, activation {number}: {found}"
                raise NondeterminismError(msg)
        return instance

    def _new_instance(self, first: activation_pb.WorkflowActivation, run: Run) -> WorkflowInstance:
        init = first.jobs[0].initialize_workflow
        definition = self._workflows.get(init.workflow_type) or self._workflows.get(None)
        if definition is None:
            known = ", ".join(sorted(filter(None, self._workflows)))
            msg = (
                f"Workflow class {init.workflow_type} is not registered on this worker, "
                f"available workflows: {known}"
            )
            raise ApplicationError(msg, type="NotFoundError")
        if self._codec is not None:
            first = self._codec.decoded(first, run.workflow_id, run.namespace)
        info = workflow_info(first, namespace=run.namespace, task_queue=run.task_queue)
        return sdk.new_instance(
            self.runner,
            definition,
            self.converter,
            info,
            first.jobs[0].initialize_workflow,
            interceptors=self._inbound,
            extern=self._extern,
        )

    def _do(
        self, instance: WorkflowInstance, activation: activation_pb.WorkflowActivation
    ) -> completion_pb.WorkflowActivationCompletion:
        if self._codec is not None:
            info = instance.get_info()
            activation = self._codec.decoded(activation, info.workflow_id, info.namespace)
        try:
            return guarded(sdk.activate, instance, activation)
        except SpinningCodeError as error:
            # Interrupted somewhere, it cannot be told to end, and must not be collected meanwhile.
            run_id = activation.run_id
            self._spun[run_id] = error, self._instances.pop(run_id, None)
            return self._failed(error)

    def _encoded(
        self, completion: completion_pb.WorkflowActivationCompletion
    ) -> completion_pb.WorkflowActivationCompletion:
        return self._codec.encoded(completion) if self._codec is not None else completion

    def _failed(self, error: Exception) -> completion_pb.WorkflowActivationCompletion:
        completion = completion_pb.WorkflowActivationCompletion()
        failure = completion.failed.failure
        self.converter.failure_converter.to_failure(
            error, self.converter.payload_converter, failure
        )
        return completion

    # -- activities ------------------------------------------------------------------------------

    def activity(self, facts: AttemptFacts) -> sdk.ActivityDefinition:
        """The definition of an activity.

        Raises:
            ApplicationError: Nobody registered it.
        """
        definition = self._activities.get(facts.activity_type) or self._activities.get(None)
        if definition is None:
            known = ", ".join(sorted(filter(None, self._activities)))
            msg = (
                f"Activity function {facts.activity_type} for workflow {facts.workflow_id} is not "
                f"registered on this worker, available activities: {known}"
            )
            raise ApplicationError(msg, type="NotFoundError")
        return definition

    def converter_for(self, facts: AttemptFacts) -> DataConverter:
        """The converter of one activity attempt."""
        if self._is_plain:
            return self.converter
        context = ActivitySerializationContext(
            namespace=facts.owner.namespace,
            workflow_id=facts.workflow_id,
            workflow_type=facts.owner.workflow_type,
            activity_type=facts.activity_type,
            activity_id=facts.command.activity_id,
            activity_task_queue=facts.command.task_queue,
            is_local=facts.is_local,
        )
        return self.converter.with_context(context)

    def client(self, service: Service) -> Client:
        """The client that activities have from their worker, the same for all of them.

        Args:
            service: The service that the worker works for.
        """
        if self._client is None:
            self._client = service.client_for_activities(self.converter)
        return self._client

    def threads(self) -> Threads:
        """The threads in which functions run that are no coroutines."""
        if self._threads is None:
            self._threads = Threads(running_loop())
        return self._threads


def _assert_known(activities: Collection[str | None], name: str) -> None:
    """A local activity has to be known to the worker whose workflow wants it."""
    if name not in activities and None not in activities:
        known = ", ".join(sorted(filter(None, activities)))
        msg = (
            f"Activity function {name} is not registered on this worker, "
            f"available activities: {known}"
        )
        raise ValueError(msg)
