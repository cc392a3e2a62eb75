"""The simulated worker: it takes the place of the SDK's ``Worker``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, TypeVar

import temporalio.bridge.proto.workflow_activation as activation_pb
import temporalio.bridge.proto.workflow_completion as completion_pb
from temporalio.client import Client
from temporalio.converter import ActivitySerializationContext, DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner, WorkflowRunner

from sagacheck.temporal.base.sdk_activities import ActivityDefinition, activity_definition
from sagacheck.temporal.base.sdk_workflows import (
    WorkflowDefinition,
    workflow_definition,
    workflow_interceptors,
)
from sagacheck.temporal.base.task_queue import TaskQueue
from sagacheck.temporal.base.virtual_time.loop import running_loop
from sagacheck.temporal.core.managed_run import ManagedRun
from sagacheck.temporal.worker.activities.attempt import Around
from sagacheck.temporal.worker.activities.facts import AttemptFacts
from sagacheck.temporal.worker.activities.threads import Threads
from sagacheck.temporal.worker.plain_converter import is_plain
from sagacheck.temporal.worker.workflow_cache import WorkflowCache

_Definition = TypeVar("_Definition", ActivityDefinition, WorkflowDefinition)


def _nothing(_: AttemptFacts) -> AbstractContextManager[None]:
    return nullcontext()


class SimulatedWorker:
    """Runs workflow code and activity functions for a simulated service.

    Args:
        workflows: The workflow classes.
        activities: The activity functions.
        data_converter: How values become payloads.
        client: Makes the client that ``activity.client()`` returns, when an activity first asks for
            it: most never do. Without it activities have no client.
        interceptors: Stand around workflows and activities, the first of them outermost.
        runner: Runs workflow code; by default without the SDK's sandbox.
        around: Entered around every attempt of an activity.
        cached: Whether workflows stay in memory between their tasks; if not, each task begins with
            a replay of all before it.

    Raises:
        TypeError: Two workflows or two activities are dynamic.
        ValueError: Two have the same name.

    Attributes:
        workflows: The workflow classes, by the names of their types.
        runner: Runs workflow code.
        converter: How values become payloads.
        interceptors: Stand around workflows and activities.
        around: Entered around every attempt of an activity.
        is_polling: Whether it takes tasks.
        is_cached: Whether workflows stay in memory between their tasks.
        attempts: The tasks of the attempts under way.
        has_unknown: Whether it was given a task of an activity that it does not know.
    """

    def __init__(  # noqa: PLR0913 - as many as a worker of the SDK takes
        self,
        *,
        workflows: Sequence[type],
        activities: Sequence[Callable[..., Any]],
        data_converter: DataConverter,
        client: Callable[[], Client] | None = None,
        interceptors: Sequence[Interceptor] = (),
        runner: WorkflowRunner | None = None,
        around: Around = _nothing,
        cached: bool = True,
    ) -> None:
        self.converter = data_converter
        self.around = around
        self.interceptors = list(interceptors)
        self.is_polling = False
        self.is_cached = cached
        self.attempts: set[asyncio.Task[None]] = set()
        self.has_unknown = False
        self.runner = runner or UnsandboxedWorkflowRunner()
        definitions = _by_name("workflow", map(workflow_definition, workflows))
        self.workflows = {name: each.cls for name, each in definitions.items()}
        self._activities = _by_name("activity", map(activity_definition, activities))
        externs, inbound = workflow_interceptors(
            interceptors, partial(_assert_known, self._activities)
        )
        self._cache = WorkflowCache(definitions, self.runner, data_converter, inbound, externs)
        self._is_plain = is_plain(data_converter)
        self._queues: list[TaskQueue[SimulatedWorker]] = []
        self._threads: Threads | None = None
        self._make_client = client
        self._client: Client | None = None

    def serve(self, queue: TaskQueue[SimulatedWorker]) -> None:
        """Take the tasks of `queue`, once the worker polls."""
        self._queues.append(queue)
        queue.serve(self)

    def start(self) -> None:
        """Begin to poll."""
        self.is_polling = True
        running_loop().in_thread = lambda executor, call: self.threads().around(executor, call)
        for queue in self._queues:
            queue.drain()

    def close(self) -> None:
        """Poll no more, evict all workflows, and cancel what threads ask for."""
        self.is_polling = False
        self._cache.clear()
        self._queues.clear()
        self.around = _nothing
        if self._threads is not None:
            self._threads.close()
            self._threads = None
        self._client = None

    # -- workflows -------------------------------------------------------------------------------

    def activate(
        self, activation: activation_pb.WorkflowActivation, run: ManagedRun
    ) -> completion_pb.WorkflowActivationCompletion:
        """Activate a run; one that is not in memory is rebuilt first by replaying its past.

        Raises:
            NondeterminismError: The replay did something else than the run had done.
        """
        return self._cache.activate(activation, run)

    def has_in_memory(self, run_id: str) -> bool:
        """Whether a run is in memory, and need not be replayed."""
        return run_id in self._cache

    def evict(self, run_id: str) -> None:
        """Drop the workflow of a run from memory; its next task replays its past."""
        self._cache.evict(run_id)

    def task_done(self, run_id: str, *, is_last: bool) -> None:
        """Evict a run after its task, unless the worker keeps it in memory.

        Args:
            run_id: The run.
            is_last: Whether the run has closed.
        """
        if is_last or not self.is_cached:
            self._cache.evict(run_id)

    # -- activities ------------------------------------------------------------------------------

    def activity(self, facts: AttemptFacts) -> ActivityDefinition:
        """The definition of an activity.

        Raises:
            ApplicationError: It is not registered.
        """
        definition = self._activities.get(facts.activity_type) or self._activities.get(None)
        if definition is None:
            self.has_unknown = True
            known = ", ".join(sorted(filter(None, self._activities)))
            msg = (
                f"Activity function {facts.activity_type} for workflow {facts.workflow_id} is not "
                f"registered on this worker, available activities: {known}"
            )
            raise ApplicationError(msg, type="NotFoundError")
        return definition

    def converter_for(self, facts: AttemptFacts) -> DataConverter:
        """The converter for the payloads of an attempt."""
        if self._is_plain:
            return self.converter
        context = ActivitySerializationContext(
            namespace=facts.run.namespace,
            workflow_id=facts.workflow_id,
            workflow_type=facts.run.workflow_type,
            activity_type=facts.activity_type,
            activity_id=facts.command.activity_id,
            activity_task_queue=facts.command.task_queue,
            is_local=facts.is_local,
        )
        return self.converter.with_context(context)

    def client(self) -> Client | None:
        """The client that ``activity.client()`` returns, the same for all activities."""
        if self._client is None and self._make_client is not None:
            self._client = self._make_client()
        return self._client

    def threads(self) -> Threads:
        """The threads for functions that are no coroutines."""
        if self._threads is None:
            self._threads = Threads(running_loop())
        return self._threads


def _by_name(kind: str, definitions: Iterable[_Definition]) -> dict[str | None, _Definition]:
    """The definitions of workflows or activities, refused where two have one name, as by the SDK.

    Those that are dynamic have none.
    """
    named: dict[str | None, _Definition] = {}
    for each in definitions:
        if each.name in named:
            if each.name is None:
                msg = f"More than one dynamic {kind}"
                raise TypeError(msg)
            msg = f"More than one {kind} named {each.name}"
            raise ValueError(msg)
        named[each.name] = each
    return named


def _assert_known(activities: Collection[str | None], name: str) -> None:
    """See whether the worker whose workflow schedules a local activity has registered it."""
    if name not in activities and None not in activities:
        known = ", ".join(sorted(filter(None, activities)))
        msg = (
            f"Activity function {name} is not registered on this worker, "
            f"available activities: {known}"
        )
        raise ValueError(msg)
